import json

import ibis
import pyarrow as pa
import pytest

from assay.engine import open_session


@pytest.fixture(scope="package")
def session():
    with open_session(threads=2) as opened:
        yield opened


@pytest.fixture
def write_suite(tmp_path):
    def write(*expectations, name="suite.json", **more):
        path = tmp_path / name
        content = {"name": "suite", "expectations": list(expectations), **more}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        return path

    return write


@pytest.fixture
def make():
    def table(**columns):
        made = pa.table(columns)
        numbers = pa.array(range(len(made)), pa.int64())
        return ibis.memtable(made.add_column(0, "__row", numbers))

    return table


def expect(kind, severity="critical", **kwargs):
    return {"type": f"expect_{kind}", "kwargs": kwargs, "severity": severity}


@pytest.fixture(name="expect")
def _expect():
    return expect
