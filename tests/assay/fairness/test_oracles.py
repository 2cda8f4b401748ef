"""Published figures: COMPAS, Adult, Aequitas' own tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assay.engine import Session
from assay.fairness import judge_fairness, measure_fairness
from assay.fairness._counts import rate

ORACLES = os.environ.get("ASSAY_ORACLE_DATA")
pytestmark = pytest.mark.skipif(ORACLES is None, reason="ASSAY_ORACLE_DATA is unset")
FOLDER = Path(ORACLES or ".")


def figures(verdict: Any) -> dict[tuple[str, str], float]:
    return {(m.name, m.group or ""): m.value for m in verdict.measurements}


@pytest.fixture
def compas_policy(make_policy: Any) -> Any:
    def make(**changes: Any) -> Any:
        base = {
            "roles": {"label_value": "label", "score": "prediction"},
            "attributes": {
                "race": {
                    "reference": "Caucasian",
                    "required_groups": ["Caucasian", "African-American"],
                }
            },
            "metrics": [
                {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8},
                {"metric": "equalized_odds", "max": 0.1},
            ],
        }
        return make_policy(**{**base, **changes})

    return make


@pytest.fixture
def two_races(make_table: Any) -> Any:
    frame = pd.read_csv(FOLDER / "aequitas-fixtures/compas_for_aequitas.csv")
    return make_table(frame[frame.race.isin(["African-American", "Caucasian"])])


def test_compas_confusion_counts_and_rates(
    session: Session, compas_policy: Any, two_races: Any
) -> None:
    """Aequitas' notebook: counts as TN FP FN TP, FPR 44.85 % and 23.45 %."""
    measured = measure_fairness(two_races, compas_policy())
    tables = {
        g.name: tuple(g.counts[y, p] for y in (False, True) for p in (False, True))
        for g in measured.groups
    }
    assert tables == {
        "African-American": (990, 805, 532, 1369),
        "Caucasian": (1139, 349, 461, 505),
    }
    fpr = {g.name: round(rate(g, "false_positive_rate").value, 4) for g in measured.groups}
    assert fpr == {"African-American": 0.4485, "Caucasian": 0.2345}
    fnr = {g.name: round(1 - rate(g, "true_positive_rate").value, 4) for g in measured.groups}
    assert fnr == {"African-American": 0.2799, "Caucasian": 0.4772}


def test_compas_by_fairlearn(session: Session, compas_policy: Any, two_races: Any) -> None:
    policy = compas_policy()
    verdict = judge_fairness(measure_fairness(two_races, policy), policy)
    found = {m.name: round(m.value, 6) for m in verdict.measurements if "fairlearn." in m.name}
    assert found == {
        "fairlearn.demographic_parity_difference": 0.2402,
        "fairlearn.demographic_parity_ratio": 0.591638,
        "fairlearn.equal_opportunity_difference": round(1369 / 1901 - 505 / 966, 6),
        "fairlearn.equal_opportunity_ratio": round((505 / 966) / (1369 / 1901), 6),
        "fairlearn.equalized_odds_difference": 0.213925,
        "fairlearn.equalized_odds_ratio": 0.522987,
    }
    assert verdict.outcome == "FAIL"
    odds = [m for m in verdict.measurements if m.name == "equalized_odds"]
    assert [round(m.value, 6) for m in odds] == [0.197373, 0.213925]


@pytest.mark.parametrize(("favourable", "expected"), [(1, 0.5916), (0, 0.6316)])
def test_compas_which_outcome_is_favourable(
    session: Session, compas_policy: Any, two_races: Any, favourable: int, expected: float
) -> None:
    """A high score as favourable, then "Low": least over greatest rate."""
    policy = compas_policy(favourable=favourable)
    verdict = judge_fairness(measure_fairness(two_races, policy), policy)
    ratio = figures(verdict)["disparate_impact", "African-American"]
    assert round(min(ratio, 1 / ratio), 4) == expected


ADULT = ["age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation"]
ADULT += ["relationship", "race", "sex", "gain", "loss", "hours", "country", "income"]


def adult(name: str) -> pd.DataFrame:
    frame = pd.read_csv(
        FOLDER / "adult-uci" / name, names=ADULT, skipinitialspace=True, comment="|"
    )
    return frame.assign(income=frame.income.str.rstrip("."))


@pytest.mark.parametrize(
    ("whole", "rows", "base", "ratio", "difference"),
    [(False, 32561, 0.24081, 0.358023, -0.196276), (True, 45222, 0.2478, 0.363470, -0.198901)],
)
def test_adult(
    judged: Any, whole: bool, rows: int, base: float, ratio: float, difference: float
) -> None:
    frame = adult("adult.data")
    if whole:
        frame = pd.concat([frame, adult("adult.test")], ignore_index=True)
        frame = frame[~(frame == "?").any(axis=1)]
    metrics = [
        {"metric": "disparate_impact", "outcome": "label", "min": 0.8},
        {"metric": "demographic_parity_difference", "outcome": "label", "max": 0.1},
    ]
    verdict = judged(
        frame,
        roles={"income": "label"},
        favourable=">50K",
        metrics=metrics,
        attributes={"sex": {"reference": "Male", "required_groups": ["Male", "Female"]}},
    )
    found = figures(verdict)
    assert len(frame) == rows
    counts = {m.group: m.value for m in verdict.measurements if m.name == "rows"}
    mean = sum(found["base_rate", g] * n for g, n in counts.items()) / rows
    assert mean == pytest.approx(base, abs=5e-5)
    assert round(found["disparate_impact", "Female"], 6) == ratio
    assert round(found["demographic_parity_difference", "Female"], 6) == difference
    assert verdict.outcome == "FAIL"
    assert {r.code for r in verdict.reasons} == {"disparity"}


@pytest.mark.parametrize("number", range(1, 9))
def test_aequitas_group_rates(
    session: Session, make_table: Any, make_policy: Any, number: int
) -> None:
    """Counts and error rates of Aequitas' own expected outputs, group by group."""
    frame = pd.read_csv(FOLDER / f"aequitas-fixtures/test_{number}.csv")
    expected = pd.read_csv(FOLDER / f"aequitas-fixtures/expected_output_test_{number}.csv")
    policy = make_policy(
        roles={"label_value": "label", "score": "prediction"},
        attributes={"class": {"reference": "High", "required_groups": "all", "levels": ["Low"]}},
        metrics=[{"metric": "equalized_odds", "max": 0.1}],
    )
    measured = measure_fairness(make_table(frame), policy)
    wanted = expected[
        (expected.attribute_name == "class") & (expected.attribute_value.isin(["High", "Low"]))
    ].set_index("attribute_value")
    for group in measured.groups:
        row = wanted.loc[group.name]
        row = row.iloc[0] if isinstance(row, pd.DataFrame) else row
        assert (group.rows, group.counts.get((True, True), 0)) == (row.group_size, row.tp)
        for name, value in (
            ("false_positive_rate", row.fpr),
            ("true_positive_rate", 1 - row.fnr),
        ):
            assert rate(group, name).value == pytest.approx(value, nan_ok=True)  # type: ignore[arg-type]


def test_a_file_by_hand(session: Session, compas_policy: Any) -> None:
    table = session.open_data(FOLDER / "aequitas-fixtures/compas_for_aequitas.csv")
    verdict = judge_fairness(measure_fairness(table, compas_policy()), compas_policy())
    assert verdict.outcome == "FAIL"
    assert verdict.detail["rows"] == 7214
