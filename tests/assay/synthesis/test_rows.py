"""Rows as codes and back, the copula on planted laws, and rows that keep every rule."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from people_rows import NAMES, people

from assay.errors import InputError
from assay.synthesis import (
    Rules,
    code_table,
    describe_columns,
    fit_copula,
    generate,
    rare_combinations,
    row_hashes,
)
from assay.synthesis._coded import decode_table
from assay.synthesis._encoding import fit_encoding


@pytest.fixture(scope="module")
def coded():
    rows = people(6_000, seed=1)
    columns = describe_columns(
        rows, NAMES, closed={"sex", "job"}, least_number=5, most_levels=30
    )  # fmt: skip
    return code_table(rows, columns)


def test_codes_give_the_same_rows_back(coded):
    rows = people(6_000, seed=1).select(list(NAMES))
    assert decode_table(coded).equals(rows)


def test_a_level_that_few_have_never_comes_out():
    rows = pa.table({"name": ["common"] * 20 + ["rare"] * 4 + [None] * 5})
    (column,) = describe_columns(rows, ["name"], least_number=5, most_levels=9)
    coded = code_table(rows, [column])
    assert column.levels == ("common",)
    assert coded.known.sum() == 25
    drawn = generate(fit_copula(coded.take(coded.known)), 500, seed=1).table
    assert set(drawn.column("name").to_pylist()) == {"common", None}


def test_no_single_value_is_an_end_of_a_column():
    pay = np.append(np.arange(100.0) / 3, 1e6)
    (column,) = describe_columns(pa.table({"pay": pay}), ["pay"], least_number=5, most_levels=9)
    assert column.high == pytest.approx(np.sort(pay)[-5:].mean())
    assert column.low == pytest.approx(np.sort(pay)[:5].mean())
    coded = code_table(pa.table({"pay": pay}), [column])
    drawn = generate(fit_copula(coded), 5_000, seed=2).table.column("pay").to_numpy()
    assert drawn.max() <= column.high < 1e6


@pytest.mark.parametrize(
    ("column", "got"),
    [
        (pa.array([f"name {i}" for i in range(200)]), "200 levels"),
        (pa.array([b"a", b"b"]), "binary"),
        (pa.array([None, None], pa.float64()), "has no value"),
    ],
)
def test_a_column_that_nothing_can_be_learned_from_is_refused(column, got):
    with pytest.raises(InputError, match=got):
        describe_columns(pa.table({"odd": column}), ["odd"], least_number=1, most_levels=50)


@pytest.mark.parametrize("cut", [None, 0.0, 1.2])
@pytest.mark.parametrize("truth", [-0.6, 0.0, 0.45])
def test_the_correlation_is_that_of_the_law_though_values_are_tied(truth, cut):
    random = np.random.default_rng(5)
    x, y = random.multivariate_normal([0, 0], [[1, truth], [truth, 1]], size=20_000).T
    first = x if cut is None else (x > cut).astype(int)
    rows = pa.table({"a": first, "b": np.exp(y).round(1)})
    columns = describe_columns(rows, ["a", "b"], least_number=5, most_levels=30)
    found = fit_copula(code_table(rows, columns)).correlation[0, 1]
    assert found == pytest.approx(truth, abs=0.03)


def test_the_copula_gives_each_column_its_own_distribution(coded):
    drawn = generate(fit_copula(coded), 20_000, seed=3).rows
    for name in ("sex", "job", "rich"):
        real = np.bincount(coded.values[name]) / len(coded)
        made = np.bincount(drawn.values[name]) / len(drawn)
        assert made == pytest.approx(real, abs=0.02)
    for name in ("age", "pay", "joined"):
        real, made = coded.values[name], drawn.values[name]
        assert np.nanquantile(made, [0.1, 0.5, 0.9]) == pytest.approx(
            np.nanquantile(real, [0.1, 0.5, 0.9]), rel=0.05
        )
        assert np.isnan(made).mean() == pytest.approx(np.isnan(real).mean(), abs=0.01)
    assert (drawn.values["gain"] == 0).mean() == pytest.approx(0.9, abs=0.02)


def test_the_same_seed_gives_the_same_rows_and_fewer_are_the_first_of_more(coded):
    model = fit_copula(coded)
    many = generate(model, 20_000, seed=4).table
    assert generate(model, 20_000, seed=4).table.equals(many)
    assert generate(model, 900, seed=4).table.equals(many.slice(0, 900))
    assert not generate(model, 900, seed=5).table.equals(many.slice(0, 900))


def test_rows_keep_the_rules(coded):
    def refused(rows):
        return np.asarray(rows.column("age").to_numpy() > 60)

    rules = Rules(refused, rare_combinations(coded, 3), unique=[("age", "job", "joined")])
    found = generate(fit_copula(coded), 2_000, seed=6, rules=rules)
    rows = found.table
    assert max(rows.column("age").to_pylist()) <= 60
    assert found.refused["rules"] > 0
    assert found.refused["unique"] > 0
    triples = zip(*(rows.column(n).to_pylist() for n in ("age", "job", "joined")), strict=True)
    assert len(set(triples)) == rows.num_rows
    made, real = set(row_hashes(found.rows).tolist()), row_hashes(coded)
    values, counts = np.unique(real, return_counts=True)
    assert not made & set(values[counts < 3].tolist())


def test_rules_that_nothing_keeps_are_named(coded):
    rules = Rules(lambda rows: np.ones(rows.num_rows, dtype=bool))
    with pytest.raises(InputError, match="breaks a rule") as caught:
        generate(fit_copula(coded), 10, seed=1, rules=rules)
    assert "rules: 16,384" in str(caught.value)


def test_an_encoded_row_is_the_row(coded):
    encoding = fit_encoding(coded, seed=1)
    encoded = encoding.encode(coded, np.random.default_rng(1))
    for head in encoding.heads:
        part = encoded[:, head.start : head.stop]
        if head.kind == "choice":
            assert (part.sum(axis=1) == 1).all()
        else:
            assert np.abs(part).max() <= 0.99
    back = encoding.decode(encoded)
    for name in ("sex", "job", "rich"):
        assert (back.values[name] == coded.values[name]).all()
    assert (np.isnan(back.values["pay"]) == np.isnan(coded.values["pay"])).all()
    assert ((back.values["gain"] == 0) == (coded.values["gain"] == 0)).all()
    there = ~np.isnan(coded.values["pay"])
    column = next(c for c in coded.columns if c.name == "pay")
    off = np.abs(back.values["pay"] - column.rounded(coded.values["pay"]))[there]
    assert np.quantile(off, 0.99) < 0.02  # four widths hold all but the farthest
    assert back.values["age"].dtype == float


def test_dates_and_moments_come_back_in_their_types():
    days = [dt.date(2024, 1, 1 + i % 28) for i in range(60)]
    moments = [dt.datetime(2024, 1, 1, i % 24, 30) for i in range(60)]
    rows = pa.table({"day": days, "at": pa.array(moments, pa.timestamp("us"))})
    columns = describe_columns(rows, ["day", "at"], least_number=1, most_levels=9)
    coded = code_table(rows, columns)
    assert decode_table(coded).equals(rows)
    drawn = generate(fit_copula(coded), 100, seed=1).table
    assert drawn.schema == rows.schema
