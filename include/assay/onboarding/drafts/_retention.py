"""The text of a first retention policy."""

from __future__ import annotations

from typing import Final

from assay.onboarding.drafts._draft import Draft, quote
from assay.onboarding.evidence._sample import Profile

_DAYS: Final = {"day": 1, "month": 31, "year": 366}
_MONTH: Final = 30


def render_retention(draft: Draft, profile: Profile) -> str:
    """Periods from the length of a batch; how long is lawful is for the owner to confirm."""
    length = _DAYS[draft.grain]
    zones = {
        "landing": (length + _MONTH, "a batch's length, and a month to correct and re-run it"),
        "quarantine": (length + _MONTH, "as landing: rows are corrected from there"),
        "work": (length + _MONTH, "as landing: a held candidate may still be forced"),
        "spill": (1, "what a killed engine left is useless the day after"),
        "reports": (
            12 * (length + _MONTH),
            "twelve times landing's, so that trends can be seen",
        ),
        "messages": (length + _MONTH, "as landing"),
    }
    lines = [
        "description: How long files may stay in each zone.",
        f"# Drafted from the grain of the contract ({draft.grain}). confirm: what is lawful, and",
        "# what is needed? Clear identifiers may be in landing and quarantine.",
        "zones:",
    ]
    for zone, (days, why) in zones.items():
        lines += [
            f"  {zone}:",
            "    counts_from: landed_at",
            f"    max_age_days: {days}",
            f"    rationale: {quote(why[:1].upper() + why[1:] + '.')}",
        ]
    if any(c.role == "protected" for c in profile.columns):
        lines += [
            "  # Where fairness compares a column that privacy drops, it is kept here for it:",
            "  # audit:",
            "  #   counts_from: landed_at",
            f"  #   max_age_days: {length + _MONTH}",
            '  #   rationale: "As landing: a held batch may be judged again."',
        ]
    return "\n".join(lines) + "\n"
