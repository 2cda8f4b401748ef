"""Great Expectations' own test definitions, for the expectations that are compiled."""

import json
import os
from pathlib import Path

import dateutil.parser
import ibis
import pyarrow as pa
import pytest

from assay.quality import validate
from assay.quality._check import REGISTRY
from assay.quality._finding import plain
from assay.quality._suite import Expectation, Suite, labelled

HERE = os.environ.get("ASSAY_ORACLE_DATA")
FOLDER = Path(HERE or ".") / "gx-test-definitions"
pytestmark = pytest.mark.skipif(HERE is None, reason="ASSAY_ORACLE_DATA names no folder")
FILES = sorted(p for p in FOLDER.glob("*/*.json")) if HERE else []
# Cases that were written for other versions or types, by what makes them so.
UNLIKE = {
    "vacuously_true_universal_set": "1.24 refuses an absent value_set here",
    "raise_valueerror_with_both_max_and_min_are_missing": "1.24 judges it",
    "type_mismatch_null_observed_value": "can't be judged: text has no mean",
    "catch_exceptions___non_number_min_value": "can't be judged",
    "catch_exceptions___non_number_max_value": "can't be judged",
    "test_empty_column_should_be_false_no_observed_value_with_which_to_compare": "no type",
    "test_empty_column_should_be_vacuously_true": "a column of nulls only has no type",
    "test_conditional_expectation_passes": "the condition reads a column of mixed types",
    "test_conditional_expectation_fails": "the condition reads a column of mixed types",
    "test_conditional_expectation_parser_errors": "the condition reads such a column",
    "test_raising_exception_for_wrong_input_data_type": "can't be judged",
    "negative_test_integers": "can't be judged: numbers aren't parsed",
    "norm_0_1_auto_inf_partition_null_threshold_and_partition_object_supports_profiling": (
        "without a partition there is nothing to compare with"
    ),
    "mostly_set_incorrectly": "the loader refuses it",
    "dtype_object_and_type_object_still_has_aggregate_semantics_object_underscore": "numpy's name",
}


def for_pandas(item):
    only = item.get("only_for")
    hidden = item.get("suppress_test_for") or []
    return (only is None or "pandas" in only) and "pandas" not in hidden


def table_of(dataset):
    schema = (dataset.get("schemas") or {}).get("pandas") or {}
    columns = {}
    for name, values in dataset["data"].items():
        if "datetime" in str(schema.get(name, "")):
            values = [v and dateutil.parser.parse(v) for v in values]  # noqa: PLW2901
        try:
            array = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            continue  # a column of mixed types, which no Parquet file has
        columns[name] = array.cast(pa.string()) if pa.types.is_null(array.type) else array
    return pa.table(columns) if columns else None


def cases(path):
    content = json.loads(path.read_text())
    kind = content["expectation_type"]
    for dataset in content["datasets"]:
        if kind not in REGISTRY or not isinstance(dataset.get("data"), dict):
            continue
        table = table_of(dataset)
        told = [t for t in dataset["tests"] if for_pandas(dataset) and for_pandas(t)
                and isinstance(t["in"], dict)]  # fmt: skip
        told = [t for t in told if t["title"] not in UNLIKE and "$PARAMETER" not in str(t["in"])]
        told = [t for t in told if columns_of(kind, t) <= set(table.column_names) | {"nope"}]
        if told:
            yield kind, table, told


def columns_of(kind, case):
    return set(Expectation(kind, case["in"]).columns)


def alike(value):
    """Numbers by what they are worth, everything as text, rows without their columns' names."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return str([alike(v) for v in value])
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(float(value)) if number else str(value)


def wrong(case, finding):
    out = case.get("out") or {}
    if case.get("error") or "traceback_substring" in out:
        if finding.problem is None:
            yield "an error was expected"
        return
    if finding.problem is not None:
        yield f"not judged: {finding.problem}"
        return
    if "success" in out and out["success"] != finding.success:
        yield f"success {finding.success}"
    if "unexpected_list" in out and "partial_unexpected_list" in finding.result:
        ours = plain(finding.result["partial_unexpected_list"])
        theirs = out["unexpected_list"]
        if len(theirs) <= 20 and sorted(map(alike, ours)) != sorted(map(alike, theirs)):
            yield f"unexpected {ours} not {out['unexpected_list']}"
    want, got = out.get("observed_value"), finding.result.get("observed_value")
    if isinstance(want, int | float) and abs(want - float(got)) > 1e-9:
        yield f"observed {got}"


@pytest.mark.parametrize("path", FILES, ids=[p.stem for p in FILES])
def test_gives_the_defined_answer(con, path):
    found = []
    for kind, table, told in cases(path):
        numbered = table.add_column(0, "__row", pa.array(range(len(table)), pa.int64()))
        suite = labelled(tuple(Expectation(kind, kwargs_of(t)) for t in told))
        judged = validate(con, ibis.memtable(numbered), Suite("defined", suite))
        for case, finding in zip(told, judged.findings, strict=True):
            found += [f"{case['title']} {case['in']}: {w}" for w in wrong(case, finding)]
    assert not found, "\n".join(found)


def kwargs_of(case):
    ignored = {"catch_exceptions", "result_format", "parse_strings_as_datetimes"}
    return {k: v for k, v in case["in"].items() if k not in ignored}
