"""The texts of first policies: cleaning, quality, fairness, label noise, privacy, retention, …"""

from __future__ import annotations

from typing import Final

from assay.onboarding.drafts._draft import Draft, plain, quote
from assay.onboarding.evidence._part_distances import is_category
from assay.onboarding.evidence._rounding import upper_limit
from assay.onboarding.evidence._sample import Profile

_DAYS: Final = {"day": 1, "month": 31, "year": 366}
_MONTH: Final = 30
_ONE_BATCH: Final = 0.05


def render_cleaning(_: Draft, profile: Profile) -> str:
    """The text of the policy: it trims texts that need it; other steps are in comments."""
    padded = [c for c in profile.columns if c.padded]
    lines = [
        "description: Texts are trimmed; the release keeps natural units.",
        "on_inconclusive: hold",
        "# In this order: parse, text, deduplicate, outliers, impute, derive and scale.",
    ]
    if padded:
        lines += ["steps:", "  - step: text", "    columns:"]
    lines += [
        f"      {quote(c.name)}: {{trim: true}}  # {c.padded} values of the sample need it"
        for c in padded
    ]
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


def render_quality(draft: Draft, profile: Profile) -> str:
    """The text of the policy: no row of the sample violates the draft, so few rows may."""
    limit = max(_ONE_BATCH, upper_limit(0, profile.rows))
    batches = len(draft.batches)
    of = "one batch doesn't" if batches == 1 else f"{batches} batches don't"
    return f"""\
description: How many rows may be quarantined from a batch before the batch itself is held.
on_inconclusive: hold
quarantine:
  max_share: {limit}
  warn_share: {limit / 2:.6g}
  rationale: >-
    No row of the sample violates the drafted contract. This is the upper end of the 95 % Wilson
    interval of 0 of {profile.rows} rows, at least {_ONE_BATCH:g}: {of} show every ordinary
    fault. Above half of it a person is warned, before it is reached. Confirm after some weeks.
gx:
  max_rows: {10 * profile.rows}
  rationale: Ten times the {profile.rows} rows of the sample, which fit in memory.
# Every batch is scored for completeness, uniqueness, validity, consistency and timeliness. Once
# `assay quality history` shows ordinary scores, write the least score that is accepted:
# scores:
#   raw:
#     completeness: {{min: 0.98, severity: warning, rationale: what the ordinary batches score}}
"""


def render_fairness(_: Draft, profile: Profile) -> str:
    """The text of the policy: it isn't applied until its commented lines are confirmed."""
    protected = [c for c in profile.columns if c.role == "protected"]
    outcomes = {c.role: c.name for c in profile.columns if c.role in {"label", "prediction"}}
    lines = [
        "description: Whether outcomes differ between groups of people.",
        "on_inconclusive: hold",
        "applies: false",
        "reason: It isn't confirmed yet whether this data decides about people.",
    ]
    if protected:
        named = ", ".join(plain(c.name) for c in protected)
        lines.append(f"# Columns that may be protected attributes: {named}")
    lines += [
        f"# A column that may be the {role}: {plain(name)}" for role, name in outcomes.items()
    ]
    compared = [c for c in protected if is_category(c)] or protected
    names = [quote(c.name) for c in compared] or ["COLUMN"]
    return "\n".join([
        *lines,
        "# If it decides about people, write the lines below in the place of `applies` and",
        "# `reason`, and name the roles in the contract. An attribute needs a closed list of its",
        "# values, in an `enum` of the contract (not drafted for columns about people) or in the",
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


def render_label_noise(profile: Profile) -> str | None:
    """The text of the policy, to be confirmed; None where no column may be a label."""
    labels = [c.name for c in profile.columns if c.role == "label"]
    if not labels:
        return None
    return f"""\
description: Whether the labels are good enough to learn from.
on_inconclusive: hold
applies: false
reason: It isn't confirmed yet who gave the labels, and how many of them may be wrong.
# If people gave them, write the lines below in the place of `applies` and `reason`. The limit is
# above what a detector estimates of good labels: `assay label noise SAMPLE --label LABEL` shows it.
# If nobody should judge labels here, delete this file.
# label: {quote(labels[0])}
# folds: 3  # models, each for the rows of one part
# alpha: 0.05  # one minus the confidence of intervals
# least_rows: 500  # fewer rows can't be judged
# least_number: 30  # nor a label with fewer
# most_rows: 20000  # that the model sees
# max_estimated: {{fail: NUMBER, rationale: WHY}}
"""


def render_privacy(_: Draft, profile: Profile) -> str:
    """The text of the policy: nothing is classified yet; guesses are in comments."""
    guesses = [c for c in profile.columns if c.guess]
    lines = [
        "description: The treatment of each column that can lead to a person.",
        "# Each column that the contract classifies must be listed here under `columns`.",
    ]
    if guesses:
        lines += [
            "# Guessed from names; confirm them with the contract's classification. To keep a",
            "# column needs a reason; else generalise, mask or drop it. A column that is dropped",
            "# must leave cleaning.yaml, drift.yaml and the clean suite too.",
            "# columns:",
        ]
        for column in guesses:
            how = "pseudonymise" if column.guess == "identifier" else 'keep, rationale: ""'
            lines.append(f"#   {quote(column.name)}: {{treatment: {how}}}  # {column.guess}")
    return "\n".join(lines) + "\n"


def render_retention(draft: Draft, profile: Profile) -> str:
    """Periods from the length of a batch; how long is lawful is for the owner to confirm."""
    length = _DAYS[draft.grain]
    zones = {
        "landing": (length + _MONTH, "a batch's length, and a month to correct and re-run it"),
        "quarantine": (length + _MONTH, "as landing: rows are corrected from there"),
        "work": (length + _MONTH, "as landing: a held candidate may still be forced"),
        "spill": (1, "what a killed engine left is useless the day after"),
        "reports": (12 * (length + _MONTH), "twelve times landing's, so that trends can be seen"),
        "messages": (length + _MONTH, "as landing"),
    }
    lines = [
        "description: How long files may stay in each zone.",
        f"# Drafted from the grain of the contract ({draft.grain}). confirm: what is lawful, and",
        "# what is needed? Clear identifiers may be in landing and quarantine.",
        "basis:  # confirm: under which consent, contract, law or interest are the rows kept?",
        "  kind: legitimate_interests",
        "  name: The rows are kept to repeat and correct releases.",
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


def render_alerting(_: Draft, _profile: Profile) -> str:
    """FAIL and INCONCLUSIVE open an incident; the owner writes who is notified."""
    return """\
description: What opens an incident, and who is notified.
opens: [FAIL, INCONCLUSIVE]
opens_rationale: Both may hold the batch, so somebody must look; warnings stay on the status page.
# Who is notified? confirm: write the channel and the addresses.
routes: [
  # {slack: "#team-channel"},
  # {outcomes: [FAIL], email: [owner@example.org]},
]
# Quiet hours, escalation and more: include/docs/alerting.md
"""
