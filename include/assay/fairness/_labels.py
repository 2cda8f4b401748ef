"""Codes of groups with what the contract says they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assay.verdict import Measurement

Labels = Mapping[str, Mapping[str, str]]
_JOINED: Final = " × "


def with_labels(measurement: Measurement, labels: Labels) -> Measurement:
    """The measurement with a label beside each code of its group, and of its reference group.

    Examples
    --------
    >>> m = Measurement(name="rows", value=9, unit="rows", column="sex × age", group="1 × old")
    >>> with_labels(m, {"sex": {"1": "Male"}}).group
    '1 (Male) × old'
    """
    columns = (measurement.column or "").split(_JOINED)

    def words(group: str) -> str:
        levels = group.split(_JOINED)
        if len(levels) != len(columns):
            return group
        known = (
            labels.get(column, {}).get(level) for column, level in zip(columns, levels, strict=True)
        )
        named = zip(levels, known, strict=True)
        return _JOINED.join(f"{level} ({label})" if label else level for level, label in named)

    reference = measurement.detail.get("reference")
    detail = measurement.detail
    if isinstance(reference, str):
        detail = {**detail, "reference": words(reference)}
    group = None if measurement.group is None else words(measurement.group)
    return measurement.model_copy(update={"group": group, "detail": detail})
