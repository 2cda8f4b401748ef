"""Every row that comes out keeps every rule of its contract."""

from __future__ import annotations

import numpy as np
import pytest
from people_rows import NAMES, RULES, people, write_contract

from assay.contract import load_contract
from assay.engine import open_session
from assay.stages.synthesis import check_rows, row_rules
from assay.synthesis import Rules, code_table, describe_columns, fit_copula, generate


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    return load_contract(write_contract(tmp_path_factory.mktemp("contract")))


@pytest.fixture(scope="module")
def model():
    rows = people(6_000, seed=1)
    columns = describe_columns(rows, NAMES, closed={"sex", "job"}, least_number=5, most_levels=30)
    return fit_copula(code_table(rows, columns))


def bad_rows(rows):
    """The rules of the contract by hand."""
    age, pay = rows.column("age").to_numpy(), rows.column("pay").to_numpy()
    pay = np.where(np.isnan(pay), 0, pay)
    young = (age < 21) & rows.column("rich").to_numpy(zero_copy_only=False)
    return (age < 18) | (age > 90) | (pay < 0) | (pay >= 9000) | young


def test_rows_that_break_a_rule_are_found(contract):
    rows = people(500, seed=3).select(list(NAMES))
    age = rows.column("age").to_numpy().copy()
    age[[3, 9]], age[7] = 17, 19
    rich = rows.column("rich").to_numpy(zero_copy_only=False).copy()
    rich[[3, 9]], rich[7] = False, True
    pay = rows.column("pay").to_numpy().copy()
    pay[11] = 9000.0
    for name, values in (("age", age), ("rich", rich), ("pay", pay)):
        rows = rows.set_column(rows.column_names.index(name), name, [values])
    with open_session() as session:
        refused = row_rules(session, contract, RULES, columns=NAMES)
        assert np.flatnonzero(refused(rows)).tolist() == [3, 7, 9, 11]
        table = session.set_aside(rows)
        found = check_rows(session, table, contract, columns=NAMES)
    assert {f.expectation.meta["reason"] for f in found.findings if not f.success} == {
        "range:age", "range:pay",
    }  # fmt: skip


@pytest.mark.parametrize(
    "rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["20k", "1m"]
)
def test_every_row_that_comes_out_keeps_every_rule(contract, model, rows):
    with open_session() as session:
        rules = Rules(row_rules(session, contract, RULES, columns=NAMES))
        found = generate(model, rows, seed=1, rules=rules)
        assert found.refused["rules"] > 0
        table = session.set_aside(found.table)
        checked = check_rows(session, table, contract, columns=NAMES)
        assert checked.rows_in == rows
        assert all(f.success for f in checked.findings)
        assert len(checked.findings) > 10
    assert not bad_rows(found.table).any()
