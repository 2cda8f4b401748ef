"""The text of a first cleaning policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft, quote
from assay.onboarding.evidence._rounding import upper_limit
from assay.onboarding.evidence._sample import ColumnProfile, Profile


def render_cleaning(_: Draft, profile: Profile) -> str:
    """The text of the policy: it trims texts that need it; other steps are in comments."""
    padded = [c for c in profile.columns if c.padded]
    lines = [
        "description: Texts are trimmed; the release keeps natural units.",
        "on_inconclusive: hold",
        "# In this order: parse, text, deduplicate, outliers, impute, derive and scale.",
    ]
    if padded:
        lines += ["steps:", *_trim(padded)]
    holed = [
        c for c in profile.columns
        if 0 < c.nulls < profile.rows and c.type in {"integer", "number"} and c.role is None
        and c.guess != "identifier"
    ]  # fmt: skip
    if holed:
        # Without the comment signs, the step belongs to the list of steps above.
        sign, steps = ("  # ", []) if padded else ("#   ", ["# steps:"])
        lines += [
            "# To fill missing values (each filled cell is flagged in <column>__imputed, and",
            "# counts in the budget where there is one):",
            *steps,
            f"{sign}- step: impute",
            f"{sign}  columns:",
            *(f"{sign}    {quote(c.name)}: {{method: median}}" for c in holed),
        ]
    if padded:
        count, cells = sum(c.padded for c in padded), profile.rows * len(profile.columns)
        lines += [
            "budget:",
            "  cells:",
            f"    max_share: {upper_limit(count, cells)}",
            "    rationale: >-",
            f"      Trimming changes {count} of the {cells} cells of the sample; this is the upper",
            "      end of the 95 % Wilson interval.",
        ]
    return "\n".join(lines) + "\n"


def _trim(columns: list[ColumnProfile]) -> list[str]:
    return [
        "  - step: text",
        "    columns:",
        *(
            f"      {quote(c.name)}: {{trim: true}}  # {c.padded} values of the sample need it"
            for c in columns
        ),
    ]
