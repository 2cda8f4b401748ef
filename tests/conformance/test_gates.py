"""What every gate must do alike: the same batches, each with its pinned verdict.

A gate joins by an adapter: a policy, and how it judges a table. Batches hold marked values in
their classified columns; none may be in anything that a gate says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from assay import cleaning, drift, fairness, quality
from assay.contract import Contract, load_contract
from assay.engine import Session, open_session
from assay.errors import PolicyError
from assay.labelling import noise
from assay.page import PageContext
from assay.policy import GatePolicy, load_policy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.label_noise import LabelNoisePolicy
from assay.policy.quality import QualityPolicy
from assay.stages.run import StageResult, chain, render_result
from assay.verdict import Outcome, Verdict, worst

RUNBOOKS = Path(__file__).parents[2] / "include/docs/runbooks"
MARK = "Zq7Marked"
MARKED_NUMBER = 918273.25

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:assay:loans
name: loans
version: 1.0.0
status: active
description: {purpose: Loans of a made-up bank.}
team: {name: lending}
servers:
  - {server: inbox, type: local, path: 'inbox/loans/{batch}.csv', format: csv}
customProperties:
  - property: partition
    value: {grain: day, timezone: UTC, first: '2020-01-01'}
schema:
  - name: loans
    physicalType: table
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - name: person
        logicalType: string
        classification: identifier
        customProperties: [{property: identityDomain, value: people}]
      - name: sex
        logicalType: string
        classification: sensitive
        enum: [{value: F}, {value: M}]
        customProperties: [{property: role, value: protected}]
      - {name: town, logicalType: string, classification: quasi_identifier}
      - {name: income, logicalType: number, classification: sensitive}
      - name: repaid
        logicalType: integer
        customProperties: [{property: role, value: label}]
      - name: granted
        logicalType: integer
        customProperties: [{property: role, value: prediction}]
"""

SUITE = {
    "name": "loans.raw",
    "expectations": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "income"}},
        {"type": "expect_column_values_to_be_in_set",
         "kwargs": {"column": "sex", "value_set": ["F", "M"]}},
        {"type": "expect_column_max_to_be_between",
         "kwargs": {"column": "income", "max_value": 1e6}, "severity": "warning"},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "person"}},
        {"type": "expect_column_values_to_match_regex",
         "kwargs": {"column": "town", "regex": "^[a-z]+$"}, "severity": "warning"},
    ],
}  # fmt: skip

QUALITY = """\
on_inconclusive: hold
quarantine: {max_share: 0.2}
gx: {max_rows: 0}
"""
DRIFT = """\
on_inconclusive: hold
alpha: 0.01
least_number: 10
references: {pinned: {kind: pinned, batches: ['2020-01-01']}}
columns:
  income: {test: anderson_darling, effect: ks_statistic, limit: 0.2}
  town: {test: chi_square, effect: cramers_v, limit: 0.3, unseen: {limit: 0.05}}
  sex: {test: chi_square, effect: cramers_v, limit: 0.2}
"""
FAIRNESS = """\
on_inconclusive: hold
favourable: 1
alpha: 0.05
least_number: 20
attributes:
  sex: {reference: M, required_groups: [F, M]}
metrics:
  - {metric: disparate_impact, outcome: prediction, min: 0.7}
  - {metric: equalized_odds, max: 0.25}
"""
CLEANING = """\
on_inconclusive: hold
budget: {cells: {max_share: 0.1}}
steps:
  - step: outliers
    columns: [income]
    by: {method: mad, threshold: 50, min_n: 20}
    action: "null"
  - step: impute
    columns: {income: {method: median}}
"""

LABEL_NOISE = """\
on_inconclusive: hold
label: granted
groups: [sex, town]
folds: 3
alpha: 0.05
least_rows: 200
least_number: 20
most_rows: 1000
max_estimated: {fail: 0.3, rationale: A fifth of the labels are drawn at random.}
"""

CONTEXT = PageContext("batch")


@dataclass(frozen=True)
class Gate:
    """How a gate is called; ``said`` is all that it would write or show."""

    name: str
    model: type[GatePolicy]
    policy: str
    judge: Callable[[Any, Any, Any, Any, Contract], Verdict]
    said: Callable[[Any, Any, Any, Any, Contract], str]


def judge_quality(session: Session, table: Any, _: Any, policy: Any, contract: Contract) -> Verdict:
    return quality.judge_validation(found_quality(session, table, policy, contract), policy)


def found_quality(session: Session, table: Any, policy: Any, contract: Contract) -> Any:
    return quality.validate(
        session, table, quality_suite(), redact=contract.classified, gx_max_rows=policy.gx.max_rows
    )


def quality_suite() -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw.json"
        path.write_text(json.dumps(SUITE), encoding="utf-8")
        return quality.load_suite(path)


def said_quality(session: Session, table: Any, _: Any, policy: Any, contract: Contract) -> str:
    return json.dumps(found_quality(session, table, policy, contract).document(), default=str)


def judge_drift(
    session: Session, table: Any, reference: Any, policy: Any, contract: Contract
) -> Verdict:
    found = drift.measure_drift(session, reference, table, policy, contract=contract)
    return drift.judge_drift(found, policy)


def said_drift(
    session: Session, table: Any, reference: Any, policy: Any, contract: Contract
) -> str:
    found = drift.measure_drift(session, reference, table, policy, contract=contract)
    verdict = drift.judge_drift(found, policy)
    report = drift.DriftReport(comparisons=(found,))
    shown = [drift.render_text(verdict, report), drift.render_json(verdict, report)]
    return "\n".join([*shown, drift.render_html(verdict, report, CONTEXT)])


def judge_fairness(
    session: Session, table: Any, _: Any, policy: Any, contract: Contract
) -> Verdict:
    levels = {c.name: c.levels for c in contract.columns if c.levels}
    found = fairness.measure_fairness(table, policy, contract.roles, levels)
    return fairness.judge_fairness(found, policy, fairness.measure_treatment(table, policy))


def said_fairness(session: Session, table: Any, _: Any, policy: Any, contract: Contract) -> str:
    verdict = judge_fairness(session, table, None, policy, contract)
    report = fairness.FairnessReport.of(verdict)
    shown = [fairness.render_text(verdict, report), verdict.model_dump_json()]
    return "\n".join([*shown, fairness.render_html(verdict, report, CONTEXT)])


def cleaned(session: Session, table: Any, reference: Any, policy: Any, contract: Contract) -> Any:
    on = "batch" if reference is None else "reference"
    source = table if reference is None else reference
    state = cleaning.fit(session, source, policy, contract.roles, fitted_on=on)
    return cleaning.clean(session, table, policy, state, contract.roles)


def judge_cleaning(
    session: Session, table: Any, reference: Any, policy: Any, c: Contract
) -> Verdict:
    return cleaning.judge_cleaning(cleaned(session, table, reference, policy, c).report, policy)


def said_cleaning(session: Session, table: Any, reference: Any, policy: Any, c: Contract) -> str:
    return str(cleaned(session, table, reference, policy, c).report.model_dump_json())


def found_noise(session: Session, table: Any, policy: Any, contract: Contract) -> Any:
    levels = {c.name: c.levels for c in contract.columns if c.levels}
    return noise.measure_label_noise(session, table, policy, contract, levels)


def judge_noise(session: Session, table: Any, _: Any, policy: Any, contract: Contract) -> Verdict:
    return noise.judge_label_noise(found_noise(session, table, policy, contract), policy)


def said_noise(session: Session, table: Any, _: Any, policy: Any, contract: Contract) -> str:
    found = found_noise(session, table, policy, contract)
    verdict = noise.judge_label_noise(found, policy)
    return verdict.model_dump_json() + noise.render_html(verdict, found, CONTEXT)


GATES = {
    gate.name: gate
    for gate in (
        Gate("quality", QualityPolicy, QUALITY, judge_quality, said_quality),
        Gate("drift", DriftPolicy, DRIFT, judge_drift, said_drift),
        Gate("fairness", FairnessPolicy, FAIRNESS, judge_fairness, said_fairness),
        Gate("cleaning", CleaningPolicy, CLEANING, judge_cleaning, said_cleaning),
        Gate("label_noise", LabelNoisePolicy, LABEL_NOISE, judge_noise, said_noise),
    )
}


def sound(rows: int = 1200, seed: int = 1) -> pd.DataFrame:
    """A batch that every gate passes; persons, towns and one income are marked."""
    random = np.random.default_rng(seed)
    income = random.normal(30000, 5000, rows).round(2)
    granted = random.random(rows) < 0.6
    frame = pd.DataFrame({
        "__row": np.arange(rows),
        "id": np.arange(rows),
        "person": [f"{MARK}Person{i}" for i in range(rows)],
        "sex": random.choice(["F", "M"], rows),
        "town": random.choice(["ash", "elm", "oak"], rows),
        "income": income,
        "repaid": (granted ^ (random.random(rows) < 0.2)).astype(int),
        "granted": granted.astype(int),
    })  # fmt: skip
    return frame.astype({"repaid": "Int64", "granted": "Int64", "sex": "string", "town": "string"})


def all_null(rows: int = 50) -> pd.DataFrame:
    frame = sound(rows)
    for name in frame.columns.drop(["__row", "id"]):
        frame[name] = pd.Series([None] * rows, dtype=frame[name].dtype)
    return frame


def marked() -> pd.DataFrame:
    """Values that no list allows in every classified column, often and seldom."""
    frame = sound()
    frame.loc[:99, "sex"] = f"{MARK}Sex"
    frame.loc[100:102, "sex"] = f"{MARK}Seldom"
    frame.loc[:199, "town"] = f"{MARK}Town"
    frame.loc[:0, "income"] = MARKED_NUMBER
    frame.loc[300:309, "person"] = f"{MARK}Twice"
    return frame


BATCHES: dict[str, Callable[[], pd.DataFrame]] = {
    "sound": sound,
    "no_reference": sound,
    "reordered": lambda: sound().sample(frac=1, random_state=3),
    "empty_batch": lambda: sound().iloc[:0],
    "one_row": lambda: sound().iloc[:1],
    "all_null": all_null,
    "empty_group": lambda: sound()[lambda f: f.sex == "M"],
    "unknown_column": lambda: sound().drop(columns=["sex", "income"]),
    "marked": marked,
}

P, W, N, F = (o.value for o in (Outcome.PASS, Outcome.WARN, Outcome.INCONCLUSIVE, Outcome.FAIL))
REFUSED = "PolicyError"

PINNED: dict[str, dict[str, tuple[str, list[str]]]] = {
    "quality": {
        "sound": (P, []),
        "no_reference": (P, []),
        "reordered": (P, []),
        "empty_batch": (F, ["no_rows_left", "warning_expectation_unmet"]),
        "one_row": (P, []),
        "all_null": (
            F,
            [
                "no_rows_left",
                "quarantine_share_above_limit",
                "rows_quarantined",
                "warning_expectation_unmet",
            ],
        ),
        "empty_group": (P, []),
        "unknown_column": (N, ["expectation_not_judged"]),
        "marked": (W, ["rows_quarantined", "warning_expectation_unmet"]),
    },
    "drift": {
        "sound": (P, []),
        "no_reference": (N, ["no_reference"]),
        "reordered": (P, []),
        "empty_batch": (N, ["empty_batch"]),
        "one_row": (N, ["drift_not_enough_rows", "unseen_category"]),
        "all_null": (F, ["drift_detected", "drift_not_enough_rows", "unseen_category"]),
        "empty_group": (F, ["drift_detected"]),
        "unknown_column": (F, ["column_missing"]),
        "marked": (F, ["drift_detected", "unseen_category"]),
    },
    "fairness": {
        "sound": (P, []),
        "no_reference": (P, []),
        "reordered": (P, []),
        "empty_batch": (N, ["empty_batch"]),
        "one_row": (N, ["favourable_outcome_absent", "required_group_absent"]),
        "all_null": (N, ["outcome_missing", "reference_group_absent", "required_group_absent"]),
        "empty_group": (N, ["required_group_absent"]),
        "unknown_column": (N, ["column_missing"]),
        "marked": (W, ["group_too_small"]),
    },
    "cleaning": {
        "sound": (P, []),
        "no_reference": (P, []),
        "reordered": (P, []),
        "empty_batch": (N, ["cleaning_empty_batch"]),
        "one_row": (P, []),
        "all_null": (F, ["cleaning_budget_exceeded"]),
        "empty_group": (P, []),
        "unknown_column": (REFUSED, []),
        "marked": (P, []),
    },
    "label_noise": {
        "sound": (P, []),
        "no_reference": (P, []),
        "reordered": (P, []),
        "empty_batch": (N, ["empty_batch"]),
        "one_row": (N, ["label_noise_not_measured"]),
        "all_null": (N, ["label_noise_not_measured"]),
        "empty_group": (P, []),
        "unknown_column": (W, ["column_missing"]),
        "marked": (P, []),
    },
}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with open_session(threads=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contracts") / "loans.odcs.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return load_contract(path)


@pytest.fixture(scope="module")
def call(session: Session, contract: Contract) -> Callable[..., Any]:
    kept: dict[Any, Any] = {}

    def run(gate: Gate, case: str, how: Callable[..., Any], own: Any = None) -> Any:
        """What a gate gives for a batch; worked out once in the common session."""
        if own is not None:
            return work(gate, case, how, own)
        key = (gate, case, how)
        if key not in kept:
            kept[key] = work(gate, case, how, session)
        return kept[key]

    def work(gate: Gate, case: str, how: Callable[..., Any], session: Any) -> Any:
        table = session.set_aside(BATCHES[case]())
        reference = None
        if case != "no_reference":
            reference = session.set_aside(sound(seed=2))
        policy = gate.model.model_validate(yaml.safe_load(gate.policy))
        return how(session, table, reference, policy, contract)

    return run


EVERY = [(gate, case) for gate in GATES for case in BATCHES]


def test_every_gate_of_the_chain_is_tried_here() -> None:
    models = {stage.room: stage.policy_model for stage in chain.STAGES if stage.policy_model}
    assert set(GATES) == {room for room, model in models.items() if issubclass(model, GatePolicy)}


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_batch_has_its_pinned_verdict(call: Any, name: str, case: str) -> None:
    gate, (outcome, codes) = GATES[name], PINNED[name][case]
    if outcome == REFUSED:
        with pytest.raises(PolicyError):
            call(gate, case, gate.judge)
        return
    verdict = call(gate, case, gate.judge)
    assert (verdict.outcome.value, sorted({r.code for r in verdict.reasons})) == (outcome, codes)
    assert verdict.outcome is worst(r.outcome for r in verdict.reasons)
    assert verdict.holds == (outcome in {F, N})
    assert verdict.exit_code == {P: 0, W: 0, N: 3, F: 1}[outcome]


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_verdict_comes_back_from_json(call: Any, name: str, case: str) -> None:
    if PINNED[name][case][0] != REFUSED:
        verdict = call(GATES[name], case, GATES[name].judge)
        text = verdict.model_dump_json()
        assert Verdict.model_validate_json(text) == verdict
        json.loads(text, parse_constant=lambda c: pytest.fail(f"{c} isn't JSON"))


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_verdict_can_be_told_in_a_log(call: Any, name: str, case: str) -> None:
    if PINNED[name][case][0] != REFUSED:
        verdict = call(GATES[name], case, GATES[name].judge)
        told = render_result(StageResult.judged(name, verdict))
        assert all(f"  {reason.code}" in told for reason in verdict.reasons)


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_nothing_that_is_said_has_a_classified_value(call: Any, name: str, case: str) -> None:
    gate = GATES[name]
    texts = []
    for how in (gate.judge, gate.said):
        try:
            said = call(gate, case, how)
        except PolicyError as error:
            said = str(error)
        texts.append(said if isinstance(said, str) else said.model_dump_json())
    for text in texts:
        assert MARK.lower() not in text.lower()
        assert str(MARKED_NUMBER).split(".")[0] not in text


def test_the_marks_are_in_the_batches() -> None:
    """The control: what is looked for can be found where it may be."""
    text = marked().to_csv()
    assert all(f"{MARK}{what}" in text for what in ("Person", "Sex", "Seldom", "Town", "Twice"))
    assert str(MARKED_NUMBER) in text


@pytest.mark.parametrize("name", GATES)
def test_the_order_of_rows_does_not_show(call: Any, name: str) -> None:
    judge = GATES[name].judge
    assert call(GATES[name], "reordered", judge) == call(GATES[name], "sound", judge)


@pytest.mark.parametrize("name", GATES)
def test_the_number_of_threads_does_not_show(call: Any, name: str) -> None:
    found = set()
    for threads in (1, 2, 8):
        with open_session(threads=threads) as backend:
            found.add(call(GATES[name], "marked", GATES[name].judge, backend).model_dump_json())
    assert len(found) == 1


@pytest.mark.parametrize("name", GATES)
def test_on_inconclusive_decides_what_an_inconclusive_verdict_does(call: Any, name: str) -> None:
    gate = GATES[name]
    case = next(c for c, (outcome, _) in PINNED[name].items() if outcome == N)
    released = Gate(
        gate.name, gate.model, gate.policy.replace(": hold", ": release"), gate.judge, gate.said
    )
    verdict = call(released, case, gate.judge)
    assert (verdict.outcome, verdict.holds, verdict.exit_code) == (Outcome.INCONCLUSIVE, False, 3)


@pytest.mark.parametrize("name", GATES)
def test_a_policy_must_say_what_inconclusive_does(tmp_path: Path, name: str) -> None:
    gate, path = GATES[name], tmp_path / "policy.yaml"
    path.write_text(gate.policy, encoding="utf-8")
    assert load_policy(path, gate.model).on_inconclusive == "hold"
    path.write_text(gate.policy.replace("on_inconclusive: hold\n", ""), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"policy\.yaml.*on_inconclusive"):
        load_policy(path, gate.model)


@pytest.mark.parametrize("name", ["drift", "fairness", "cleaning", "label_noise"])
def test_a_policy_that_names_an_unknown_column_is_refused(tmp_path: Path, name: str) -> None:
    gate, path = GATES[name], tmp_path / "policy.yaml"
    path.write_text(gate.policy, encoding="utf-8")
    columns = set(sound().columns)
    load_policy(path, gate.model, columns)
    renamed = {"income": "incomes", "sex": "sexes"}
    with pytest.raises(PolicyError, match=r"policy\.yaml:\d+ .*no such column(.|\n)*Did you mean"):
        load_policy(path, gate.model, {renamed.get(c, c) for c in columns})


@pytest.mark.parametrize("name", ["drift", "fairness", "label_noise"])
def test_a_gate_that_does_not_apply_says_why(call: Any, name: str) -> None:
    gate = GATES[name]
    idle = "on_inconclusive: hold\napplies: false\nreason: Nobody is in it.\n"
    verdict = call(Gate(gate.name, gate.model, idle, gate.judge, gate.said), "sound", gate.judge)
    assert verdict.outcome is Outcome.PASS
    assert [r.code for r in verdict.reasons] == ["not_applicable"]
    assert "Nobody is in it." in verdict.reasons[0].message


@pytest.mark.parametrize("name", GATES)
def test_every_reason_has_a_runbook(name: str) -> None:
    codes = {code for _, found in PINNED[name].values() for code in found}
    assert [code for code in sorted(codes) if not (RUNBOOKS / f"{code}.md").is_file()] == []
