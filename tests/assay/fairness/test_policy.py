"""The policy refuses what would judge nothing, or less than it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.errors import PolicyError
from assay.policy import load_policy
from assay.policy.fairness import FairnessPolicy

WHOLE = """\
on_inconclusive: hold
roles: {employed: label, y_pred: prediction, SEX: protected}
favourable: {label: 1, prediction: [1, 2]}
meaning: predicted to be employed
alpha: 0.05
least_number: 30
attributes:
  SEX: {reference: 1, required_groups: [1, 2, null], rationale: the larger group}
  DIS: {reference: false, required_groups: all}
intersections: [[SEX, DIS]]
intersection_depth: 2
metrics:
  - {metric: disparate_impact, outcome: prediction, min: 0.8, max: 1.25, rationale: four fifths}
  - {metric: disparate_impact, outcome: label, min: 0.8}
  - {metric: demographic_parity_difference, outcome: label, max: 0.1}
  - {metric: equal_opportunity_difference, max: 0.1}
  - {metric: equalized_odds, max: 0.1}
"""


def load(tmp_path: Path, text: str, **more: Any) -> FairnessPolicy:
    path = tmp_path / "fairness.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path, FairnessPolicy, **more)


def test_a_whole_policy_loads(tmp_path: Path) -> None:
    policy = load(tmp_path, WHOLE, columns={"employed", "y_pred", "SEX", "DIS"})
    assert policy.rules.favourable.label == ("1",)
    assert policy.rules.favourable.prediction == ("1", "2")
    assert policy.attributes["SEX"].required_groups == ("1", "2", None)
    assert policy.attributes["DIS"].reference == "false"
    assert len(policy.hash) == 64


def test_a_gate_that_does_not_apply_needs_a_reason(tmp_path: Path) -> None:
    text = "on_inconclusive: hold\napplies: false\n"
    assert not load(tmp_path, text + "reason: no people\n").applies
    with pytest.raises(PolicyError, match="needs a reason"):
        load(tmp_path, text)
    with pytest.raises(PolicyError, match="leave out: metrics, attributes"):
        load(tmp_path, WHOLE + "applies: false\nreason: x\n")
    with pytest.raises(PolicyError, match="no rules to judge by"):
        _ = load(tmp_path, text + "reason: no people\n").rules


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("on_inconclusive: hold\n", "", "on_inconclusive"),
        ("alpha: 0.05\n", "", "alpha is missing"),
        ("least_number: 30\n", "", "least_number is missing"),
        ("favourable: {label: 1, prediction: [1, 2]}\n", "", "favourable is missing"),
        ("intersection_depth: 2\n", "", "need an intersection_depth"),
        ("[[SEX, DIS]]", "[[SEX, SEX]]", "two different attributes"),
        ("[[SEX, DIS]]", "[[SEX, RACE]]", "not in attributes"),
        ("outcome: label, min: 0.8", "outcome: prediction, min: 0.8", "listed twice"),
        ("max: 0.1}", "max: 0.1, attributes: [RACE]}", "names 'RACE'"),
        ("min: 0.8, max: 1.25", "max: 1.25", "min"),
        ("{metric: equalized_odds, max: 0.1}", "{metric: equalized_odds}", "max"),
        ("metric: equalized_odds", "metric: equalised_odds", "equalised_odds"),
        ("SEX: {reference: 1,", "SEX: {", "reference"),
        ("required_groups: all", "levels: [a]", "required_groups"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in WHOLE
    with pytest.raises(PolicyError, match=message):
        load(tmp_path, WHOLE.replace(old, new))


def test_an_unknown_column_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"fairness.yaml:9 attributes.DIS: no such column"):
        load(tmp_path, WHOLE, columns={"employed", "y_pred", "SEX", "DISS"})


def test_every_key_is_described() -> None:
    def undescribed(model: Any) -> list[str]:
        return [f"{model.__name__}.{n}" for n, f in model.model_fields.items() if not f.description]

    from assay.policy import fairness

    models = [getattr(fairness, name) for name in ("FairnessPolicy", "Attribute", "Favourable")]
    models += [fairness.DisparateImpact, fairness.EqualizedOdds, fairness.EqualOpportunity]
    models += [fairness.DemographicParity]
    assert [name for model in models for name in undescribed(model)] == []


def test_a_population_and_control_features(tmp_path: Path) -> None:
    people = "  DIS: {reference: 2, required_groups: all, population: "
    text = WHOLE.replace("  DIS: {reference: false, required_groups: all}", "{people}")
    more = "control_features: {AGE: {levels: [1, 2]}}\n"
    loaded = load(
        tmp_path, text.replace("{people}", people + "{name: p, shares: {1: .1, 2: .9}}}") + more
    )
    assert loaded.attributes["DIS"].population.shares == {"1": 0.1, "2": 0.9}  # type: ignore[union-attr]
    assert loaded.control_features["AGE"].levels == ("1", "2")
    assert "AGE" in {name for _, name in loaded.column_paths()}
    with pytest.raises(PolicyError, match=r"add up to 1 at most, not to 1\.1"):
        load(tmp_path, text.replace("{people}", people + "{name: p, shares: {1: .2, 2: .9}}}"))
