"""The texts of a first set of policies."""

from __future__ import annotations

from typing import Final

from assay.onboarding._contract import Draft, plain, quote
from assay.onboarding._distance import is_category
from assay.onboarding._numbers import rounded_up, wilson
from assay.onboarding._profile import ColumnProfile, Profile

_DAYS: Final = {"day": 1, "month": 31, "year": 366}
_MEND: Final = 30


def render_quality(profile: Profile) -> str:
    """No row of the sample breaks what was drafted: how many may, at the most, in a batch?"""
    limit = rounded_up(wilson(0, profile.rows)[1])
    return f"""\
description: How much may be set aside from a batch before the batch itself is held.
on_inconclusive: hold
quarantine:
  max_share: {limit}
  rationale: >-
    No row of the sample breaks the drafted contract; this is the upper end of the 95 % Wilson
    interval of 0 of {profile.rows} rows.
gx:
  max_rows: {10 * profile.rows}
  rationale: Ten times the {profile.rows} rows of the sample, which fit in memory.
# Every batch is scored for completeness, uniqueness, validity, consistency and timeliness. Once
# `assay quality history` shows what is ordinary, say below what a batch warns or is held:
# scores:
#   raw:
#     completeness: {{min: 0.98, severity: warning, rationale: what the ordinary batches score}}
"""


def render_cleaning(profile: Profile) -> str:
    """Trim the texts that need it, and propose the rest in comments."""
    padded = [c for c in profile.columns if c.padded]
    lines = [
        "description: Brings texts to one spelling; the release keeps natural units.",
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
        # With the comment signs off, the step stands in the list of those that are there.
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
            f"    max_share: {rounded_up(wilson(count, cells)[1])}",
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


def render_fairness(profile: Profile) -> str:
    """Not applied until somebody names the protected attributes; what to name, in comments."""
    protected = [c for c in profile.columns if c.role == "protected"]
    outcomes = {c.role: c.name for c in profile.columns if c.role in {"label", "prediction"}}
    lines = [
        "description: Whether outcomes differ between groups of people.",
        "on_inconclusive: hold",
        "applies: false",
        "reason: Nobody has confirmed yet whether this data decides about people.",
    ]
    if protected:
        lines.append(f"# Columns that may be protected attributes: {_named(protected)}")
    lines += [
        f"# A column that may be the {role}: {plain(name)}" for role, name in outcomes.items()
    ]
    compared = [c for c in protected if is_category(c)] or protected
    names = [quote(c.name) for c in compared] or ["COLUMN"]
    return "\n".join([
        *lines,
        "# Where it does decide about people, put what follows in the place of `applies` and",
        "# `reason`, and name the roles in the contract. An attribute needs a closed list of what",
        "# it may hold: an `enum` in the contract, not drafted for columns about people, or the",
        "# `levels` below. A number such as an age is binned in privacy.yaml first, and its levels",
        "# are the bins.",
        "# favourable: VALUE  # which outcome is good for the person",
        "# alpha: NUMBER  # level of the test",
        "# least_number: NUMBER  # smallest group that is judged",
        "# attributes:",
        *(
            f"#   {name}: {{reference: LEVEL, required_groups: all, levels: [LEVEL, OTHER]}}"
            for name in names
        ),
        "# metrics:",
        *(
            f"#   - {{metric: disparate_impact, outcome: {role}, min: NUMBER, rationale: WHY}}"
            for role in outcomes or ("label",)
        ),
    ]) + "\n"  # fmt: skip


def render_privacy(profile: Profile) -> str:
    """Nothing is classified yet; what to do with the guesses, in comments."""
    guesses = [c for c in profile.columns if c.guess]
    lines = [
        "description: What becomes of each column that can lead to a person.",
        "# Each column that the contract classifies must be listed here under `columns`.",
    ]
    if guesses:
        lines += [
            "# Guessed from names, to confirm together with the contract's classification. To keep",
            "# a column as it is needs a reason; else generalise, mask or drop it. What is dropped",
            "# must leave cleaning.yaml, drift.yaml and the clean suite too.",
            "# columns:",
        ]
        for column in guesses:
            how = "pseudonymise" if column.guess == "identifier" else 'keep, rationale: ""'
            lines.append(f"#   {quote(column.name)}: {{treatment: {how}}}  # {column.guess}")
    return "\n".join(lines) + "\n"


def render_alerting() -> str:
    """What fails or can't be told opens an incident; whom to tell is for the owner to write."""
    return """\
description: What opens an incident, and who is told.
opens: [FAIL, INCONCLUSIVE]
opens_rationale: Both may hold the batch, so somebody must look; warnings stay on the status page.
# Who is told? Confirm, by the channel and the addresses that are right.
routes: [
  # {slack: "#team-channel"},
  # {outcomes: [FAIL], email: [owner@example.org]},
]
# When nobody is to be disturbed, who is called in next, and more: include/docs/alerting.md
"""


def render_retention(draft: Draft, profile: Profile) -> str:
    """Periods from the length of a batch; how long is lawful is for the owner to confirm."""
    length = _DAYS[draft.grain]
    zones = {
        "landing": (length + _MEND, "a batch's length, and a month to mend and re-run it"),
        "quarantine": (length + _MEND, "as landing: rows are mended from there"),
        "work": (length + _MEND, "as landing: a held candidate may still be forced"),
        "spill": (1, "what a killed engine left is of no use the day after"),
        "reports": (12 * (length + _MEND), "twelve times landing's, so that trends can be seen"),
        "messages": (length + _MEND, "as landing"),
    }
    lines = [
        "description: How long files may lie in each zone.",
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
            f"  #   max_age_days: {length + _MEND}",
            '  #   rationale: "As landing: a held batch may be judged again."',
        ]
    return "\n".join(lines) + "\n"


def _named(columns: list[ColumnProfile]) -> str:
    return ", ".join(plain(column.name) for column in columns)
