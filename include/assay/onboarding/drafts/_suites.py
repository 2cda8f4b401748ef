"""The texts of a first pair of suites."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from assay.onboarding.evidence._sample import Profile
from assay.onboarding.proposals._proposal import NOT_NULL, Aspect, Proposal, Stage, aspect, aspects
from assay.onboarding.proposals._suite import Suggestion, suite_of
from assay.onboarding.proposals._table import ROW_COUNT, at_least_one_row


def closed_lists(profile: Profile, suggestion: Suggestion) -> Profile:
    """The profile without the levels of columns whose list isn't whole, by the suggestion."""
    whole = {
        p.kwargs["column"] for p in suggestion.proposals
        if p.aspect[0] == "levels" and "mostly" not in p.kwargs
    }  # fmt: skip
    columns = (c if c.name in whole else replace(c, levels=None) for c in profile.columns)
    return replace(profile, columns=tuple(columns))


def contract_aspects(profile: Profile) -> set[Aspect]:
    """What the drafted contract states already."""
    stated = {aspect("expect_table_columns_to_match_set", {})}
    for column in profile.columns:
        of = {"column": column.name}
        stated.add(aspect("expect_column_values_to_parse", of))
        if profile.requires(column):
            stated |= aspects([(NOT_NULL, of)])
        if column.levels is not None and not column.padded:
            stated.add(aspect("expect_column_values_to_be_in_set", of))
    if profile.key is not None:
        stated.add(aspect("expect_column_values_to_be_unique", {"column": profile.key}))
    return stated


def render_suite(name: str, stage: Stage, proposals: Iterable[Proposal]) -> str:
    """The proposals of one stage; each suite expects that there are rows at all."""
    own = [p for p in proposals if p.stage == stage]
    if not any(p.type == ROW_COUNT for p in own):
        own.insert(0, at_least_one_row(stage))
    text = json.dumps(suite_of(f"{name}.{stage}", own), indent=2, ensure_ascii=False, default=str)
    return text + "\n"
