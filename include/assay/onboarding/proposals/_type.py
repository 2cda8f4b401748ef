"""The type of a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "integer": ("int64", "Int64", "integer"),
    "number": ("float64", "Float64", "number"),
    "string": ("str", "string", "object"),
    "boolean": ("bool", "boolean"),
    "date": ("date",),
    "timestamp": ("timestamp", "datetime64[ns]", "datetime64[us]"),
}


def propose_type(context: ColumnContext) -> Found:
    """Propose the type that the column has, under the names that suites use for it."""
    kind, n = context.column.type, context.present
    names = list(dict.fromkeys((context.column.dtype, *_TYPES[kind])))
    yield Proposal(
        "expect_column_values_to_be_in_type_list", context.kwargs(type_list=names),
        f"Each of {n} values is a {kind}.", {"n": n, "type": kind},
    )  # fmt: skip
