"""Suites whose arguments are drawn, against Great Expectations on pandas over drawn tables."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from assay.quality._suite import labelled

from .comparing import GENERATED, TEXTS, c, compare, e, tables

HALVES = st.one_of(st.none(), st.sampled_from([-1, 0, 0.5, 1, 2, 2.5, 3]))
QUARTERS = st.one_of(st.none(), st.sampled_from([-0.75, 0.25, 0.75, 1.25, 2.25, 3.75]))
WHOLE = st.one_of(st.none(), st.integers(0, 6))
SHARES = st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])
FLAG = st.booleans()
IGNORED = st.sampled_from(["both_values_are_missing", "either_value_is_missing", "neither"])
MEMBERS = {
    "i": st.lists(st.integers(-1, 4), max_size=4),
    "j": st.lists(st.one_of(st.integers(0, 4), st.just(1.5)), max_size=4),
    "s": st.lists(st.sampled_from(TEXTS), max_size=5),
}
ATOMS = st.one_of(
    st.tuples(st.sampled_from("ijf"), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
              st.integers(-1, 4)).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
    st.tuples(st.sampled_from("st"), st.sampled_from(["==", "!="]), st.sampled_from("ab")).map(
        lambda t: f'{t[0]} {t[1]} "{t[2]}"'),
    st.sampled_from(["i.isnull()", "s.notnull()", "t.isnull()", "j in [1, 2]", "i not in [0, 3]"]),
)  # fmt: skip
CONDITIONS = st.one_of(
    st.none(),
    ATOMS,
    ATOMS.map(lambda a: f"not ({a})"),
    st.tuples(ATOMS, st.sampled_from(["and", "or"]), ATOMS).map(
        lambda t: f"({t[0]}) {t[1]} ({t[2]})"
    ),
)


def bounds(values):
    return {"min_value": values, "max_value": values, "strict_min": FLAG, "strict_max": FLAG}


def in_order(told):
    """The arguments with the lower bound below the upper one."""
    low, high = (told.get(k) for k in ("min_value", "max_value"))
    crossed = None not in (low, high) and low > high
    return {**told, "min_value": high, "max_value": low} if crossed else told


def drawn(stem, columns, **kwargs):
    """An expectation of one of the columns, its arguments and its rows drawn."""
    arguments = {"column": st.sampled_from(columns), "row_condition": CONDITIONS, **kwargs}
    return st.fixed_dictionaries(arguments).map(lambda told: c(stem, **in_order(told)))


def of_rows(stem, columns, **kwargs):
    return drawn(stem, columns, mostly=SHARES, **kwargs)


def in_set(stem):
    return st.sampled_from(list(MEMBERS)).flatmap(
        lambda column: of_rows(stem, [column], value_set=MEMBERS[column])
    )


def of_pairs(stem, **kwargs):
    arguments = {"ignore_row_if": IGNORED, "mostly": SHARES, "row_condition": CONDITIONS, **kwargs}
    pairs = st.sampled_from([("i", "j"), ("i", "f"), ("j", "i"), ("j", "f")])
    return st.tuples(pairs, st.fixed_dictionaries(arguments)).map(
        lambda told: e(f"expect_column_pair_values_{stem}", column_A=told[0][0],
                       column_B=told[0][1], **told[1])
    )  # fmt: skip


# Bounds of what is computed lie where no rounding to 12 digits could carry a value over them.
DRAWN = (
    of_rows("values_to_be_between", "fij", **bounds(HALVES)),
    of_rows("value_lengths_to_be_between", "st", **bounds(WHOLE)),
    in_set("values_to_be_in_set"),
    in_set("values_to_not_be_in_set"),
    in_set("distinct_values_to_contain_set").map(
        lambda x: e(x.type, **{k: v for k, v in x.kwargs.items() if k != "mostly"})
    ),
    of_rows("values_to_be_unique", "fijsd"),
    of_rows("values_to_not_be_null", "fisbd"),
    of_rows("values_to_match_regex", "st", regex=st.sampled_from(["^a", "b", "[0-9]", "^.{2}"])),
    of_rows("values_to_be_increasing", "ij", strictly=FLAG),
    of_rows("value_z_scores_to_be_less_than", "ij", double_sided=FLAG,
            threshold=st.sampled_from([0.3, 0.9, 1.3])),
    of_pairs("to_be_equal"),
    of_pairs("a_to_be_greater_than_b", or_equal=FLAG),
    *(drawn(f"{k}_to_be_between", "ij", **bounds(QUARTERS))
      for k in ("mean", "stdev", "sum", "median")),
    *(drawn(f"{k}_to_be_between", "fij", **bounds(HALVES)) for k in ("min", "max")),
    drawn("unique_value_count_to_be_between", "fisbd", **bounds(WHOLE)),
    drawn("proportion_of_unique_values_to_be_between", "fis", **bounds(QUARTERS)),
)  # fmt: skip
SUITES = st.tuples(*DRAWN).map(labelled)


@settings(GENERATED, max_examples=4)
@given(data=tables(), suite=SUITES)
def test_equal_on_generated_suites(session, data, suite):
    compare(session, data, suite)


@pytest.mark.slow
@settings(GENERATED, max_examples=40)
@given(data=tables(), suite=SUITES)
def test_equal_on_many_generated_suites(session, data, suite):
    compare(session, data, suite)
