"""The zone of a timestamp, from the contract's file."""

from __future__ import annotations

from zoneinfo import available_timezones

from assay.contract import _odcs as odcs
from assay.contract._odcs_rules import LogicalTypeOptions
from assay.contract._partition import is_zone
from assay.contract._read_rules import RuleReader
from assay.document import Loc
from assay.errors import did_you_mean
from assay.moment_format import names_zone


def read_zone(
    reader: RuleReader,
    raw: odcs.Property,
    custom: odcs.ColumnCustom,
    form: str | None,
    zone: str | None,
    loc: Loc,
) -> str | None:
    """The zone in which a column's local times are read; None for a clock on a wall.

    Parameters
    ----------
    form : str or None
        How the column's dates are written.
    zone : str or None
        The partition's time zone.
    """
    options = raw.logical_type_options or LogicalTypeOptions()
    moment = raw.logical_type == "timestamp" and options.timezone is not False
    own = options.default_timezone
    if form and names_zone(form) and not moment:
        do = "Leave out %z and %Z, or declare a timestamp without `timezone: false`."
        reader.fault(f"{raw.name!r} is no moment, and its format has a zone", loc, form, do)
    if custom.repeated_hour and not moment:
        what = f"{raw.name!r} is no moment, so that no hour of it is repeated"
        reader.fault(what, (*loc, "customProperties"), custom.repeated_hour)
    if own is not None and not is_zone(own):
        hint = did_you_mean(own, available_timezones()) or None
        reader.fault(
            "no such time zone", (*loc, "logicalTypeOptions", "defaultTimezone"), own, hint
        )
    return None if options.timezone is False else own or zone
