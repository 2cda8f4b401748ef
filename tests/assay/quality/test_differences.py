"""Each difference from Great Expectations that the page of expectations names, on both sides."""

import datetime as dt
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from assay.quality import validate
from assay.quality._registry import GX_PANDAS, REGISTRY
from assay.quality._suite import Expectation, Suite, labelled
from assay.quality.gx import _door
from assay.quality.gx._docs import NOT_COMPILED

DATA = pa.table(
    {
        "i": [1, 2, 3],
        "n": pa.array([1, None, 3], pa.int64()),
        "g": [1.0, 2.0, 3.0],
        "f": [0.1, 0.2, None],
        "s": ["a", "b", "c"],
        "gap": [None, "a", "b"],
        "yes": [True] * 3,
        "up": [False, True, True],
        "down": [True, True, False],
        "d": [dt.date(2020, 1, 1)] * 3,
        "t": pa.array([dt.datetime(2020, 1, k) for k in (1, 2, 3)], pa.timestamp("us")),
        "m": pa.array([Decimal("1.50"), None, Decimal("3.25")], pa.decimal128(9, 2)),
        "k": pa.array([Decimal("0.50"), None, Decimal("0.25")], pa.decimal128(9, 2)),
        "whole": pa.array([Decimal(1), Decimal(2), Decimal(3)], pa.decimal128(9, 0)),
    }
)
COLUMNS = DATA.column_names
MET, UNMET, UNJUDGED = "met", "unmet", "can't be judged"


def c(stem, column, **kwargs):
    return f"expect_column_{stem}", {"column": column, **kwargs}


def pair(stem, a, b, **kwargs):
    return f"expect_column_pair_values_{stem}", {"column_A": a, "column_B": b, **kwargs}


def several(kind, *columns, **kwargs):
    return f"expect_{kind}", {"column_list": list(columns), **kwargs}


# What is expected, what comes of it here, what Great Expectations makes of it.
SHOWN = [
    *((c("values_to_be_json_parseable", col), UNJUDGED, UNMET) for col in ("i", "yes", "d", "t")),
    (c("values_to_match_json_schema", "s", json_schema={"type": "integer"}), UNMET, UNJUDGED),
    (several("multicolumn_values_to_be_equal", "i", "s"), UNJUDGED, UNMET),
    (several("multicolumn_sum_to_equal", "g", "whole", sum_total=4, mostly=0.3), MET, UNJUDGED),
    (several("select_column_values_to_be_unique_within_record", "i", "yes"), MET, UNMET),
    (c("values_to_not_be_null", "gap", row_condition='i == "1"'), UNJUDGED, MET),
    (c("values_to_not_be_null", "gap", row_condition='s == 1'), UNJUDGED, MET),
    (c("values_to_not_be_null", "gap", row_condition='i != "1"'), UNJUDGED, UNMET),
    (c("values_to_not_be_null", "s", row_condition="i > 1", condition_parser="x"), MET, UNJUDGED),
    *((c("values_to_be_increasing", col), UNJUDGED, MET) for col in ("up", "down")),
    *((c("values_to_be_decreasing", col), UNJUDGED, UNMET) for col in ("up", "down")),
    (pair("to_be_equal", "i", "s"), UNJUDGED, UNMET),
    (pair("a_to_be_greater_than_b", "i", "yes", or_equal=True), UNJUDGED, MET),
    (pair("a_to_be_greater_than_b", "i", "m", mostly=0.3), UNMET, UNJUDGED),
    (pair("to_be_in_set", "yes", "i", value_pairs_set=[[1, 1], [1, 2], [1, 3]]), UNMET, MET),
    *((c(f"distinct_values_to_{k}_set", "yes", value_set=[1]), UNMET, MET)
      for k in ("be_in", "equal", "contain")),
    (c("most_common_value_to_be_in_set", "yes", value_set=[1]), UNMET, MET),
    (c("values_to_be_in_set", "yes", value_set=[1]), UNMET, MET),
    (c("values_to_not_be_in_set", "yes", value_set=[1]), MET, UNMET),
    (c("most_common_value_to_be_in_set", "d", value_set=["2020-01-01"]), MET, UNMET),
    (c("values_to_be_in_set", "d", value_set=["2020-01-01"]), MET, UNMET),
    (c("values_to_not_be_in_set", "d", value_set=["2020-01-01"]), UNMET, MET),
    (c("values_to_be_between", "t", min_value="2020-01-01"), MET, UNJUDGED),
    (c("values_to_be_between", "d", min_value="1 Jan 2020"), MET, UNJUDGED),
    (c("values_to_be_between", "s", min_value="a"), MET, UNJUDGED),
    (c("value_z_scores_to_be_less_than", "t", threshold=9, double_sided=True), UNJUDGED, MET),
    (c("value_z_scores_to_be_less_than", "m", threshold=9, double_sided=True), MET, UNJUDGED),
    *((c(f"{k}_to_be_between", "m", min_value=0, max_value=9), MET, UNJUDGED)
      for k in ("mean", "stdev", "sum")),
    (c("mean_to_be_between", "f", max_value=0.15), MET, UNMET),
    (c("sum_to_be_between", "f", max_value=0.3), MET, UNMET),
    *((c("values_to_not_be_outliers", col, method=how, multiplier=9), MET, UNJUDGED)
      for col, how in (("m", "iqr"), ("m", "std"), ("up", "iqr"))),
    (c("max_to_be_between", "s", max_value="x"), MET, UNJUDGED),
    (c("min_to_be_between", "s", max_value="x"), MET, UNJUDGED),
    (c("min_to_be_between", "t", min_value="2020-01-01"), MET, UNJUDGED),
    (c("kl_divergence_to_be_less_than", "g", threshold=0.1), UNJUDGED, MET),
    (c("values_to_be_of_type", "n", type_="int64"), MET, UNMET),
    (c("values_to_be_in_type_list", "n", type_list=["int64"]), MET, UNMET),
    (c("type_to_be", "n", type_="int64"), MET, UNMET),
    (c("value_lengths_to_be_between", "i", max_value=1), UNJUDGED, MET),
    (c("value_lengths_to_be_between", "s", min_value=2, max_value=1, row_condition="i > 9"),
     UNJUDGED, MET),
    (c("value_lengths_to_equal", "i", value=1), UNJUDGED, MET),
    (c("values_to_match_regex", "s", regex="[[:alpha:]]"), UNMET, MET),
    (c("values_to_not_match_regex", "s", regex="[[:alpha:]]"), MET, UNMET),
    (c("values_to_match_regex_list", "s", regex_list=["[[:alpha:]]"]), UNMET, MET),
    (c("values_to_not_match_regex_list", "s", regex_list=["[[:alpha:]]"]), MET, UNMET),
    (c("values_to_match_regex", "n", regex="^[0-9]$"), MET, UNMET),
    (("expect_table_row_count_to_equal", {"value": "3"}), UNJUDGED, MET),
    (("expect_table_column_count_to_equal", {"value": len(COLUMNS)}), MET, UNMET),
    (("expect_table_column_count_to_be_between", {"max_value": len(COLUMNS)}), MET, UNMET),
    (("expect_table_columns_to_match_set", {"column_set": COLUMNS}), MET, UNMET),
    (several("table_columns_to_match_ordered_list", *COLUMNS), MET, UNMET),
]  # fmt: skip
EXPECTED = labelled(tuple(Expectation(kind, kwargs) for (kind, kwargs), _, _ in SHOWN))


def became(one):
    return UNJUDGED if one.problem is not None else MET if one.success else UNMET


@pytest.fixture(scope="module")
def judged(session):
    """What became of each, here and there; Great Expectations sees the row number as well."""
    numbered = DATA.add_column(0, "__row", pa.array(range(len(DATA)), pa.int64()))
    ours = validate(session, ibis.memtable(numbered), Suite("differences", EXPECTED)).findings
    theirs = _door.run(numbered.to_pandas(), EXPECTED)
    return [(became(a), became(b)) for a, b in zip(ours, theirs, strict=True)]


@pytest.mark.parametrize("place", range(len(SHOWN)), ids=[x.label for x in EXPECTED])
def test_each_difference_is_as_the_page_says(judged, place):
    _, ours, theirs = SHOWN[place]
    assert judged[place] == (ours, theirs)


def test_every_line_that_names_a_difference_is_shown():
    told = {k for k, entry in REGISTRY.items() if entry.differences and entry.oracle == GX_PANDAS}
    last_digit = "expect_column_quantile_values_to_be_between"  # too little to be met or not by
    assert told - {last_digit} <= {x.type for x in EXPECTED}


def test_only_one_of_great_expectations_own_is_not_compiled(session):
    own = {k for k in _door.known_types() if k.startswith(("expect_", "unexpected_"))}
    assert own - REGISTRY.keys() == {NOT_COMPILED}
    kwargs = {"base_query": "SELECT 1", "comparison_query": "SELECT 1",
              "comparison_data_source_name": "other"}  # fmt: skip
    suite = Suite("compared", labelled((Expectation(NOT_COMPILED, kwargs),)))
    numbered = ibis.memtable(DATA.select(["i"]).append_column("__row", pa.array(range(3))))
    (finding,) = validate(session, numbered, suite, gx_max_rows=10).findings
    assert finding.engine == "gx"
    assert finding.problem is not None
