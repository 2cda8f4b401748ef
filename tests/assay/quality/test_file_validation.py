import datetime as dt
import json

import pyarrow.parquet as pq
import pytest

from assay.errors import InputError
from assay.quality import check_suite_with_gx, render_data_docs, validate_file
from assay.quality.gx._docs import render_expectations
from assay.quality.gx._site import gx_shape


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("a,s\n1,x\n2,hidden\n3,\n")
    return path


def test_a_file_is_judged_by_a_suite(data, write_suite, expect, tmp_path):
    suite = write_suite(expect("column_values_to_be_in_set", column="s", value_set=["x"]),
                        expect("column_max_to_be_between", column="a",
                               max_value={"$PARAMETER": "top"}))  # fmt: skip
    found = validate_file(data, suite, parameters={"top": 3}, redact=["s"],
                          quarantine=tmp_path / "q", time=dt.datetime(2026, 1, 1))  # fmt: skip
    assert found.outcome.exit_code == 1
    assert "hidden" not in json.dumps(found.document)
    assert pq.read_table(found.quarantine)["s"].to_pylist() == ["hidden"]
    with pytest.raises(InputError, match="redact"):
        validate_file(data, suite, parameters={"top": 3}, redact=["nope"])


def test_a_column_without_a_value_has_every_type(tmp_path, write_suite, expect):
    bounds = {"column": "a", "min_value": 0, "max_value": 1}
    suite = write_suite(expect("column_values_to_be_between", **bounds),
                        expect("column_mean_to_be_between", **bounds))  # fmt: skip
    for text in ("a,b\n", "a,b\n,1\n,2\n"):
        path = tmp_path / "blank.csv"
        path.write_text(text)
        results = validate_file(path, suite).document["results"]
        assert [r["verdict"] for r in results] == ["PASS", "FAIL"]


def test_data_docs_work_without_a_network(data, write_suite, expect, tmp_path):
    suite = write_suite(expect("column_values_to_be_in_set", column="s", value_set=["x"]),
                        expect("column_max_to_be_between", column="nope", max_value=1))  # fmt: skip
    document = validate_file(data, suite).document
    stored = tmp_path / "r.json"
    stored.write_text(json.dumps(document))
    index = render_data_docs([stored], tmp_path / "docs")
    page = next(p for p in index.parent.glob("*.html") if p != index).read_text()
    assert "hidden" in page
    assert "<script src=" not in page
    assert 'rel="stylesheet" href="http' not in page
    assert set(gx_shape(document)["results"][0]).isdisjoint({"engine", "verdict"})


def test_great_expectations_has_a_say_in_the_check(write_suite, expect):
    path = write_suite(
        expect("column_values_to_be_in_set", column="s", value_set=["x"], mostli=1),
        expect("nope", column="s"),
        expect("column_values_to_not_be_null", column="s"),
    )
    problems = check_suite_with_gx(path)
    assert len(problems) == 2
    assert "mostli" in str(problems[0])
    assert "drop" in str(problems[1])


def test_the_page_of_expectations_is_current(request):
    page = request.config.rootpath / "include" / "docs" / "expectations.md"
    assert page.read_text() == render_expectations()
