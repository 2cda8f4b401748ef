"""The change log applied again gives the cleaned table; a rule left out gives the one without."""

from __future__ import annotations

import math
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assay.cleaning import clean, fit, replay
from assay.cleaning.undo import Difference, rules_of, undo, without
from assay.engine import Session
from assay.errors import InputError

_STEPS: tuple[dict[str, Any], ...] = (
    {"step": "parse", "columns": {"p": {"type": "number", "on_error": "null"},
                                  "q": {"type": "integer", "on_error": "drop"}}},
    {"step": "text", "columns": {"s": {"trim": True, "case": "lower", "map": {"b": None}}}},
    {"step": "deduplicate", "keys": ["id"], "order_by": [{"column": "x", "direction": "desc"}]},
    {"step": "outliers", "columns": ["x"], "by": {"method": "iqr", "factor": 1.0},
     "action": "null"},
    {"step": "outliers", "columns": ["y"], "by": {"method": "mad", "threshold": 2},
     "action": "clip"},
    {"step": "outliers", "columns": ["x", "y"], "action": "drop",
     "by": {"method": "isolation_forest", "trees": 3, "rows": 20, "contamination": 0.2,
            "seed": 1, "key": ["id"]}},
    {"step": "outliers", "columns": ["y"], "by": {"method": "zscore", "threshold": 1, "ddof": 0},
     "action": "flag"},
    {"step": "impute", "columns": {"x": {"method": "mean"}, "p": {"method": "median"},
                                   "s": {"method": "drop"}}},
    {"step": "derive", "columns": {"z": "x * 2 + length(s)"}},
)  # fmt: skip
_TYPES = {"id": "int64", "s": "string", "p": "string", "q": "string"}
_NUMBERS = st.floats(-1e6, 1e6) | st.none() | st.sampled_from([math.nan, math.inf, 1.0, 2.0])
_ROWS = st.lists(
    st.tuples(st.integers(0, 9) | st.none(), _NUMBERS, _NUMBERS,
              st.sampled_from([None, " A", "a", "b "]),
              st.sampled_from(["1", "2.5", "x", None]), st.sampled_from(["1", "2", "2", "2.5"])),
    min_size=1, max_size=20,
)  # fmt: skip
_PROPERTY = settings(
    max_examples=5, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip


def _columns(rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {n: [r[i] for r in rows] for i, n in enumerate(("id", "x", "y", "s", "p", "q"))}


def _same(a: Any, b: Any) -> bool:
    """Equal tables, bit by bit: NaN is NaN."""
    left, right = (t.order_by("__row").to_pyarrow() for t in (a, b))
    return bool(left.schema == right.schema and repr(left.to_pylist()) == repr(right.to_pylist()))


@_PROPERTY
@given(_ROWS, _ROWS)
def test_the_log_replayed_is_the_cleaned_table(
    session: Session, table: Any, policy: Any, reference: Any, batch: Any
) -> None:
    p, before = policy(*_STEPS), table(_columns(batch), _TYPES)
    state = fit(session, table(_columns(reference), _TYPES), p)
    done = clean(session, before, p, state)
    log = done.change_log
    assert _same(replay(session, before, p, state, log), done.table)
    entries = log.count().to_pyarrow().as_py()
    if entries:
        one = (
            log.order_by(ibis.desc("step"), "__row", "column").limit(1).to_pyarrow().to_pylist()[0]
        )
        rest = log.filter(~(
            (log["__row"] == one["__row"]) & (log["step"] == one["step"])
            & log["column"].identical_to(one["column"])
        ))  # fmt: skip
        if not (one["column"] or "").startswith(("p", "q")):  # parsing is typing as well
            assert not _same(replay(session, before, p, state, rest), done.table)


@_PROPERTY
@given(_ROWS)
def test_an_empty_log_changes_no_value(
    session: Session, table: Any, policy: Any, batch: Any
) -> None:
    p, before = policy(*_STEPS[1:5], _STEPS[6]), table(_columns(batch), _TYPES)
    state = fit(session, before, p)
    log = clean(session, before, p, state).change_log
    same = replay(session, before, p, state, log.filter(log["__row"] < 0))
    assert _same(same.select(*before.columns), before)


@_PROPERTY
@given(_ROWS)
def test_all_undone_is_what_came(session: Session, table: Any, policy: Any, batch: Any) -> None:
    p, before = policy(*_STEPS), table(_columns(batch), _TYPES)
    done = undo(session, before, p, fit(session, before, p))
    assert _same(done.table, before)
    assert (done.report.cells_changed, done.report.rows_dropped) == (0, 0)


@_PROPERTY
@given(_ROWS, st.sampled_from(["text", "outliers.mad.clip", "impute.mean", "derive"]))
def test_a_rule_undone_is_cleaning_without_it(
    session: Session, table: Any, policy: Any, batch: Any, rule: str
) -> None:
    steps = {"text": _STEPS[1], "outliers.mad.clip": _STEPS[4], "derive": {
        "step": "derive", "columns": {"z": "y + 1"}},
        "impute.mean": {"step": "impute", "columns": {"x": {"method": "mean"}}}}  # fmt: skip
    if rule != "derive":  # the derived column reads what the clip changes: same fit, other values
        steps["derive"] = {"step": "derive", "columns": {"z": "id + 1"}}
    p = policy(*(steps[n] for n in ("text", "outliers.mad.clip", "impute.mean", "derive")))
    lesser = policy(*(s for n, s in steps.items() if n != rule and n != "derive"),
                    *([steps["derive"]] if rule != "derive" else []))  # fmt: skip
    before = table(_columns(batch), _TYPES)
    without_it = clean(session, before, lesser, fit(session, before, lesser))
    undone = undo(session, before, p, fit(session, before, p), rule)
    columns = without_it.table.columns
    assert sorted(undone.table.columns) == sorted(columns)
    assert _same(undone.table.select(*columns), without_it.table)


def test_later_steps_act_on_what_is_back(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    p = policy(
        {"step": "deduplicate", "keys": ["id"], "order_by": []},
        {"step": "outliers", "columns": ["x"], "by": {"method": "iqr", "factor": 1.5},
         "action": "null"},
        {"step": "impute", "columns": {"x": {"method": "constant", "value": 0}}},
    )  # fmt: skip
    values = [1.0, 2.0, 3.0, 4.0, 900.0, None]
    before = table({"id": [1, 2, 3, 4, 5, 5], "x": values}, {"id": "int64"})
    state = fit(session, before, p)
    done = clean(session, before, p, state).table
    assert [r["x"] for r in rows(done)] == [1.0, 2.0, 3.0, 4.0, 0.0]
    kept = undo(session, before, p, state, "outliers.iqr.null").table
    assert [r["x"] for r in rows(kept)] == [1.0, 2.0, 3.0, 4.0, 900.0]
    found = Difference.between(done, kept)
    assert (found.back, found.gone, found.cells) == (0, 0, {"x": 1, "x__imputed": 1})
    twice = undo(session, before, p, state, "deduplicate.drop").table
    assert [r["x"] for r in rows(twice)] == [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]
    assert rows(twice)[-1]["x__imputed"] is True
    assert Difference.between(done, twice).back == 1
    assert Difference.between(twice, done).gone == 1


class TestRefusals:
    def test_an_unknown_rule_or_column(self, session: Session, table: Any, policy: Any) -> None:
        p, before = policy(*_STEPS), table(_columns([(1, 1.0, 1.0, "a", "1", "1")]), _TYPES)
        state = fit(session, before, p)
        with pytest.raises(InputError, match=r"no such rule.*outliers\.iqr\.null") as caught:
            undo(session, before, p, state, "outliers.iqr.nul")
        assert "Did you mean 'outliers.iqr.null'?" in str(caught.value)
        with pytest.raises(InputError, match="on this column"):
            undo(session, before, p, state, "text", "x")

    def test_a_rule_that_a_later_step_needs(
        self, session: Session, table: Any, policy: Any
    ) -> None:
        p, before = policy(*_STEPS), table(_columns([(1, 1.0, 1.0, "a", "1", "1")]), _TYPES)
        state = fit(session, before, p)
        with pytest.raises(InputError, match="a later step can't do without"):
            undo(session, before, p, state, "parse.number")
        undone = undo(session, before, p, state, column="p").table
        assert undone["p"].type().is_string()
        assert "p__imputed" not in undone.columns

    def test_every_rule_of_the_log_can_be_named(self, policy: Any) -> None:
        p = policy(*_STEPS)
        names = {name for rule in rules_of(p) for name in rule.rules}
        assert names >= {"parse.number", "parse.drop", "text", "deduplicate.drop",
                         "outliers.isolation_forest.drop", "outliers.drop", "impute.drop",
                         "derive"}  # fmt: skip

    def test_a_reduced_policy_has_a_hash_of_its_own(
        self, session: Session, table: Any, policy: Any
    ) -> None:
        p, before = policy(*_STEPS[1:3]), table(_columns([(1, 1.0, 1.0, "a", "1", "1")]), _TYPES)
        state = fit(session, before, p)
        reduced, fitted = without(p, state, "text")
        assert reduced.hash == fitted.policy_hash != p.hash
