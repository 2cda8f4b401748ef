"""Lineage: what a version was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EdgeKind = Literal["input", "reference", "reference_table", "parent"]


@dataclass(frozen=True)
class LineageEdge:
    """One thing that a version was made from.

    Parameters
    ----------
    kind : {'input', 'reference', 'reference_table', 'parent'}
        A source input, a version judged or fitted against, a release joined against, or the
        version that this one succeeds.
    name : str
        The data set, or the source's file name.
    ref : str
        The input's sha256, a version id, or a snapshot.
    """

    kind: EdgeKind
    name: str
    ref: str
