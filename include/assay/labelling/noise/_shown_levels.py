"""Names of labels and groups that may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from assay.contract import Contract
from assay.labelling._annotations import Array

_MOST: Final = 50
"""Levels of a group's column that are shown one by one."""
_OTHERS: Final = "other levels"

Levels = Mapping[str, Iterable[str]]


def shown_names(column: str, texts: Sequence[str], contract: Contract, levels: Levels) -> list[str]:
    """Name labels: by their values where these may be shown, else by their place."""
    if column not in contract.classified:
        return list(texts)
    closed = set(levels.get(column, ()))
    return [text if text in closed else f"label {i}" for i, text in enumerate(texts, 1)]


def group_rows(texts: Any, column: str, contract: Contract, levels: Levels) -> dict[str, Array]:
    """Rows of each level of a column; levels that may not be shown are one group."""
    texts = texts.astype("string")
    known = list(dict.fromkeys(levels.get(column, ())))
    if not known and column not in contract.classified:
        known = sorted(texts.dropna().unique())[:_MOST]
    named = {
        f"{column} = {level}": (texts == level).to_numpy(dtype=bool, na_value=False)
        for level in known
    }
    missing = texts.isna().to_numpy(dtype=bool)
    others = ~missing & ~texts.isin(known).to_numpy(dtype=bool, na_value=False)
    return named | {f"{column}: {_OTHERS}": others, f"{column}: missing": missing}
