"""Lineage: what a version was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EdgeKind = Literal["input", "reference", "reference_table", "parent", "rules"]


@dataclass(frozen=True)
class LineageEdge:
    """One thing that a version was made from.

    Parameters
    ----------
    kind : {'input', 'reference', 'reference_table', 'parent', 'rules'}
        A source input, a version judged or fitted against, a release joined against, the version
        that this one succeeds, or the contract, suites and policies that it was judged by.
    name : str
        The data set, or the source's file name.
    ref : str
        The input's sha256, a version id, a snapshot, or the hash of all rules.
    """

    kind: EdgeKind
    name: str
    ref: str
