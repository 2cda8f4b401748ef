"""An expectation is one module: registered, it is judged, redacted, scored and documented."""

import sys

import pyarrow as pa
import pytest

from assay.quality import expectations, load_suite, validate
from assay.quality._registry import REGISTRY
from assay.quality._scores import dimension, measure_scores
from assay.quality._suite import Expectation
from assay.quality.gx._docs import render_expectations
from assay.quality.mutation._score import measure_mutation

TOY = '''
"""Expectations of round numbers."""

from assay.quality._check import row_check
from assay.quality._registry import OWN_TESTS, compiles


@compiles(
    "expect_column_values_to_be_round", row_level=True, oracle=OWN_TESTS, required=("column",),
    takes="numbers", dimension="consistency", differences="It is a toy.",
)
def values_round(frame, e):
    """Each value is a multiple of ten."""
    column = frame.column(e.kwargs["column"])
    return row_check(frame, e, column % 10 != 0, considered=column.notnull(), shown=e.columns)
'''
KIND = "expect_column_values_to_be_round"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The toy's module, beside those of the package and nowhere else."""
    (tmp_path / "_toy_round.py").write_text(TOY)
    monkeypatch.setattr(expectations, "__path__", [*expectations.__path__, str(tmp_path)])
    expectations.register_all()
    yield {"type": KIND, "kwargs": {"column": "n"}}
    del REGISTRY[KIND]
    del sys.modules["assay.quality.expectations._toy_round"]


def test_a_toy_expectation_is_judged_and_its_rows_are_set_aside(toy, session, make, write_suite):
    found = validate(session, make(n=[10, 20, 25, None]), load_suite(write_suite(toy)))
    (finding,) = found.findings
    assert (finding.engine, finding.success, finding.row_level) == ("compiled", False, True)
    assert finding.result["partial_unexpected_list"] == [25]
    assert (found.quarantined, found.rows_left) == (1, 3)
    (score,) = [s for s in measure_scores(found) if s.expectations]
    assert (score.dimension, score.met, score.judged) == ("consistency", 2, 3)


def test_it_refuses_what_it_lacks_and_shows_no_value_of_a_classified_column(
    toy, session, make, write_suite
):
    suite = load_suite(write_suite(toy, {"type": KIND, "kwargs": {}}))
    found = validate(session, make(n=[1]), suite, redact=["n"])
    assert [f.problem for f in found.findings] == [None, "column is missing"]
    assert found.document()["results"][0]["result"]["redacted"]
    assert "partial_unexpected_list" not in found.document()["results"][0]["result"]


def test_it_takes_a_column_of_nulls_and_catches_planted_faults(toy, session, make, write_suite):
    suite = load_suite(write_suite(toy))
    assert validate(session, make(n=pa.array([None], pa.string())), suite).outcome.value == "PASS"
    score = measure_mutation(session, make(n=[10, 20, 50]), suite, every=1, most_rows=9)
    assert any(KIND in label for p in score.planted for label in p.caught_by)


def test_it_is_in_the_docs(toy):
    line = f"| `{KIND}` | rows | compiled | the one scan | Assay's own tests | It is a toy. |"
    assert line in render_expectations().splitlines()
    assert dimension(Expectation(KIND, {"column": "n"})) == "consistency"
