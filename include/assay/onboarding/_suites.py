"""The texts of a first pair of suites."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from assay.onboarding._profile import Profile
from assay.onboarding._proposal import Proposal, Stage, aspect
from assay.onboarding._propose import Suggestion, suite_of

_ROWS = "expect_table_row_count_to_be_between"


def closed_lists(profile: Profile, suggestion: Suggestion) -> Profile:
    """The profile without the levels of columns whose list isn't whole, by the suggestion."""
    whole = {
        p.kwargs["column"] for p in suggestion.proposals
        if p.aspect[0] == "levels" and "mostly" not in p.kwargs
    }  # fmt: skip
    columns = (c if c.name in whole else replace(c, levels=None) for c in profile.columns)
    return replace(profile, columns=tuple(columns))


def contract_aspects(profile: Profile) -> set[Any]:
    """What the drafted contract states already."""
    said = {aspect("expect_table_columns_to_match_set", {})}
    for column in profile.columns:
        of = {"column": column.name}
        said.add(aspect("expect_column_values_to_parse", of))
        if column.nulls == 0:
            said.add(aspect("expect_column_values_to_not_be_null", of))
        if column.levels is not None and not column.padded:
            said.add(aspect("expect_column_values_to_be_in_set", of))
    if profile.key is not None:
        said.add(aspect("expect_column_values_to_be_unique", {"column": profile.key}))
    return said


def render_suite(name: str, stage: Stage, proposals: Iterable[Proposal]) -> str:
    """The proposals of one stage; each suite expects that there are rows at all."""
    own = [p for p in proposals if p.stage == stage]
    if not any(p.type == _ROWS for p in own):
        why = "A batch without a row says nothing, so it can't be released."
        own.insert(0, Proposal(_ROWS, {"min_value": 1}, why, {}, stage, "critical"))
    text = json.dumps(suite_of(f"{name}.{stage}", own), indent=2, ensure_ascii=False, default=str)
    return text + "\n"
