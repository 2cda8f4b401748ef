"""Errors name what, where, got, expected and do; and survive pickling between processes."""

from __future__ import annotations

import pickle

from assay.errors import AssayError, PolicyError, Problem, did_you_mean, problems_error


def test_an_error_says_what_where_got_expected_do() -> None:
    error = PolicyError(
        "no such column", where="drift.yaml:7", got="incme", expected="age, income", do="Mend it."
    )
    assert str(error) == (
        "drift.yaml:7: no such column. Got 'incme'. Expected age, income. Mend it."
    )
    assert error.exit_code == 2


def test_none_is_a_received_value() -> None:
    assert "Got None" in str(AssayError("bad", got=None))
    assert "Got" not in str(AssayError("bad"))


def test_a_long_value_is_cut() -> None:
    assert len(str(AssayError("bad", got="x" * 10_000))) < 200


def test_problems_are_told_at_once() -> None:
    error = problems_error(PolicyError, [Problem("a", where="f:1"), Problem("b", where="f:2")])
    assert "f:1: a" in str(error)
    assert "f:2: b" in str(error)
    assert len(error.problems) == 2


def test_an_error_can_be_sent_to_another_process() -> None:
    error = problems_error(PolicyError, [Problem("a"), Problem("b")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is PolicyError
    assert str(again) == str(error)
    assert [str(p) for p in again.problems] == [str(p) for p in error.problems]


def test_the_nearest_name_is_offered() -> None:
    assert did_you_mean("incme", ["income", "age"]) == "Did you mean 'income'?"
    assert not did_you_mean("zzz", ["income"])
