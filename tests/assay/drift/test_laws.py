"""Statistics and their laws against scipy, published values and permutation."""

from __future__ import annotations

import itertools
import math
from unittest import mock

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given, settings
from hypothesis import strategies as hs
from scipy import special
from scipy.spatial.distance import jensenshannon

from assay.drift.effects import _formulas, _null_quantiles
from assay.drift.tests import _anderson_darling, _chi_square, _kolmogorov_smirnov, _permutation
from assay.statistics import chi_square_law, kolmogorov_law, scipy_laws, sorted_blocks


def grouped(x, y):
    values = np.unique(np.concatenate([x, y]))
    return np.array([[np.count_nonzero(s == v) for v in values] for s in (x, y)])


def anderson(x, y):
    counts = grouped(x, y)
    return _anderson_darling.terms(counts, counts.cumsum(axis=1) - counts, len(x), len(y)).sum()


def standardised(a2, sizes):
    """Scholz & Stephens' standardised statistic, which scipy reports."""
    n, k, total = np.asarray(sizes), len(sizes), sum(sizes)
    h_cap = (1 / n).sum()
    tails = np.cumsum(1 / np.arange(total - 1, 1, -1))
    h, g = tails[-1] + 1, (tails / np.arange(2, total)).sum()
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * h_cap
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * h_cap - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * h_cap + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    top = a * total**3 + b * total**2 + c * total + d
    return (a2 - (k - 1)) / math.sqrt(top / ((total - 1) * (total - 2) * (total - 3)))


small_ints = hs.lists(hs.integers(0, 12), min_size=4, max_size=40)


@settings(max_examples=60, deadline=None)
@given(small_ints, small_ints)
@pytest.mark.filterwarnings("ignore")
def test_anderson_darling_equals_scipy_with_ties(x, y):
    x, y = np.array(x), np.array(y)
    if len(np.unique(np.concatenate([x, y]))) < 2:
        return
    theirs = st.anderson_ksamp([x, y], midrank=True).statistic
    assert standardised(anderson(x, y), (len(x), len(y))) == pytest.approx(theirs, abs=1e-9)


def test_adinf_gives_the_published_points_and_is_monotone():
    published = {1.933: 0.10, 2.492: 0.05, 3.070: 0.025, 3.857: 0.01}
    for a2, p in published.items():
        assert _anderson_darling.p_value(a2) == pytest.approx(p, rel=0.03)
    curve = [_anderson_darling.p_value(x) for x in np.arange(0.05, 30, 0.01)]
    assert all(a > b for a, b in itertools.pairwise(curve))
    assert curve[-1] < 1e-12
    assert _anderson_darling.p_value(0.0) == 1.0


def test_anderson_darling_p_agrees_with_permutation():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=120), rng.normal(0.28, size=90)
    everything, seen = np.concatenate([x, y]), anderson(x, y)
    order = np.sort(everything)
    before = np.arange(len(order))

    def statistic(flags):
        counts = np.array([1 - flags, flags])
        ends = np.stack([before - (flags.cumsum() - flags), flags.cumsum() - flags])
        return _anderson_darling.terms(counts, ends, 120, 90).sum()

    flags = np.array([0] * 120 + [1] * 90)
    draws = np.array([statistic(rng.permutation(flags)) for _ in range(4000)])
    p = (1 + np.count_nonzero(draws >= seen)) / 4001
    assert 0.002 < p < 0.2
    assert _anderson_darling.p_value(seen) == pytest.approx(
        p, abs=3 * math.sqrt(p * (1 - p) / 4000) + 0.002
    )


@settings(max_examples=40, deadline=None)
@given(hs.integers(2, 40), hs.integers(2, 40), hs.integers(0, 2**32 - 1))
def test_exact_law_of_d_equals_scipy(n, m, seed):
    rng = np.random.default_rng(seed)
    theirs = st.ks_2samp(rng.normal(size=n), rng.normal(0.5, size=m), method="exact")
    assert _kolmogorov_smirnov.exact_sf(theirs.statistic, n, m) == pytest.approx(
        theirs.pvalue, rel=1e-8
    )


def test_d_has_scipys_p_below_and_the_effective_size_above_its_limit():
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 30, 400), rng.integers(1, 31, 300)
    counts, theirs = grouped(x, y), st.ks_2samp(x, y, method="exact")
    p, law = _kolmogorov_smirnov.p_value(theirs.statistic, *(int(n) for n in counts.sum(axis=1)))
    assert (p, law) == (pytest.approx(theirs.pvalue, rel=1e-12), "exact")
    expected = st.kstwo.sf(0.01, round(18000 * 18000 / 36000))
    assert _kolmogorov_smirnov.p_value(0.01, 18000, 18000) == (
        pytest.approx(expected, rel=1e-6),
        "kstwo",
    )


@pytest.mark.parametrize(("n", "m"), [(10, 10), (17, 40), (300, 200)])
@pytest.mark.parametrize("level", [0.05, 0.001])
def test_null_quantile_of_d_is_the_least_that_is_rare_enough(n, m, level):
    d = _kolmogorov_smirnov.null_quantile(level, n, m)
    assert _kolmogorov_smirnov.exact_sf(d, n, m) <= level
    assert _kolmogorov_smirnov.exact_sf(d - 1.5 / math.lcm(n, m), n, m) > level


def test_no_d_is_rare_enough_for_three_rows():
    assert _kolmogorov_smirnov.null_quantile(0.001, 3, 3) > 1


@settings(max_examples=60, deadline=None)
@given(hs.lists(hs.tuples(hs.integers(20, 90), hs.integers(20, 90)), min_size=2, max_size=8))
def test_chi_square_equals_scipy(cells):
    table = np.array(cells).T
    theirs = st.chi2_contingency(table, correction=False)
    ours = _chi_square.chi_square(table, 0.01, np.random.default_rng(0))
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-12, abs=1e-12)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.law == "chi_square"


def test_homogeneity_not_goodness_of_fit():
    # Evidently's own test lists: .67309 is its goodness of fit, .89853 the test of homogeneity.
    table = np.array([[16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]])
    p = _chi_square.chi_square(table, 0.01, np.random.default_rng(0)).p
    assert round(p, 5) == 0.89853
    assert round(st.chisquare(table[1], table[0]).pvalue, 5) == 0.67309


def test_rare_levels_are_pooled_and_the_still_sparse_permuted():
    table = np.array([[60, 30, 3, 2, 4], [50, 40, 2, 4, 3]])
    assert _chi_square.pooled(table).tolist() == [[60, 30, 9], [50, 40, 9]]
    sparse = np.array([[4, 1, 0], [0, 1, 5]])
    found = _chi_square.chi_square(sparse, 0.01, np.random.default_rng(5))
    assert found.law == "permutation"
    assert found.p == pytest.approx(_exact_permutation_p(sparse), abs=0.01)
    again = _chi_square.chi_square(sparse, 0.01, np.random.default_rng(5))
    assert again == found


def _exact_permutation_p(table):
    from itertools import combinations

    labels = np.repeat(np.arange(table.shape[1]), table.sum(axis=0))
    n, m = table.sum(axis=1)

    def statistic(current):
        now = np.bincount(labels[list(current)], minlength=table.shape[1])
        both = np.array([table.sum(axis=0) - now, now])
        wanted = np.outer([n, m], table.sum(axis=0)) / (n + m)
        return ((both - wanted) ** 2 / wanted).sum()

    wanted = np.outer([n, m], table.sum(axis=0)) / (n + m)
    seen = ((table - wanted) ** 2 / wanted).sum()
    draws = np.array([statistic(c) for c in combinations(range(n + m), m)])
    return np.mean(draws >= seen - 1e-9)


def test_one_level_cannot_differ():
    assert _chi_square.chi_square(np.array([[9], [4]]), 0.01, np.random.default_rng(0)).p == 1.0


@settings(max_examples=60, deadline=None)
@given(hs.lists(hs.tuples(hs.integers(0, 50), hs.integers(0, 50)), min_size=2, max_size=9))
def test_jensen_shannon_equals_scipy(cells):
    table = np.array(cells).T
    if not table.sum(axis=1).all():
        return
    theirs = jensenshannon(table[0], table[1], base=2)
    assert _formulas.jensen_shannon(*table) == pytest.approx(theirs, abs=1e-7)


def test_corrected_v_equals_its_formula_and_scipys_association_without_it():
    table = np.array([[30, 70, 20], [60, 40, 25]])
    chi2 = st.chi2_contingency(table, correction=False).statistic
    rows = table.sum()
    plain = st.contingency.association(table, method="cramer", correction=False)
    assert math.sqrt(chi2 / rows) == pytest.approx(plain)
    phi = chi2 / rows - 2 / (rows - 1)
    expected = math.sqrt(phi / (1 - 1 / (rows - 1)))
    assert _formulas.cramers_v(chi2, rows, 3) == pytest.approx(expected)


def test_psi_without_drift_over_zipf_categories_is_past_the_usual_limit():
    rng = np.random.default_rng(3)
    shares = 1 / np.arange(1, 101)
    draws = [rng.multinomial(900, shares / shares.sum(), size=500) for _ in range(2)]
    assert np.median(_formulas.psi(*draws)) == pytest.approx(0.205, abs=0.01)


def test_null_quantiles_of_divergences_hold_their_level():
    rng = np.random.default_rng(4)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    reference, current = rng.multinomial(2000, shares, 4000), rng.multinomial(600, shares, 4000)
    table = np.array([reference[0], current[0]])
    psi, distance = _null_quantiles.divergence_nulls(table, 0.05, rng)
    assert (psi.law, distance.law) == ("analytic", "analytic")
    assert np.mean(_formulas.psi(reference, current) > psi.quantile) == pytest.approx(
        0.05, abs=0.012
    )
    rates = _formulas.jensen_shannon(reference, current) > distance.quantile
    assert np.mean(rates) == pytest.approx(0.05, abs=0.012)


def test_null_quantile_of_psi_is_simulated_where_cells_are_rare():
    rng = np.random.default_rng(8)
    shares = 1 / np.arange(1, 101)
    shares /= shares.sum()
    reference, current = rng.multinomial(900, shares, 2000), rng.multinomial(900, shares, 2000)
    null, _ = _null_quantiles.divergence_nulls(np.array([reference[0], current[0]]), 0.05, rng)
    assert null.law == "simulated"
    rate = np.mean(_formulas.psi(reference, current) > null.quantile)
    assert 0.01 < rate < 0.15


def test_null_quantiles_over_very_many_cells_are_those_of_whole_tables():
    rng = np.random.default_rng(9)
    shares = 1 / np.arange(1, 15_001) ** 0.7
    table = np.array([rng.multinomial(n, shares / shares.sum()) for n in (60_000, 25_000)])
    table = table[:, table.sum(axis=0) > 0]
    pooled = table.sum(axis=0) / table.sum()
    sides = [rng.multinomial(n, pooled, 250) for n in table.sum(axis=1)]
    psi, distance = _null_quantiles._of_many(table, 0.001, rng)
    for found, values in (
        (psi.quantile, _formulas.psi(*sides)),
        (distance.quantile**2, _formulas.jensen_shannon(*sides) ** 2),
    ):
        wanted = values.mean() + st.norm.isf(0.001) * values.std()
        # The deviation of so few whole tables is known to a few percent of itself.
        assert found == pytest.approx(wanted, abs=0.45 * values.std())


def test_null_quantile_of_wasserstein_holds_its_level():
    rng = np.random.default_rng(5)
    n, m = 300, 200
    values = st.norm.ppf((np.arange(500) + 0.5) / 500)
    bound = _null_quantiles.wasserstein_null(values, np.arange(1, 501), (n, m), 0.05, 5)
    seen = [st.wasserstein_distance(rng.normal(size=n), rng.normal(size=m)) for _ in range(1500)]
    assert np.mean(np.array(seen) > bound) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("n", [1_200, 5_000, 40_000, 900_000])
@pytest.mark.parametrize("z", [0.3, 0.8, 1.4, 1.6, 3.0, 6.0])
def test_the_law_of_d_at_large_sizes_is_scipys(n, z):
    d = z / math.sqrt(n)
    assert kolmogorov_law.sf(d, n) == pytest.approx(float(st.kstwo.sf(d, n)), rel=1e-5)


@pytest.mark.parametrize("n", [500, 5_000, 2_000_000])
def test_the_quantile_of_d_at_large_sizes_is_scipys(n):
    assert kolmogorov_law.isf(0.001, n) == pytest.approx(float(st.kstwo.isf(0.001, n)), rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(hs.floats(0, 900), hs.integers(1, 300))
def test_laws_of_chi_square_equal_scipy(statistic, df):
    assert scipy_laws.chi2_sf(statistic, df) == pytest.approx(st.chi2.sf(statistic, df), rel=1e-9)
    assert scipy_laws.chi2_isf(0.003, df) == pytest.approx(st.chi2.isf(0.003, df), rel=1e-9)


values = hs.lists(hs.one_of(hs.integers(-3, 3), hs.floats(-1e9, 1e9)), max_size=200)


@settings(max_examples=60, deadline=None)
@given(values, values, hs.sampled_from([1, 2, 7, 64]))
def test_blocks_hold_every_value_once_with_both_counts(x, y, rows):
    x, y = np.sort(np.array(x, dtype=float)), np.sort(np.array(y, dtype=float))
    with mock.patch.object(sorted_blocks, "_ROWS", rows):
        blocks = list(sorted_blocks.merged(x, y))
    expected = np.unique(np.concatenate([x, y]))
    found = np.concatenate([v for v, _ in blocks]) if blocks else np.empty(0)
    assert found.tolist() == expected.tolist()
    counts = np.hstack([c for _, c in blocks]) if blocks else np.zeros((2, 0))
    for side, seen in zip((x, y), counts, strict=True):
        assert np.cumsum(seen).tolist() == np.searchsorted(side, expected, "right").tolist()


def test_anderson_darling_of_few_values_keeps_its_size_by_permutation():
    """The limit law would reject nearly a tenth of tied samples at a nominal .05."""
    rng = np.random.default_rng(7)
    by_law, by_permutation, runs = 0, 0, 300
    for _ in range(runs):
        counts = grouped(*rng.poisson(1, (2, 200)))
        seen = float(_anderson_darling.statistics(counts[:1], counts[1:])[0])
        simulated = _permutation.permuted(counts, 0.05, rng, _anderson_darling.statistics)
        by_law += _anderson_darling.p_value(seen) <= 0.05
        by_permutation += _permutation.permutation_p(seen, simulated) <= 0.05
    assert by_permutation / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    assert by_law > by_permutation


@pytest.mark.parametrize("rows", [(40, 30), (400, 300)], ids=["by rows", "by cells"])
def test_permutations_keep_the_table_by_either_way_of_drawing(rows):
    """Few rows a cell are drawn row by row, many by cells: the same law, hypergeometric."""
    rng = np.random.default_rng(8)
    table = np.stack([rng.multinomial(n, [0.1] * 10) for n in rows])
    columns = table.sum(axis=0)

    def statistic(reference, current):
        assert (reference + current == columns).all()
        assert (current.sum(axis=1) == rows[1]).all()
        return current[:, 0]

    found = _permutation.permuted(table, 0.001, rng, statistic)
    law = st.hypergeom(columns.sum(), columns[0], rows[1])
    error = law.std() / math.sqrt(len(found))
    assert found.mean() == pytest.approx(law.mean(), abs=4 * error)
    assert found.std() == pytest.approx(law.std(), rel=0.05)


@given(hs.integers(1, 130), hs.floats(0, 3000))
def test_the_chi_square_law_is_scipys(df, x):
    assert chi_square_law.sf(x, df) == pytest.approx(special.chdtrc(df, x), rel=1e-11, abs=1e-300)


@given(hs.integers(1, 130), hs.floats(1e-200, 1, exclude_max=True))
def test_what_is_exceeded_with_a_probability_is_scipys(df, level):
    found = chi_square_law.isf(level, df)
    # Near 1 a probability's last digit is many values of χ².
    assert special.chdtrc(df, found) == pytest.approx(level, rel=1e-9)
    if level < 0.99:
        assert found == pytest.approx(special.chdtri(df, level), rel=1e-9)
