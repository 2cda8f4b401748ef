"""Expectations of a column's type."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as types

from assay.quality._check import Check, Conclusion
from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._registry import compiles
from assay.quality._suite import Expectation

_SAME: dict[str, tuple[str, ...]] = {
    "int": ("int", "long", "integer", "int64", "Int64", "Int64Dtype"),
    "float": ("float", "double", "number", "float64", "Float64", "Float64Dtype"),
    "text": ("str", "string", "string_types", "StringDtype", "object", "object_", "O"),
    "boolean": ("bool", "boolean", "bool_", "BooleanDtype"),
    "date": ("date", "datetime.date"),
    "timestamp": (
        "timestamp", "datetime", "datetime64", "Timestamp", "DatetimeTZDtype",
        "datetime64[ns]", "datetime64[us]", "datetime64[ms]", "datetime64[s]", "M8",
    ),
    "decimal": ("decimal", "Decimal", "DecimalDtype"),
    "bytes": ("bytes", "binary"),
    "list": ("list", "array"),
    "dict": ("dict", "struct"),
}  # fmt: skip
_KNOWN = {name for names in _SAME.values() for name in names} | {
    f"{sign}{stem}{bits}"
    for stem in ("int", "Int") for bits in (8, 16, 32, 64) for sign in ("", "u", "U")
} | {"float16", "float32", "Float32", "complex", "none", "None", "unicode", "category"}  # fmt: skip
_DIFFERENCES = (
    "The type is that of the Parquet column, so an integer column with nulls stays one (pandas "
    "makes it float64). Names of numpy, pandas, Python and of contracts are known; `object` "
    "means text only."
)


def type_names(column: Any) -> tuple[str, ...]:
    """Names under which a column's type is known, its own first."""
    dtype: types.DataType = column.type()
    own = str(dtype.copy(nullable=True))
    if dtype.is_integer():
        short = own.replace("int", "Int").replace("uInt", "UInt")
        return (own, short, f"{short}Dtype", *(_SAME["int"] if own == "int64" else ("integer",)))
    if dtype.is_floating():
        short = own.capitalize()
        return (own, short, f"{short}Dtype", *(_SAME["float"] if own == "float64" else ("number",)))
    group = "text" if kind(column) == "text" else kind(column)
    if dtype.is_decimal():
        group = "decimal"
    elif group == "other":
        group = ("bytes" if dtype.is_binary() else "list" if dtype.is_array()
                 else "dict" if dtype.is_struct() or dtype.is_map() else own)  # fmt: skip
    return (own, *_SAME.get(group, ()))


_ABOUT: dict[str, Any] = {"observed": "count", "scans": "none", "differences": _DIFFERENCES}


@compiles("expect_column_type_to_be", required=("column", "type_"), **_ABOUT)
@compiles("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list", **_ABOUT)
def typed(frame: Frame, e: Expectation) -> Check:
    """The column is of the type ``type_``, or of one of ``type_list``."""
    column, wanted = frame.column(e.kwargs["column"]), e.kwargs.get("type_list")
    if not e.type.endswith("_type_list"):
        wanted = None if e.kwargs.get("type_") is None else [str(e.kwargs["type_"])]
    names = type_names(column)
    if wanted is not None and not any(w in _KNOWN or w in names for w in wanted):
        raise Unjudged("no type of that name: " + ", ".join(map(str, wanted)))
    success = wanted is None or any(w in names for w in wanted)
    return Check({}, lambda _: Conclusion(success, {"observed_value": names[0]}))
