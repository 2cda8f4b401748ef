"""Options of a logical type, from the contract's file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

import dateutil.parser  # type: ignore[import-untyped]
from pydantic.alias_generators import to_camel

from assay.contract import _odcs as odcs
from assay.contract._jdk_format import strftime_format
from assay.contract._odcs_rules import OPTIONS
from assay.contract._read_rules import RuleReader
from assay.contract.rule import TypeOptions
from assay.document import Loc
from assay.errors import did_you_mean
from assay.moment_format import format_fault

_BOUNDS: Final = ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}($|[T ])")
_TEXT_FORMATS: Final = ("email", "uuid", "uri", "hostname", "ipv4", "ipv6")
_WIDTHS: Final = {
    "integer": tuple(f"{sign}{bits}" for sign in "iu" for bits in (8, 16, 32, 64, 128)),
    "number": ("f32", "f64"),
}


def type_options(reader: RuleReader, raw: odcs.Property, loc: Loc) -> TypeOptions | None:
    """The options of a column; each fault and each that isn't judged is added to the reader."""
    if raw.logical_type_options is None:
        return None
    given = {n: v for n, v in dict(raw.logical_type_options).items() if v is not None}
    known = OPTIONS[raw.logical_type]
    place: Loc = (*loc, "logicalTypeOptions")
    kept: dict[str, Any] = {}
    where: dict[str, str] = {}
    for name, value in given.items():
        at = (*place, to_camel(name))
        where[name] = reader.document.where(at)
        if name not in known:
            names = sorted(map(to_camel, known))
            hint = did_you_mean(to_camel(name), names) or f"It has: {', '.join(names) or 'none'}."
            reader.fault(f"no such option of a {raw.logical_type}", at, to_camel(name), hint)
        elif name in _BOUNDS:
            kept[name] = _bound(reader, raw, value, at)
        else:
            kept[name] = value
    _check_order(reader, kept, place)
    if not _judges_format(reader, raw, kept, place):
        kept.pop("format", None)
    return TypeOptions(**kept, where=where)


def moment_format(reader: RuleReader, raw: odcs.Property, given: str | None, loc: Loc) -> Any:
    """How the column's dates are written: ``parseFormat``, else the standard's ``format``."""
    options = raw.logical_type_options
    if given is not None or options is None or options.format is None:
        return given
    if raw.logical_type not in {"date", "timestamp"}:
        return None
    form = strftime_format(options.format)
    fault = "it has a part without a twin in strftime" if form is None else format_fault(form)
    if fault:
        place: Loc = (*loc, "logicalTypeOptions", "format")
        do = "Say it in strftime's terms in the custom property parseFormat."
        reader.fault(f"the format of a {raw.logical_type} can't be read: {fault}", place,
                     options.format, do)  # fmt: skip
    return form


def _bound(reader: RuleReader, raw: odcs.Property, value: Any, loc: Loc) -> Any:
    """A bound in the column's terms, a fault where it isn't."""
    logical_type = raw.logical_type
    if logical_type in {"date", "timestamp"}:
        at = _moment(value)
        zoned = logical_type == "timestamp" and not _is_wall_clock(raw)
        if at is not None and (zoned or at.tzinfo is None):
            return value
        if at is not None:
            reader.fault("the column is no moment, so a bound has no zone", loc, value)
            return None
        reader.fault(f"a bound of a {logical_type} isn't a date", loc, value,
                     'Write it between quotes, such as "2024-01-31".')  # fmt: skip
        return None
    if not isinstance(value, str):
        return value
    reader.fault(f"a bound of a {logical_type} isn't a number", loc, value,
                 "Write a plain number: YAML reads 1e3 as a text.")  # fmt: skip
    return None


def _is_wall_clock(raw: odcs.Property) -> bool:
    return raw.logical_type_options is not None and raw.logical_type_options.timezone is False


def _moment(text: object) -> dt.datetime | None:
    """The moment of a whole date, with or without a time of day; None where it is none."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return dateutil.parser.isoparse(text.replace(" ", "T", 1))  # type: ignore[no-any-return]
    except (ValueError, OverflowError):
        return None


def _check_order(reader: RuleReader, kept: Mapping[str, Any], loc: Loc) -> None:
    pairs = (("minimum", "maximum"), ("min_length", "max_length"))
    for least, most in pairs:
        low, high = kept.get(least), kept.get(most)
        if low is not None and high is not None and type(low) is type(high) and low > high:
            what = f"{to_camel(least)} is above {to_camel(most)}"
            reader.fault(what, (*loc, to_camel(least)), low)


def _judges_format(
    reader: RuleReader, raw: odcs.Property, kept: Mapping[str, Any], loc: Loc
) -> bool:
    """Whether something judges the column's ``format``; of a date, landing does."""
    name = kept.get("format")
    if name is None or raw.logical_type in {"date", "timestamp"}:
        return False
    widths = _WIDTHS.get(raw.logical_type)
    if widths and name not in widths:
        hint = did_you_mean(name, widths) or f"One of: {', '.join(widths)}."
        reader.fault(f"no such format of a {raw.logical_type}", (*loc, "format"), name, hint)
    if widths or name in _TEXT_FORMATS:
        return True
    judged = f"judged are: {', '.join(_TEXT_FORMATS)}"
    reader.note((*loc, "format"), f"the format {name!r}", judged, raw.name)
    return False
