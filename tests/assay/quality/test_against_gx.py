"""Every compiled expectation against Great Expectations on pandas, over generated tables."""

import datetime as dt
import math
import random
from decimal import Decimal

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from assay.quality._registry import GX_PANDAS, REGISTRY
from assay.quality._suite import labelled

from .comparing import GENERATED, c, compare, e, tables

ROW_LEVEL = [
    *(c(f"values_to_{k}_null", col, mostly=m)
      for k in ("be", "not_be") for col in "fisbd" for m in (0.5, 1.0)),
    *(c("values_to_be_between", "f", min_value=lo, max_value=hi, strict_min=sl, strict_max=sh,
        mostly=0.6)
      for lo, hi in ((0, 2), (None, 2.0), (0.5, None)) for sl in (True, False)
      for sh in (True, False)),
    c("values_to_be_between", "i", min_value=1, max_value=3),
    c("values_to_be_between", "f"),
    c("values_to_be_between", "f", min_value=3, max_value=1),
    c("values_to_be_in_set", "f", value_set=[0, 1, 2.0]),
    c("values_to_be_in_set", "i", value_set=[1, 2, 2.5, "3"]),
    c("values_to_be_in_set", "s", value_set=["a", "日本", 1]),
    c("values_to_be_in_set", "s", value_set=[]),
    c("values_to_not_be_in_set", "s", value_set=["a", "", "aé"], mostly=0.7),
    c("values_to_not_be_in_set", "i", value_set=[1, 1.5]),
    *(c("values_to_be_unique", col, mostly=0.5) for col in "fisbd"),
    e("expect_compound_columns_to_be_unique", column_list=["i", "s"]),
    e("expect_compound_columns_to_be_unique", column_list=["i", "b"],
      ignore_row_if="any_value_is_missing", mostly=0.4),
    e("expect_compound_columns_to_be_unique", column_list=["f", "s"], ignore_row_if="never"),
    e("expect_select_column_values_to_be_unique_within_record", column_list=["i", "j"]),
    e("expect_select_column_values_to_be_unique_within_record", column_list=["i", "j", "f"],
      ignore_row_if="any_value_is_missing"),
    e("expect_multicolumn_sum_to_equal", column_list=["i", "j"], sum_total=4),
    e("expect_multicolumn_values_to_be_equal", column_list=["i", "j"]),
    e("expect_column_pair_values_to_be_equal", column_A="i", column_B="j"),
    e("expect_column_pair_values_to_be_equal", column_A="s", column_B="t",
      ignore_row_if="either_value_is_missing", mostly=0.3),
    e("expect_column_pair_values_to_be_equal", column_A="i", column_B="j",
      ignore_row_if="neither"),
    *(e("expect_column_pair_values_a_to_be_greater_than_b", column_A="i", column_B="f",
        or_equal=o, ignore_row_if="either_value_is_missing") for o in (True, False)),
    e("expect_column_pair_values_to_be_in_set", column_A="i", column_B="s",
      value_pairs_set=[[1, "a"], [2, None], [None, "b"]]),
    c("values_to_match_regex", "s", regex="^[a-z]"),
    c("values_to_match_regex", "s", regex="(a|b)+", mostly=0.5),
    c("values_to_not_match_regex", "s", regex="[0-9]{2}"),
    c("values_to_match_regex", "s", regex="(?=a)"),
    c("values_to_match_regex_list", "s", regex_list=["^a", "b"]),
    c("values_to_match_regex_list", "s", regex_list=["^a", "b"], match_on="all"),
    c("values_to_not_match_regex_list", "s", regex_list=["^x", "[0-9]"]),
    c("value_lengths_to_be_between", "s", min_value=1, max_value=2),
    c("value_lengths_to_be_between", "s", min_value=1, strict_min=True),
    c("value_lengths_to_equal", "s", value=2, mostly=0.2),
    c("values_to_match_strftime_format", "s", strftime_format="%Y-%m-%d"),
    c("values_to_be_dateutil_parseable", "s"),
    c("values_to_be_json_parseable", "s"),
    *(c("values_to_not_be_outliers", col, method=how, multiplier=m)
      for col in "ij" for how in ("iqr", "std") for m in (0, 0.5, 1.5)),
    *(c(f"values_to_be_{k}", col, strictly=x) for k in ("increasing", "decreasing")
      for col in "jd" for x in (True, False)),
    c("value_z_scores_to_be_less_than", "j", threshold=1, double_sided=True),
    c("value_z_scores_to_be_less_than", "j", threshold=0.5, double_sided=False),
    c("values_to_be_in_set", "s", value_set=["a"], row_condition="j > 1"),
    c("values_to_not_be_null", "s", row_condition='s != "a" and not (j == 2)'),
    c("values_to_be_unique", "j", row_condition="t.notnull() or j in [1, 2]"),
    c("values_to_be_increasing", "j", row_condition="j != 3"),
    c("values_to_not_be_null", "s", row_condition="b == True"),
    c("values_to_not_be_null", "s", row_condition="b != False and i > 0"),
    c("values_to_be_between", "i", max_value=1, row_condition="b in [True]"),
    c("values_to_be_in_set", "nope", value_set=["a"]),
]  # fmt: skip
TABLE_LEVEL = [
    *(c(f"{k}_to_be_between", col, min_value=0, max_value=2.5, strict_max=True)
      for k in ("min", "max", "mean", "median", "stdev", "sum") for col in "ij"),
    c("min_to_be_between", "d", min_value="2020-01-02T00:00:00"),
    c("max_to_be_between", "d", max_value="2020-02-01T00:00:00"),
    c("mean_to_be_between", "j"),
    c("mean_to_be_between", "s", min_value=1),
    c("mean_to_be_between", "i", min_value=1, row_condition="j >= 2"),
    *(c("quantile_values_to_be_between", "j", allow_relative_error=how,
        quantile_ranges={"quantiles": [0.0, 0.25, 0.5, 0.9, 1.0],
                         "value_ranges": [[0, 1], [0, 2], [1, None], [None, 3], [2, 4]]})
      for how in (False, "lower", "higher", "linear")),
    *(c(f"distinct_values_to_{k}_set", col, value_set=v)
      for k in ("be_in", "equal", "contain")
      for col, v in (("s", ["a", "b", "日本"]), ("i", [1, 2, 3]), ("d", ["2020-01-01"]))),
    *(c("unique_value_count_to_be_between", col, min_value=1, max_value=3) for col in "fisbd"),
    *(c("proportion_of_unique_values_to_be_between", col, max_value=0.5) for col in "fs"),
    c("proportion_of_non_null_values_to_be_between", "s", min_value=0.5),
    c("most_common_value_to_be_in_set", "s", value_set=["a", "b"]),
    c("most_common_value_to_be_in_set", "i", value_set=[1, 2], ties_okay=True),
    e("expect_table_row_count_to_be_between", min_value=1, max_value=5),
    e("expect_table_row_count_to_equal", value=4),
    e("expect_table_column_count_to_be_between", min_value=3),
    e("expect_table_column_count_to_equal", value=7),
    e("expect_table_columns_to_match_set", column_set=["i", "f"], exact_match=False),
    e("expect_table_columns_to_match_set", column_set=["i", "f", "q"]),
    e("expect_table_columns_to_match_ordered_list", column_list=["f", "i", "j", "s"]),
    e("expect_column_to_exist", column="i"),
    e("expect_column_to_exist", column="i", column_index=1),
    e("expect_column_to_exist", column="q"),
    *(c("kl_divergence_to_be_less_than", "j", partition_object=p, threshold=0.5, **more)
      for p, more in (
        ({"bins": [0, 1, 2, 4], "weights": [0.25, 0.25, 0.5]}, {}),
        ({"bins": [0, 1, 2, 4], "weights": [0.5, 0, 0.5]},
         {"internal_weight_holdout": 0.1, "tail_weight_holdout": 0.1}),
        ({"bins": [1, 2, 3], "weights": [0.25, 0.25], "tail_weights": [0.25, 0.25]}, {}),
        ({"bins": [-math.inf, 1, 3], "weights": [0.5, 0.5]}, {"tail_weight_holdout": 0.01}),
        ({"bins": [0, 2, math.inf], "weights": [0.5, 0.5]}, {"tail_weight_holdout": 0.01}),
        ({"bins": [-math.inf, 1, 2, math.inf], "weights": [0.25, 0.25, 0.5]}, {}),
        ({"bins": [0, 1], "weights": [1.0]}, {"bucketize_data": False}),
        ({"values": [0, 1, 2, 3], "weights": [0.25, 0.25, 0.25, 0.25]}, {}),
      )),
    *(c("kl_divergence_to_be_less_than", "s", threshold=t, tail_weight_holdout=h, partition_object={
        "values": ["a", "b", "aé"], "weights": [0.5, 0.25, 0.25]})
      for t, h in ((0.1, 0), (2, 0.2), (None, 0.2))),
    c("type_to_be", "j", type_="int64"),
    c("type_to_be", "f", type_="float64"),
    c("values_to_be_of_type", "j", type_="int64"),
    c("values_to_be_of_type", "j", type_="float64"),
    c("values_to_be_of_type", "f", type_="float"),
    c("values_to_be_of_type", "s", type_="str"),
    c("values_to_be_in_type_list", "j", type_list=["float64", "str"]),
]  # fmt: skip
EVERYTHING = labelled((*ROW_LEVEL, *TABLE_LEVEL))


def at(*days):
    return [None if k is None else dt.datetime(2020, 1, 1) + dt.timedelta(days=k) for k in days]


EDGES = {
    "nulls, NaN, ties and unicode": [
        [1.0, 2.0, None, math.nan, 0.5, 2.0], [1, 2, 2, None, 3, -1], [1, 2, 3, 4, 0, 2],
        ["a", "b", None, "aé", "日本", "b\n"], ["a", None, None, "b", "a", "ab"],
        [True, None, False, True, True, None], at(0, 1, 1, None, 40, 3)],
    "no row": [[]] * 7,
    "one row": [[2.0], [1], [2], ["a"], ["a"], [True], at(0)],
    "all null": [[None] * 3, [None] * 3, [1, 1, 1], *[[None] * 3] * 4],
    "infinite, huge and parsed": [
        [math.inf, 1e300, -2.5, 2.0], [1, 1, 2, 3], [4, 3, 2, 1],
        ["2020-01-01", "12:30", "{}", "[1, NaN]"], ["a", "b", "b", "ab"],
        [True, True, False, True], at(0, 0, 3, 2)],
}  # fmt: skip
TYPES = [pa.float64(), pa.int64(), pa.int64(), pa.string(), pa.string(), pa.bool_(),
         pa.timestamp("us")]  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_equal_at_the_edges(session, name):
    arrays = [pa.array(v, t) for v, t in zip(EDGES[name], TYPES, strict=True)]
    compare(session, pa.table(arrays, names=list("fijstbd")), EVERYTHING)


@settings(GENERATED, max_examples=4)
@given(data=tables(), seed=st.integers(0, 2**32))
def test_equal_on_generated_tables(session, data, seed):
    compare(session, data, tuple(random.Random(seed).sample(EVERYTHING, len(EVERYTHING) // 4)))


@pytest.mark.slow
@settings(GENERATED, max_examples=25)
@given(data=tables())
def test_everything_is_equal_on_many_tables(session, data):
    compare(session, data, EVERYTHING)


SCHEMAS = labelled(tuple(
    c("values_to_match_json_schema", "s", json_schema=schema, mostly=m)
    for schema in (
        {"type": "integer"},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"anyOf": [{"type": "null"}, {"type": "array", "maxItems": 1}]},
    )
    for m in (0.2, 1.0)
))  # fmt: skip


def test_schemas_are_judged_alike(session):
    texts = ["1", "1.5", "{}", '{"a": 1}', '{"a": "é"}', "[1]", "[1, 2]", "null", None]
    compare(session, pa.table({"s": texts}), SCHEMAS)


ZONED = labelled((
    *(c("values_to_be_between", "z", min_value=lo, max_value=hi, mostly=0.5)
      for lo, hi in (("2020-03-29T00:30:00+00:00", None), (None, "2020-03-29T03:30:00+02:00"))),
    *(c(f"values_to_be_{k}", col) for k in ("unique", "increasing", "decreasing") for col in "zm"),
    *(c("values_to_not_be_null", col) for col in "zmuo"),
    *(c("unique_value_count_to_be_between", col, min_value=2) for col in "zmuo"),
    *(c(f"{k}_to_be_between", "m", min_value=-1, max_value=2) for k in ("min", "max")),
    c("values_to_be_between", "m", min_value=0.1, max_value=2),
    *(c("value_lengths_to_equal", "u", value=n) for n in (1, 2)),
    c("values_to_be_in_set", "u", value_set=["e\u0301", "ß", "😀"]),
    c("values_to_be_in_set", "u", value_set=["\u00e9"]),
    c("distinct_values_to_equal_set", "u", value_set=["e\u0301", "\u00e9", "ß"]),
    c("values_to_be_in_set", "o", value_set=[True]),
    e("expect_compound_columns_to_be_unique", column_list=["u", "o"]),
    e("expect_column_pair_values_to_be_equal", column_A="m", column_B="k"),
    e("expect_multicolumn_sum_to_equal", column_list=["m", "k"], sum_total=1),
    *(c(f"{k}_to_be_between", "x", min_value=0, max_value=5)
      for k in ("mean", "stdev", "sum", "min", "max", "median")),
    c("values_to_be_between", "x", min_value=0, max_value=5),
    c("values_to_be_unique", "x"),
))  # fmt: skip


def zoned(draw):
    """Moments with a zone about a change of clocks, decimals, odd texts and infinite floats."""
    n = draw(st.integers(0, 6))

    def some(values):
        return draw(st.lists(st.one_of(st.none(), values), min_size=n, max_size=n))

    start = dt.datetime(2020, 3, 28, 23, tzinfo=dt.UTC)
    hours = st.integers(0, 6).map(lambda k: start + dt.timedelta(hours=k))
    money = st.integers(-200, 300).map(lambda k: Decimal(k).scaleb(-2))
    odd = ["e\u0301", "\u00e9", "ß", "ss", "😀", "\u0000", "İ", " "]
    return pa.table({
        "z": pa.array(some(hours), pa.timestamp("us", tz="Europe/Berlin")),
        "m": pa.array(some(money), pa.decimal128(9, 2)),
        "k": pa.array(some(money), pa.decimal128(9, 2)),
        "u": pa.array(some(st.sampled_from(odd)), pa.string()),
        "o": pa.array(some(st.booleans()), pa.bool_()),
        "x": pa.array(some(st.sampled_from([1.0, 2.0, 1e100, math.inf, -math.inf])), pa.float64()),
    })  # fmt: skip


@settings(GENERATED, max_examples=3)
@given(data=st.composite(zoned)())
def test_equal_on_zones_decimals_and_odd_texts(session, data):
    """Moments with a zone are shown in UTC, whatever zone a file has written beside them."""
    compare(session, data, ZONED, shown=data.set_column(
        0, "z", data["z"].cast(pa.timestamp("us", tz="UTC"))))  # fmt: skip


def test_every_expectation_with_that_oracle_is_compared():
    compared = {x.type for x in (*EVERYTHING, *SCHEMAS, *ZONED)}
    assert {k for k, entry in REGISTRY.items() if entry.oracle == GX_PANDAS} <= compared
