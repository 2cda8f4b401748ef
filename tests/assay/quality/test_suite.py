import pytest

from assay.errors import SuiteError
from assay.quality import load_suite

NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}}


def test_every_expectation_is_loaded_with_all_that_it_says(write_suite):
    full = {**NOT_NULL, "severity": "warning", "meta": {"owner": "x"}, "notes": "why", "id": "n1"}
    suite = load_suite(write_suite(full, NOT_NULL))
    assert [e.severity for e in suite.expectations] == ["warning", "critical"]
    assert (suite.expectations[0].meta, suite.expectations[0].notes) == ({"owner": "x"}, "why")
    assert [e.label for e in suite.expectations] == [
        "expect_column_values_to_not_be_null:a", "expect_column_values_to_not_be_null:a#2",
    ]  # fmt: skip


def test_parameters_come_from_the_caller_then_from_the_suite(write_suite):
    bound = {"type": "expect_column_max_to_be_between",
             "kwargs": {"column": "a", "min_value": {"$PARAMETER": "low"},
                        "max_value": {"$PARAMETER": "high"}}}  # fmt: skip
    path = write_suite(bound, suite_parameters={"low": 1, "high": 2})
    kwargs = load_suite(path, {"high": 9}).expectations[0].kwargs
    assert (kwargs["min_value"], kwargs["max_value"]) == (1, 9)


def test_all_faults_in_one_error_with_their_lines(write_suite):
    path = write_suite(
        {**NOT_NULL, "severity": "fatal"},
        {**NOT_NULL, "kwargs": {"column": "a", "mostly": 2}},
        {**NOT_NULL, "kwarg": {}},
        {**NOT_NULL, "kwargs": {"column": "a", "row_condition": "a.map(print)"}},
        {"type": "expect_column_max_to_be_between",
         "kwargs": {"column": "a", "max_value": {"$PARAMETER": "hihg"}}},
        {"kwargs": {}},
    )  # fmt: skip
    with pytest.raises(SuiteError) as caught:
        load_suite(path, {"high": 1})
    text = str(caught.value)
    assert len(caught.value.problems) == 6
    told = ("suite.json:4", "'fatal'", "mostly", "'kwarg'", "Did you mean 'kwargs'?")
    told += ("row_condition", "Did you mean 'high'?", "has no type", "expectations[5]")
    for part in told:
        assert part in text


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"expectations": []}', '{"expectations": [1]}', '{"expectations": [NaN]}',
     '{"expectations": [], "expectations": []}', '{"name": "x", "expectations": "all"}'],
)  # fmt: skip
def test_what_is_no_suite_is_refused(tmp_path, content):
    path = tmp_path / "suite.json"
    path.write_text(content)
    with pytest.raises(SuiteError):
        load_suite(path)


def test_the_hash_follows_what_is_expected_not_what_is_noted(write_suite):
    a = load_suite(write_suite(NOT_NULL))
    b = load_suite(write_suite({**NOT_NULL, "notes": "n"}, name="b.json"))
    c = load_suite(write_suite({**NOT_NULL, "severity": "info"}, name="c.json"))
    assert a.hash == b.hash != c.hash
