"""Which cells of a column have a value."""

from __future__ import annotations

import math
from typing import Any

import ibis

from assay.engine.functions import is_finite


def finite(value: Any) -> Any:
    """A numeric Ibis value as float64, null where it is NaN or infinite."""
    number = value.cast("float64")
    return ibis.ifelse(is_finite(number), number, ibis.null("float64"))


def is_missing(value: Any) -> Any:
    """Whether a cell is missing: null, and for floating-point numbers NaN too."""
    return ~is_present(value).fill_null(False)


def is_present(value: Any) -> Any:
    """Whether a cell has a value, null where it is null: one comparison of a floating-point one."""
    return value <= math.inf if value.type().is_floating() else value.notnull()
