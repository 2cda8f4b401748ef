"""The gate on tables: pinned verdicts, privacy, determinism."""

from __future__ import annotations

import json

import ibis
import numpy as np
import pandas as pd
import pytest
import scipy.stats as st
from hypothesis import given, settings
from hypothesis import strategies as hs

from assay.contract import Column, Contract, FilesSource, Partition
from assay.drift import (
    DriftReport,
    compare_files,
    judge_drift,
    measure_drift,
    render_html,
    render_json,
    render_text,
)
from assay.engine import open_session
from assay.errors import PolicyError
from assay.page import PageContext
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy
from assay.verdict import Outcome, Verdict

COLUMNS = {
    "amount": {
        "test": "kolmogorov_smirnov",
        "effect": "ks_statistic",
        "limit": 0.12,
        "missing": {"limit": 0.05},
    },
    "age": {"test": "anderson_darling", "effect": "wasserstein", "limit": 0.3},
    "city": {
        "test": "chi_square",
        "effect": "cramers_v",
        "limit": 0.15,
        "unseen": {"limit": 0.02},
    },
}


def policy(**changes):
    base = {"on_inconclusive": "hold", "alpha": 0.01, "columns": COLUMNS}
    return DriftPolicy.model_validate(base | changes)


def frame(seed, rows=1500, shift=0.0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "amount": rng.normal(100 + 10 * shift, 10, rows),
            "age": rng.integers(18, 80, rows),
            "city": rng.choice(["a", "b", "c", "d"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )
    data.loc[rng.random(rows) < 0.04, "amount"] = np.nan
    return data


def judged(reference, current, judging=None, **options):
    judging = judging or policy()
    with open_session(threads=1) as session:
        tables = [None if t is None else session.set_aside(t)
                  for n, t in (("ref", reference), ("cur", current))]  # fmt: skip
        measured = measure_drift(session, *tables, judging, **options)
    verdict = judge_drift(measured, judging)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    return verdict, measured


def codes(verdict):
    return {(r.code, r.outcome.value) for r in verdict.reasons}


def test_no_shift_passes_without_a_reason():
    verdict, measured = judged(frame(1), frame(2))
    assert (verdict.outcome, verdict.reasons) == (Outcome.PASS, ())
    assert measured.tests == 3
    assert measured.level == pytest.approx(0.01 / 3)
    assert {m.name for m in verdict.measurements} >= {"ks_statistic", "psi", "cramers_v", "missing"}


def test_a_shift_fails_and_names_its_numbers():
    verdict, _ = judged(frame(1), frame(2, shift=1))
    assert codes(verdict) == {("drift_detected", "FAIL")}
    (reason,) = verdict.reasons
    assert reason.column == "amount"
    assert reason.numbers["limit"] == 0.12
    assert reason.numbers["effect"] > 0.3
    assert reason.numbers["p_adjusted"] <= 0.01


def test_a_significant_but_small_shift_passes():
    verdict, _ = judged(frame(1, 60_000), frame(2, 60_000, shift=0.1))
    row = verdict.detail["columns"][0]
    assert row["p_adjusted"] < 1e-6
    assert row["value"] < row["limit"]
    assert verdict.outcome is Outcome.PASS


def test_statistics_are_scipys():
    reference, current = frame(1), frame(2, 700, shift=0.3)
    _, measured = judged(reference, current)
    amount, age, city = measured.columns
    x, y = reference.amount.dropna(), current.amount.dropna()
    theirs = st.ks_2samp(x, y)
    assert amount.statistic == pytest.approx(theirs.statistic, rel=1e-11)
    assert amount.p == pytest.approx(theirs.pvalue, rel=1e-9)
    distance = st.wasserstein_distance(reference.age, current.age)
    q1, q3 = np.quantile(reference.age, [0.25, 0.75], method="inverted_cdf")
    assert age.effect("wasserstein").value == pytest.approx(distance / (q3 - q1), rel=1e-9)
    table = pd.concat([reference.city, current.city], keys=[0, 1]).reset_index(level=0)
    theirs = st.chi2_contingency(pd.crosstab(table.level_0, table.city), correction=False)
    assert city.p == pytest.approx(theirs.pvalue, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(
    hs.lists(
        hs.one_of(hs.none(), hs.floats(-1e6, 1e6), hs.integers(0, 3)), min_size=1, max_size=30
    ),
    hs.lists(
        hs.one_of(hs.none(), hs.floats(-1e6, 1e6), hs.integers(0, 3)), min_size=1, max_size=30
    ),
)
def test_d_is_scipys_on_any_values(x, y):
    data = [pd.DataFrame({"amount": pd.array(s, dtype="Float64")}) for s in (x, y)]
    _, measured = judged(*data, policy(columns={"amount": COLUMNS["amount"]}))
    kept = [d.amount.dropna().to_numpy(float) for d in data]
    (column,) = measured.columns
    if min(len(k) for k in kept):
        theirs = st.ks_2samp(*kept)
        assert column.statistic == pytest.approx(theirs.statistic, abs=1e-11)
        assert column.p == pytest.approx(theirs.pvalue, rel=1e-9)
    else:
        assert column.p is None


def test_empty_batch():
    verdict, _ = judged(frame(1), frame(2).iloc[:0])
    assert codes(verdict) == {("empty_batch", "INCONCLUSIVE")}
    assert verdict.exit_code == 3
    assert verdict.holds


def test_one_row():
    verdict, _ = judged(frame(1), frame(2).iloc[1:2])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert {r.code for r in verdict.reasons} == {
        "drift_not_enough_rows", "missing_share_changed", "unseen_category",
    }  # fmt: skip


def test_all_null():
    empty = frame(2).assign(
        amount=np.nan, age=np.nan, city=pd.Series([None] * 1500, dtype="string")
    )
    verdict, _ = judged(frame(1), empty)
    assert codes(verdict) == {
        ("drift_not_enough_rows", "INCONCLUSIVE"),  # no value of amount and age
        ("missing_share_changed", "FAIL"),
        ("drift_detected", "FAIL"),  # of city, where missing is a level
    }


def test_all_null_text_is_not_a_wrong_type():
    with_text = frame(2).assign(age=pd.Series([None] * 1500, dtype="string"))
    verdict, _ = judged(frame(1), with_text)
    assert codes(verdict) == {("drift_not_enough_rows", "INCONCLUSIVE")}


def test_no_reference_and_empty_reference():
    for reference in (None, frame(1).iloc[:0]):
        verdict, _ = judged(reference, frame(2))
        assert codes(verdict) == {("no_reference", "INCONCLUSIVE")}


def test_codes_have_their_labels_on_the_page():
    verdict, found = judged(frame(1), frame(2))
    context = PageContext("x", labels={"city": {"a": "Aachen"}, "age": {"b": "none"}})
    page = render_html(verdict, DriftReport(comparisons=(found,)), context)
    assert "a (Aachen)" in page
    assert "none" not in page.split("</style>")[-1]


def test_a_bootstrap_batch_is_let_through_as_not_judged():
    verdict, found = judged(None, frame(2), bootstrap=True)
    assert codes(verdict) == {("bootstrap_batch", "PASS")}
    assert not verdict.holds
    report = DriftReport(comparisons=(found,))
    assert render_text(verdict, report).startswith("drift: NOT JUDGED\n  NOT JUDGED ")
    assert "PASS" not in render_html(verdict, report, PageContext("x")).split("</style>")[-1]


def test_unknown_column():
    verdict, _ = judged(frame(1), frame(2).drop(columns="age"))
    assert codes(verdict) == {("column_missing", "FAIL")}
    verdict, _ = judged(frame(1).drop(columns="age"), frame(2))
    assert codes(verdict) == {("column_missing", "INCONCLUSIVE")}


def test_text_where_numbers_were():
    wrong = frame(2).assign(age="n/a")
    assert codes(judged(frame(1), wrong)[0]) == {("column_type", "FAIL")}
    assert codes(judged(wrong, frame(2))[0]) == {("column_type", "INCONCLUSIVE")}


def test_unseen_category_by_its_bounds():
    current = frame(2)
    current.loc[:89, "city"] = "new"
    assert ("unseen_category", "FAIL") in codes(judged(frame(1), current)[0])
    few = frame(2)
    few.loc[:24, "city"] = "new"
    assert codes(judged(frame(1), few)[0]) == {("unseen_category", "INCONCLUSIVE")}
    none = policy(columns={"city": COLUMNS["city"] | {"unseen": {"limit": 0}}})
    assert judged(frame(1), frame(2), none)[0].outcome is Outcome.PASS


def test_spread_zero():
    judging = policy(columns={"age": COLUMNS["age"]})
    verdict, _ = judged(frame(1).assign(age=7), frame(2), judging)
    assert codes(verdict) == {("spread_zero", "INCONCLUSIVE")}


def test_a_constant_column_passes_with_rows_enough_to_tell():
    judging = policy(columns={"city": COLUMNS["city"]})
    constant = [frame(s).assign(city="a") for s in (1, 2)]
    assert judged(*constant, judging)[0].outcome is Outcome.PASS
    verdict, _ = judged(*(t.iloc[:3] for t in constant), judging)
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_nan_is_missing_and_dates_are_ordered():
    columns = {"when": COLUMNS["amount"] | {"limit": 0.2}}
    when = pd.Series(pd.date_range("2013-01-01", periods=1500, freq="h"))
    reference, early = pd.DataFrame({"when": when}), pd.DataFrame({"when": when[:700]})
    verdict, measured = judged(reference, early, policy(columns=columns))
    assert measured.columns[0].statistic == pytest.approx(st.ks_2samp(when, when[:700]).statistic)
    assert verdict.outcome is Outcome.FAIL
    assert measured.columns[0].cells[0].label == "≤ 2013-01-07 05:00"


def test_few_rows_of_a_classified_column_are_not_told_by_subtraction():
    kept = contract(
        Column(name="city", type="string", classification="sensitive", levels=("a", "b", "c", "d"))
    )
    current = frame(2)
    current.loc[:2, "city"] = "rare"
    judging = policy(least_number=10, columns={"city": COLUMNS["city"]})
    assert judged(frame(1), current, judging, contract=kept)[1].columns[0].cells == ()
    shown = judged(frame(1), frame(2), judging, contract=kept)[1].columns[0].cells
    assert {cell.label for cell in shown} == {"a", "b", "c", "d"}


def test_rows_in_any_order_and_any_threads_give_the_same_numbers(tmp_path):
    judging = policy(
        columns=COLUMNS
        | {"amount2": {"test": "permutation", "effect": "psi", "limit": 0.1, "ties": "matter"}}
    )
    tables = [frame(s, 150_000).assign(amount2=lambda d: d.age // 3) for s in (1, 2)]
    found = set()
    for threads, seed in ((1, None), (2, 3), (8, 4)):
        with open_session(threads=threads) as session:
            pair = []
            for i, table in enumerate(tables):
                mixed = table if seed is None else table.sample(frac=1, random_state=seed)
                mixed.to_parquet(tmp_path / f"{i}.parquet")
                pair.append(session.read_parquet(tmp_path / f"{i}.parquet"))
            measured = measure_drift(session, *pair, judging)
        found.add(judge_drift(measured, judging).model_dump_json() + measured.model_dump_json())
    assert len(found) == 1


def test_columns_too_large_to_be_held_are_sorted_by_the_engine_with_the_same_result(monkeypatch):
    tables = [frame(s, 4000).assign(when=pd.date_range("2013", periods=4000)) for s in (1, 2)]
    judging = policy(columns=COLUMNS | {"when": COLUMNS["amount"]})
    held = judged(*tables, judging)[1]
    for limit in (100_000, 100):  # groups of one column, and none that is held at all
        monkeypatch.setattr("assay.statistics.sorted_blocks.HELD", limit)
        assert judged(*tables, judging)[1] == held


def test_slices_are_judged_in_the_same_family():
    part = {"name": "only_a", "column": "city", "levels": ["a"], "columns": ["amount"]}
    current = frame(2, 6000)
    current.loc[current.city == "a", "amount"] += 4
    verdict, measured = judged(frame(1, 6000), current, policy(slices=[part]))
    assert measured.tests == 4
    shifted = [(r.column, "only_a" in r.message) for r in verdict.reasons]
    assert ("amount", True) in shifted
    assert verdict.detail["columns"][3]["slice"] == "only_a"


def test_a_shift_that_cleaning_hides_is_reported():
    judging = policy()
    with open_session() as session:
        reference = session.set_aside(frame(1))
        observed = session.set_aside(frame(2, shift=1))
        candidate = session.set_aside(frame(3))
        both = [
            measure_drift(session, reference, table, judging, table=name)
            for name, table in (("observed", observed), ("candidate", candidate))
        ]
    verdict = judge_drift(both, judging)
    assert codes(verdict) == {("drift_detected", "FAIL"), ("shift_hidden_by_cleaning", "WARN")}
    assert verdict.reasons[0].outcome is Outcome.FAIL


def test_two_references_share_one_correction():
    references = {"base": {"kind": "pinned", "batches": ["2015"]}, "last": {"kind": "previous"}}
    judging = policy(references=references)
    with open_session() as session:
        tables = [session.set_aside(frame(i)) for i in range(3)]
        both = [
            measure_drift(session, table, tables[2], judging, reference_name=name)
            for name, table in zip(references, tables[:2], strict=True)
        ]
    assert both[0].tests == 6
    assert judge_drift(both, judging).detail["p_values"] == 6


def test_a_gate_that_does_not_apply():
    judging = DriftPolicy.model_validate(
        {"on_inconclusive": "release", "applies": False, "reason": "a table of constants"}
    )
    verdict, _ = judged(None, frame(2), judging)
    assert codes(verdict) == {("not_applicable", "PASS")}
    assert "a table of constants" in verdict.reasons[0].message


def test_identifiers_take_no_part():
    with pytest.raises(ValueError, match="identifies rows"):
        policy(roles={"age": "identifier"})


def contract(*columns):
    return Contract(
        dataset="people",
        version="1.0.0",
        description="made up",
        owner="us",
        columns=columns,
        partition=Partition(grain="day", first="2013-01-01"),
        source=FilesSource(kind="files", location="x/{batch}.csv", format="csv"),
        hash="0" * 64,
        path="people.odcs.yaml",
    )


def test_an_identifier_of_the_contract_is_refused():
    kept = contract(Column(name="age", type="integer", classification="identifier"))
    with pytest.raises(PolicyError, match="identifies rows"):
        judged(frame(1), frame(2), contract=kept)


def test_no_value_of_a_classified_column_is_shown():
    def marked(table):
        table = table.assign(city=table.city.map(lambda c: f"MARKER{c}"))
        return table.assign(age=table.age + 0.123454321, amount=table.amount)

    kept = contract(
        Column(name="amount", type="number"),
        Column(name="age", type="number", classification="sensitive"),
        Column(name="city", type="string", classification="quasi_identifier", levels=("MARKERa",)),
    )
    current = marked(frame(2))
    current.loc[3, "city"] = "MARKERrare"
    for least, named in ((None, False), (10, True)):
        judging = policy(least_number=least)
        verdict, measured = judged(marked(frame(1)), current, judging, contract=kept)
        report = DriftReport(comparisons=(measured,))
        text = verdict.model_dump_json() + render_json(verdict, report)
        text += render_html(verdict, report, PageContext("x")) + render_text(verdict, report)
        assert ("MARKERa" in text) is named
        assert "MARKERb" not in text
        assert "MARKERrare" not in text
        assert ".12345" not in text


def test_concept_measures():
    truth, said = [1, 1, 0, 0, None, 1], [1, 0, 0, 1, 1, None]
    data = pd.DataFrame({"y": pd.array(truth, "Int64"), "yhat": pd.array(said, "Int64")})
    judging = policy(
        columns={"y": {"test": "chi_square", "effect": "cramers_v", "limit": 0.1}},
        roles={"y": "label", "yhat": "prediction"},
        concept={"positive": 1},
    )
    _, measured = judged(data, data, judging)
    found = {(m.name, m.group): (m.value, m.n) for m in measured.concept}
    assert found["label_share", "current"] == (0.6, 5)
    assert found["accuracy", "reference"] == (0.5, 4)
    assert found["precision", "current"] == (0.5, 2)
    assert found["recall", "current"] == (0.5, 2)


def test_files_with_a_policy_and_no_contract(tmp_path):
    frame(1).to_csv(tmp_path / "ref.csv", index=False)
    frame(2, shift=1).to_parquet(tmp_path / "cur.parquet", index=False)
    (tmp_path / "drift.yaml").write_text(json.dumps(policy().model_dump(mode="json")))
    verdict, report = compare_files(
        tmp_path / "ref.csv", tmp_path / "cur.parquet", tmp_path / "drift.yaml"
    )
    assert verdict.exit_code == 1
    assert json.loads(render_json(verdict, report))["outcome"] == "FAIL"
    assert "drift_detected" in render_text(verdict, report)
    page = render_html(verdict, report, PageContext("<b>people</b>"))
    assert "<b>people</b>" not in page
    assert "<script" not in page
    assert "prefers-color-scheme" in page
    verdict, _ = compare_files(None, tmp_path / "cur.parquet", tmp_path / "drift.yaml")
    assert verdict.exit_code == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("alpha: 0.01\n", "on_inconclusive"),
        ("on_inconclusive: hold\ncolumns: {}\n", "alpha is missing"),
        ("on_inconclusive: hold\napplies: false\n", "needs a reason"),
        (
            "on_inconclusive: hold\nalpha: 0.01\ncolumns:\n  x:\n"
            "    {test: kolmogorov_smirnov, effect: psi, limit: 0.1, ties: matter}\n",
            "chi_square or test: permutation",
        ),
        (
            "on_inconclusive: hold\nalpha: 0.01\ncolumns:\n"
            "  x: {test: chi_square, effect: ks_statistic, limit: 0.1}\n",
            "cramers_v",
        ),
        (
            "on_inconclusive: hold\nalpha: 0.01\ncolumns:\n  x: {test: chi_square, effect: psi}\n",
            "limit",
        ),
    ],
)
def test_policies_that_are_refused(tmp_path, text, complaint):
    path = tmp_path / "drift.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=complaint):
        load_policy(path, DriftPolicy)


def test_unknown_columns_are_named_with_the_nearest(tmp_path):
    path = tmp_path / "drift.yaml"
    path.write_text(json.dumps(policy().model_dump(mode="json")))
    with pytest.raises(PolicyError, match="Did you mean 'amounts'"):
        load_policy(path, DriftPolicy, columns=["amounts", "age", "city"])


def test_tables_of_any_backend_expression():
    with open_session() as session:
        table = session.set_aside(frame(1))
        halves = [table.filter(ibis.row_number() % 2 == i) for i in (0, 1)]
        measured = measure_drift(session, *halves, policy())
    assert judge_drift(measured, policy()).outcome is Outcome.PASS
