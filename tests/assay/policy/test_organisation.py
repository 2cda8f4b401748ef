"""An organisation's policy bounds those of data sets: tighter is fine, looser names the line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from assay.errors import PolicyError
from assay.policy import Model, Policy, load_policy
from assay.policy.retention import RetentionPolicy
from assay.policy.tighter import (
    ADDED,
    ASKED,
    FEWER,
    LESS,
    MORE,
    organisation_model,
    ranked,
    tightened,
)


class Part(Model):
    days: Annotated[int, LESS] = Field(ge=1)
    note: str | None = None


class Invented(Policy):
    """One key of each kind."""

    noun: ClassVar[str] = "invented"
    least: Annotated[int, MORE] = 0
    on_found: Annotated[str | None, ranked("warn", "hold")] = None
    allowed: Annotated[Mapping[str, tuple[str, ...]], FEWER] = Field(default_factory=dict)
    masked: Annotated[tuple[str, ...], ADDED] = ()
    part: Annotated[Part | None, ASKED] = None
    parts: Mapping[str, Part] = Field(default_factory=dict)
    unused: Part | None = None


def write(root: Path, own: object, theirs: object = None, noun: str = "invented") -> Path:
    for folder, value in (("loans", own), ("_organisation", theirs)):
        path = root / folder / f"{noun}.yaml"
        path.parent.mkdir(exist_ok=True)
        if value is not None:
            path.write_text(value if isinstance(value, str) else yaml.safe_dump(value))
    return root / "loans" / f"{noun}.yaml"


def test_without_an_organisations_file_nothing_changes(tmp_path: Path) -> None:
    own = {"least": 3, "masked": ["a"]}
    assert load_policy(write(tmp_path, own), Invented) == Invented.model_validate(own)


def test_what_the_data_set_leaves_out_is_the_organisations(tmp_path: Path) -> None:
    theirs = {"least": 5, "on_found": "hold", "masked": ["b"], "part": {"days": 7},
              "unused": {"days": 1}, "allowed": {"x": ["drop"]}}  # fmt: skip
    found = load_policy(write(tmp_path, {"masked": ["a"]}, theirs), Invented)
    assert (found.least, found.on_found, found.masked) == (5, "hold", ("b", "a"))
    assert (found.part, dict(found.allowed)) == (Part(days=7), {"x": ("drop",)})
    assert found.unused is None, "a part that nothing asks for is not made of bounds"


@pytest.mark.parametrize(
    ("own", "theirs", "place"),
    [
        ({"least": 4}, {"least": 5}, "least"),
        ({"on_found": "warn"}, {"on_found": "hold"}, "on_found"),
        ({"allowed": {"x": ["drop", "keep"]}}, {"allowed": {"x": ["drop"]}}, "allowed.x"),
        ({"part": {"days": 8}}, {"part": {"days": 7}}, "part.days"),
        ({"parts": {"n": {"days": 8}}}, {"parts": {"n": {"days": 7}}}, "parts.n.days"),
        ({"unused": {"days": 8}}, {"unused": {"days": 7}}, "unused.days"),
    ],
)
def test_a_looser_line_is_named(tmp_path: Path, own: dict, theirs: dict, place: str) -> None:
    with pytest.raises(PolicyError, match="looser than the organisation's policy") as raised:
        load_policy(write(tmp_path, own, theirs), Invented)
    (problem,) = raised.value.problems
    assert f"loans/invented.yaml:{place.count('.') + 1} {place}" in str(problem.where)
    assert f"_organisation/invented.yaml:{place.count('.') + 1} {place}" in str(problem.expected)


def test_every_looser_line_is_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, {"least": 1, "part": {"days": 9}}, {"least": 2, "part": {"days": 7}})
    with pytest.raises(PolicyError) as raised:
        load_policy(path, Invented)
    assert len(raised.value.problems) == 2


def test_a_value_of_a_wrong_type_is_the_models_fault(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="valid integer"):
        load_policy(write(tmp_path, {"least": "many"}, {"least": 2}), Invented)


def test_the_organisation_bounds_no_key_without_a_direction(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such key"):
        load_policy(write(tmp_path, {}, {"part": {"days": 7, "colour": "red"}}), Invented)


@given(own=st.integers(1, 50), theirs=st.integers(1, 50))
def test_what_counts_is_never_looser(own: int, theirs: int) -> None:
    document = {"part": {"days": own}, "least": own}
    found, looser = tightened(Invented, document, {"part": {"days": theirs}, "least": theirs})
    assert ("part", "days") in {x.loc for x in looser} if own > theirs else True
    assert bool(looser) == (own != theirs)
    assert found == document


PERIODS = """\
zones:
  landing: {counts_from: landed_at, max_age_days: 40}
  quarantine: {counts_from: landed_at, max_age_days: 40}
  work: {counts_from: landed_at, max_age_days: 40}
  spill: {counts_from: landed_at, max_age_days: 1}
  reports: {counts_from: landed_at, max_age_days: 400}
  messages: {counts_from: landed_at, max_age_days: 40}
"""


def test_periods_are_shorter_and_holds_are_added(tmp_path: Path) -> None:
    bounds = {
        "zones": {"landing": {"max_age_days": 90}, "audit": {"max_age_days": 30}},
        "holds": [{"batches": "all", "reason": "case 1"}],
    }
    found = load_policy(write(tmp_path, PERIODS, bounds, "retention"), RetentionPolicy)
    assert found.zones.landing.max_age_days == 40
    assert (found.zones.audit, len(found.holds)) == (None, 1)
    bounds["zones"]["landing"]["max_age_days"] = 30  # type: ignore[index]
    with pytest.raises(PolicyError, match=r"retention.yaml:2 zones.landing.max_age_days.*Got 40"):
        load_policy(write(tmp_path, PERIODS, bounds, "retention"), RetentionPolicy)


def test_the_bounds_of_periods_are_only_keys_with_a_direction() -> None:
    model = organisation_model(RetentionPolicy)
    assert model is not None
    assert {"zones", "versions", "holds", "description"} <= set(model.model_fields)
    assert "noun" not in model.model_fields
