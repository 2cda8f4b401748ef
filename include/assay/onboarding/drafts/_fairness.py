"""The text of a first fairness policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft, plain, quote
from assay.onboarding.evidence._part_distances import is_category
from assay.onboarding.evidence._sample import ColumnProfile, Profile


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
        lines.append(f"# Columns that may be protected attributes: {_named(protected)}")
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


def _named(columns: list[ColumnProfile]) -> str:
    return ", ".join(plain(column.name) for column in columns)
