"""Great Expectations' own test definitions, for the expectations that are compiled."""

import json
import os
from pathlib import Path

import dateutil.parser
import ibis
import pyarrow as pa
import pytest

from assay.quality import validate
from assay.quality._finding import plain
from assay.quality._registry import GX_PANDAS, GX_SQLITE, REGISTRY
from assay.quality._suite import Expectation, Suite, labelled

HERE = os.environ.get("ASSAY_ORACLE_DATA")
FOLDER = Path(HERE or ".") / "gx-test-definitions"
pytestmark = pytest.mark.skipif(HERE is None, reason="ASSAY_ORACLE_DATA names no folder")
FILES = sorted(p for p in FOLDER.glob("*/*.json")) if HERE else []
ENGINES = {GX_PANDAS: "pandas", GX_SQLITE: "sqlite"}
# Cases whose answer isn't ours, by type and title, and why.
UNLIKE = {
    ("column_distinct_values_to_be_in_set", "vacuously_true_universal_set"): (
        "1.24 refuses an absent value_set too"
    ),
    ("column_min_to_be_between", "raise_valueerror_with_both_max_and_min_are_missing"): (
        "1.24 judges it too"
    ),
    ("column_sum_to_be_between", "raise_valueerror_with_both_max_and_min_are_missing"): (
        "1.24 judges it too"
    ),
    ("column_values_to_be_json_parseable", "negative_test_integers"): "only texts are parsed",
    ("column_values_to_be_in_set", "test_conditional_expectation_passes"): (
        "a number isn't compared with a text"
    ),
    ("column_values_to_be_in_set", "test_conditional_expectation_parser_errors"): (
        "condition_parser is ignored"
    ),
    ("column_value_lengths_to_equal", "test_conditional_expectation_parser_errors"): (
        "condition_parser is ignored"
    ),
    ("column_kl_divergence_to_be_less_than", "norm_0_1_auto_inf_partition_null_threshold_and_"
     "partition_object_supports_profiling"): "without a partition there is nothing to compare with",
}  # fmt: skip
UNLIKE = {(f"expect_{kind}", title): why for (kind, title), why in UNLIKE.items()}
# How many cases were judged when this was written: fewer are a fault of this test.
CASES = 307


def made_for(item, kind):
    """Whether a case, or its data, is meant for the engine that is the oracle of a type."""
    engine = ENGINES.get(REGISTRY[kind].oracle)
    only = item.get("only_for")
    hidden = item.get("suppress_test_for") or []
    return (only is None or engine in only) and engine not in hidden


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
    """Type, table and cases of a file, those that can't be put to one table left out."""
    content = json.loads(path.read_text())
    kind = content["expectation_type"]
    for dataset in content["datasets"]:
        if kind not in REGISTRY or not isinstance(dataset.get("data"), dict):
            continue
        table = table_of(dataset)
        known = [t for t in dataset["tests"] if made_for(dataset, kind) and made_for(t, kind)
                and isinstance(t["in"], dict) and "$PARAMETER" not in str(t["in"])]  # fmt: skip
        known = [t for t in known if columns_of(kind, t) <= set(table.column_names) | {"nope"}]
        if known:
            yield kind, table, known


def columns_of(kind, case):
    return set(Expectation(kind, case["in"]).columns_read)


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
def test_gives_the_defined_answer(session, path):
    found = []
    for kind, table, known in cases(path):
        numbered = table.add_column(0, "__row", pa.array(range(len(table)), pa.int64()))
        suite = labelled(tuple(Expectation(kind, kwargs_of(t)) for t in known))
        judged = validate(session, ibis.memtable(numbered), Suite("defined", suite))
        for case, finding in zip(known, judged.findings, strict=True):
            faults = list(wrong(case, finding))
            if (kind, case["title"]) in UNLIKE:
                faults = [] if faults else ["is as defined: it needn't stand in UNLIKE"]
            found += [f"{case['title']} {case['in']}: {fault}" for fault in faults]
    assert not found, "\n".join(found)


def test_no_case_is_left_out_unseen():
    judged = [(kind, case["title"]) for path in FILES for kind, _, known in cases(path)
              for case in known]  # fmt: skip
    assert len(judged) >= CASES
    assert UNLIKE.keys() <= set(judged)


def kwargs_of(case):
    ignored = {"catch_exceptions", "result_format", "parse_strings_as_datetimes"}
    return {k: v for k, v in case["in"].items() if k not in ignored}
