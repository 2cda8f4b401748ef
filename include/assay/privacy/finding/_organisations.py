"""Tables about organisations: their telephone numbers and addresses lead to no person.

A person's address is in a table that has something about people beside it. Where a column names
organisations, and no column holds names, days of birth, national or bank numbers, what else is
there to reach somebody reaches the organisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from assay.privacy.finding._finding import Finding

_WORDS: Final = (
    "hospitals?|clinics?|medical|health|center|centre|foundation|university|college|school|institute|"
    "inc|llc|ltd|limited|plc|corp|corporation|company|co|gmbh|ag|kg|sarl|sas|bv|nv|oy|ab|spa|srl|"
    "group|holdings?|partners|bank|insurance|church|association|society|agency|department|"
    "ministry|council|services|solutions|systems|industries|airlines?|airways|hotels?|restaurants?|"
    "store|shop|pharmacy|foundation|trust|e\\.v|verein|stiftung"
)
_PATTERN: Final = rf"(?:^|[\s,.(])(?:{_WORDS})(?:$|[\s,.)])"
_NAMED: Final = 0.5
"""Share of the values of a column that have such a word, where it names organisations."""
_LEAST: Final = 5
_OF_PEOPLE: Final = frozenset(
    {"person_name", "date_of_birth", "national_id", "iban", "payment_card"}
)


def organisation_share(value: Any) -> Any:
    """Whether a value has a word that names of organisations have."""
    return value.re_search(_PATTERN)


def about_organisations(
    counted: Mapping[str, Mapping[str, Any]], found: Iterable[Finding]
) -> bool:  # fmt: skip
    """Whether a table is about organisations and not about people."""
    if any(one.kind in _OF_PEOPLE for one in found):
        return False
    return any(
        row["distinct"] >= _LEAST and (row["organisations"] or 0) >= _NAMED * row["distinct"]
        for row in counted.values()
    )
