"""Made rows that are good, copied, shuffled, collapsed or unfair are judged so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from people_rows import NAMES, people
from scipy import stats

from assay.page import PageContext
from assay.policy.synthesis import SynthesisPolicy
from assay.synthesis import (
    CodedTable,
    Rules,
    code_table,
    describe_columns,
    fit_copula,
    generate,
    rare_combinations,
)
from assay.synthesis.judging import judge_synthesis, measure_synthesis, render_html
from assay.synthesis.judging._bias import measure_bias
from assay.synthesis.judging._fidelity import measure_fidelity
from assay.synthesis.judging._nearest import as_points, nearest
from assay.synthesis.judging._privacy import measure_privacy
from assay.verdict import Outcome

POLICY = SynthesisPolicy.model_validate({
    "on_inconclusive": "hold", "method": "copula", "seed": 1, "alpha": 0.05, "least_number": 3,
    "most_levels": 30, "most_rows": 8000, "rows": 3000, "rake": True,
    "fidelity": {"column": 0.06, "pair": 0.2, "rationale": "tests"},
    "utility": {"label": "rich", "positive": "true", "most_lost": 0.1, "rationale": "tests"},
    "privacy": {"nearer": 0.56, "ratio_gap": 0.05, "membership_auc": 0.56, "rare": 0.05,
                "quasi_identifiers": ["sex", "job"], "rationale": "tests"},
    "bias": {"attributes": {"sex": "m"}, "label": "rich", "favourable": "true", "share": 0.05,
             "rate": 0.08, "impact": 1.6, "rationale": "tests"},
})  # fmt: skip


@pytest.fixture(scope="module")
def halves():
    rows = people(6_000, seed=1)
    columns = describe_columns(rows, NAMES, closed={"sex", "job"}, least_number=3, most_levels=30)
    coded = code_table(rows, columns)
    return coded.take(slice(3_000)), coded.take(slice(3_000, None))


@pytest.fixture(scope="module")
def fresh(halves):
    """Rows of the same law that nobody has learned from: as good as made rows can be."""
    return code_table(people(3_000, seed=2), halves[0].columns)


def codes_of(halves, made, policy=POLICY):
    report = measure_synthesis(*halves, made, policy)
    verdict = judge_synthesis(report, policy)
    return {r.code for r in verdict.reasons if r.outcome is Outcome.FAIL}, verdict, report


def changed(rows: CodedTable, **values) -> CodedTable:
    return replace(rows, values={**rows.values, **values})


def test_fresh_rows_of_the_same_law_pass(halves, fresh):
    _, verdict, report = codes_of(halves, fresh)
    assert verdict.outcome is Outcome.PASS
    assert report.column_fidelity > 0.97
    assert report.utility.lost.low < 0 < report.utility.lost.high
    assert report.privacy.nearer.low < 0.5 < report.privacy.nearer.high
    assert report.privacy.membership.low < 0.5 < report.privacy.membership.high


def test_rows_of_a_copula_keep_all_but_some_pairs(halves):
    rules = Rules(copies=rare_combinations(_joined(halves), 3))
    made = generate(fit_copula(halves[0]), 3_000, seed=1, rules=rules).rows
    codes, _, report = codes_of(halves, made)
    assert codes <= {"synthetic_pair_differs", "synthetic_bias", "synthetic_less_useful"}
    assert report.privacy.copies == 0
    assert report.utility.made.value > 0.7


def _joined(halves):
    names = halves[0].values
    both = {n: np.concatenate([h.values[n] for h in halves]) for n in names}
    return CodedTable(halves[0].columns, both)


def test_copies_of_what_was_learned_from_are_too_close(halves, fresh):
    few = halves[0].take(slice(600))
    made = {n: np.concatenate([few.values[n], fresh.values[n][600:]]) for n in fresh.values}
    codes, verdict, report = codes_of(halves, CodedTable(fresh.columns, made))
    assert {"synthetic_copy", "synthetic_too_close"} <= codes
    assert report.privacy.copies >= 590
    assert verdict.holds


def test_all_rows_copied_give_away_who_was_learned_from(halves):
    codes, _, report = codes_of(halves, halves[0])
    assert {"synthetic_copy", "synthetic_too_close", "synthetic_membership"} <= codes
    assert report.privacy.membership.value > 0.95
    assert report.privacy.distance_learned == 0


def test_columns_that_are_shuffled_are_alike_alone_and_not_together(halves, fresh):
    random = np.random.default_rng(7)
    shuffled = {name: random.permutation(values) for name, values in fresh.values.items()}
    codes, _, report = codes_of(halves, CodedTable(fresh.columns, shuffled))
    assert "synthetic_column_differs" not in codes
    assert {"synthetic_pair_differs", "synthetic_less_useful"} <= codes
    assert max(report.pairs, key=lambda d: d.value).columns == ("job", "pay")


def test_a_collapsed_column_differs(halves, fresh):
    pay = np.full(len(fresh), np.nanmedian(fresh.values["pay"]))
    codes, verdict, _ = codes_of(halves, changed(fresh, pay=pay))
    assert "synthetic_column_differs" in codes
    assert "pay" in {r.column for r in verdict.reasons}


def test_a_sharpened_inequality_is_found_and_the_group_is_named(halves, fresh):
    random = np.random.default_rng(3)
    female = fresh.values["sex"] == 0
    rich = np.where(female & (random.random(len(fresh)) < 0.6), 0, fresh.values["rich"])
    codes, verdict, _ = codes_of(halves, changed(fresh, rich=rich))
    assert "synthetic_bias" in codes
    unfair = [r.message for r in verdict.reasons if r.code == "synthetic_bias"]
    assert any("sex = f" in m for m in unfair)
    assert not any("sex = m" in m for m in unfair)


def test_too_few_rows_are_inconclusive(halves, fresh):
    small = tuple(half.take(slice(60)) for half in halves)
    codes, verdict, _ = codes_of(small, fresh.take(slice(60)))
    assert codes == set()
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert {r.code for r in verdict.reasons} == {"synthetic_undecided"}


def test_false_alarms_are_few(halves):
    """Of rows of the same law fewer than one column in fifty is beyond its null."""
    real = _joined(halves)
    beyond = [
        d.value > d.null
        for seed in range(8)
        for d in measure_fidelity(
            real, code_table(people(3_000, seed=100 + seed), real.columns), seed=seed
        )
    ]
    assert np.mean(beyond) < 0.05


def test_the_distance_of_numbers_is_scipys(halves, fresh):
    real, n = _joined(halves), 3_000
    found = {d.columns: d for d in measure_fidelity(real, fresh, seed=1)}
    ages = stats.ks_2samp(real.values["age"], fresh.values["age"]).statistic
    assert found["age",].value == pytest.approx(ages, abs=0.01)
    assert found["age",].n == n
    counts = [np.bincount(side.values["job"], minlength=4) / len(side) for side in (real, fresh)]
    assert found["job",].value == pytest.approx(np.abs(counts[0] - counts[1]).sum() / 2, abs=0.01)


def test_the_nearest_are_those_of_all_distances(halves, fresh):
    points, among = as_points(fresh.take(slice(50)), halves[0]), as_points(halves[0], halves[0])
    brute = np.sort(np.linalg.norm(points[:, None] - among[None], axis=2), axis=1)[:, :2]
    assert nearest(points, among, 2) == pytest.approx(brute, abs=1e-9)


def test_rare_combinations_are_counted():
    jobs = ["a"] * 50 + ["b"] * 2
    rows = pa.table({"job": jobs})
    columns = describe_columns(rows, ["job"], closed={"job"}, least_number=3, most_levels=9)
    coded = code_table(rows, columns)
    made = code_table(pa.table({"job": ["a", "b", "b", "a"]}), columns)
    found = measure_privacy(coded, coded, made, least_number=5, quasi_identifiers=["job"],
                            alpha=0.05, seed=1)  # fmt: skip
    assert found.rare.value == 0.5
    assert found.copies == 2


def test_the_change_of_impact_is_the_ratio_of_ratios(halves, fresh):
    found = measure_bias(_joined(halves), fresh, attributes={"sex": "m"}, label="rich",
                         favourable="true", least_number=3, alpha=0.05)  # fmt: skip
    groups = {one.group: one for one in found}
    assert groups["m"].impact is None
    made, real = (
        [getattr(groups[g], side) for g in ("f", "m")] for side in ("made_rate", "real_rate")
    )
    assert groups["f"].impact.value == pytest.approx(
        (made[0] / made[1]) / (real[0] / real[1]), rel=0.01
    )


def test_the_page_says_that_rows_are_synthetic_and_shows_no_row(halves, fresh):
    _, verdict, report = codes_of(halves, fresh)
    page = render_html(verdict, report, PageContext("people"))
    assert "These rows are synthetic" in page
    assert "sex = f" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "gan"}, "needs `network`"),
        ({"leave_out": ["rich"]}, "names what is judged: rich"),
        ({"privacy": {**POLICY.privacy.model_dump(), "nearer": 0.4}}, "greater than or equal"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        SynthesisPolicy.model_validate({**POLICY.model_dump(), **change})
