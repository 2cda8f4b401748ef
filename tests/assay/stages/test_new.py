"""The first files of a data set, as far as they must hold what is ordinary of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from assay import engine
from assay.contract import load_contract
from assay.drift import judge_drift, measure_drift
from assay.engine import Session
from assay.onboarding import write_dataset
from assay.policy import OptionalGatePolicy
from assay.policy.drift import DriftPolicy
from assay.project import Project
from assay.stages.authoring import check_project, draft_dataset
from assay.stages.authoring._check import policy_models
from assay.verdict import Outcome, Verdict


def _applications(rng: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    income = rng.lognormal(10.5 + shift, 0.45, rows).round(2)
    income[rng.random(rows) < 0.06] = np.nan
    return pd.DataFrame({
        "application_id": [f"L{i}" for i in rng.permutation(rows)],
        "age": rng.normal(43, 13, rows).clip(18, 85).astype(int),
        "gender": rng.choice(["F", "M", "X"], rows, p=[0.48, 0.5, 0.02]),
        "income": income,
        "status": rng.choice(["new", "reviewed", "closed", "withdrawn"], rows,
                             p=[0.4, 0.35, 0.2, 0.05]),
        "amount": rng.lognormal(9, 0.6, rows).round(2),
        "decision": rng.choice(["approved", "declined"], rows, p=[0.6, 0.4]),
    })  # fmt: skip


def _drafted(session: Session, sample: Path) -> DriftPolicy:
    plan = draft_dataset(session, sample, "loans", first="2024-01-01")
    return DriftPolicy.model_validate(yaml.safe_load(plan.files["policies/loans/drift.yaml"]))


def _judged(session: Session, first: Path, later: Path, policy: DriftPolicy) -> Verdict:
    tables = (session.open_data(path) for path in (first, later))
    return judge_drift([measure_drift(session, *tables, policy)], policy)


@pytest.mark.parametrize("rows", [100, 800, 5000])
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_a_second_ordinary_day_is_not_held_by_the_drafted_limits(
    tmp_path: Path, rows: int, seed: int
) -> None:
    rng = np.random.default_rng([seed, rows])
    paths = [tmp_path / f"{name}.csv" for name in ("first", "second", "shifted")]
    days = (
        _applications(rng, rows),
        _applications(rng, int(0.85 * rows)),
        _applications(rng, rows, shift=1.5),
    )
    for path, day in zip(paths, days, strict=True):
        day.to_csv(path, index=False)
    with engine.open_session(threads=2) as session:
        policy = _drafted(session, paths[0])
        second, shifted = (_judged(session, paths[0], path, policy) for path in paths[1:])
    assert set(policy.columns) == {"age", "gender", "income", "status", "amount", "decision"}
    assert (second.outcome, second.reasons) == (Outcome.PASS, ())
    assert shifted.outcome is Outcome.FAIL


def test_each_limit_says_what_chance_reaches(tmp_path: Path) -> None:
    sample = tmp_path / "first.csv"
    _applications(np.random.default_rng([1, 60]), 60).to_csv(sample, index=False)
    with engine.open_session(threads=2) as session:
        policy = _drafted(session, sample)
    told = [c.rationale or "" for c in policy.columns.values()]
    assert all("random variation alone reaches" in text for text in told)
    assert all("in a batch of 30 rows" in text for text in told)
    assert all("of any of 4 parts of the sample from the rest" in text for text in told)


_SIGN = re.compile(r"^( *)# (?= *(- |\{|(\"[^\"]+\"|\w+):( |$)))", re.M)
_FILLED = {
    "VALUE": "approved", "NUMBER": "0.2", "LEVEL": "F", "OTHER": "M", "COLUMN": "gender",
    "BATCH": '"2024-01-20"', "NAME": "customer", "WHY": "The owner's.",
}  # fmt: skip


def _uncommented(text: str) -> str:
    """The text without the comment signs before what is YAML, and with what only a person knows."""
    text = _SIGN.sub(r"\1", text)
    for placeholder, value in _FILLED.items():
        text = re.sub(rf"\b{placeholder}\b", value, text)
    text = text.replace("least_number: 0.2", "least_number: 30")
    return text.replace('rationale: ""', "rationale: The owner's.")


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("dates", ["%Y-%m-%d", "%d/%m/%Y"])
def test_what_is_commented_is_right_with_the_comment_signs_off(
    tmp_path: Path, padded: bool, dates: str
) -> None:
    day = _applications(np.random.default_rng(2), 300)
    day["customer_email"] = [f"c{i}@example.org" for i in range(300)]
    day["score_date"] = pd.Timestamp("2024-01-13").strftime(dates)
    day["term"] = np.where(day.index % 7 == 0, np.nan, day.index)
    if padded:
        day["status"] = " " + day["status"]
    sample = tmp_path / "loans-2024-01-01.csv"
    day.to_csv(sample, index=False)
    with engine.open_session(threads=2) as session:
        write_dataset(draft_dataset(session, sample, "loans"), tmp_path / "include")
    project = Project.from_environment(
        {"ASSAY_PROJECT": str(tmp_path), "ASSAY_HOME": str(tmp_path / "home")}
    )
    assert check_project(project, gx=False) == []
    models = policy_models()
    for path in (tmp_path / "include").rglob("*.yaml"):
        text = _uncommented(path.read_text())
        if path.parts[-3] == "policies" and issubclass(models[path.stem], OptionalGatePolicy):
            # An optional gate's draft may say that it doesn't apply until its lines are confirmed.
            text = re.sub(r"^(applies|reason):.*\n", "", text, flags=re.M)
        path.write_text(text)

    assert [str(problem) for problem in check_project(project, gx=False)] == []

    contract = load_contract(tmp_path / "include/contracts/loans.odcs.yaml")
    assert contract.classified == {"customer_email", "age", "gender", "income"}
    assert contract.roles["decision"] == "prediction"
    assert contract.partition.last == "2024-01-20"
    policies = {p.stem: yaml.safe_load(p.read_text()) for p in tmp_path.rglob("policies/*/*.yaml")}
    assert set(policies["privacy"]["columns"]) == contract.classified
    assert policies["alerting"]["routes"][0] == {"slack": "#team-channel"}
    assert [s["step"] for s in policies["cleaning"]["steps"]] == ["text"] * padded + ["impute"]
    assert policies["fairness"]["metrics"][0]["outcome"] == "prediction"


def test_columns_that_look_personal_are_proposed_with_the_evidence(tmp_path: Path) -> None:
    sample = tmp_path / "2024-01-01.csv"
    rows = (f"{i},marked{i % 15}@example.org,{i % 3}\n" for i in range(600))
    sample.write_text("order,note,score\n" + "".join(rows))
    with engine.open_session(threads=2) as session:
        plan = draft_dataset(session, sample, "orders")
    text = "\n".join(plan.files.values())
    assert "# classification: identifier  # e-mail addresses, 15 of 15 values" in text
    assert re.search(r"marked\d", text) is None, "no level of such a column is listed"
