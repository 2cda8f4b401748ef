from __future__ import annotations

from typing import Any

import pandas as pd

from assay.cleaning import clean, fit
from assay.engine import Session


def _run(session: Session, t: Any, p: Any) -> Any:
    return clean(session, t, p, fit(session, t, p))


def test_trim_case_map_in_this_order(session: Session, table: Any, policy: Any, rows: Any) -> None:
    t = table({"s": ["  yes\t", "YES", "N/A", None, "\u00a0no\u3000"]}, {"s": "string"})
    how = {"trim": True, "case": "lower", "map": {"yes": "y", "n/a": None}}
    done = _run(session, t, policy({"step": "text", "columns": {"s": how}}))
    assert [r["s"] for r in rows(done.table)] == ["y", "y", None, None, "no"]
    assert done.report.columns["s"] == 4


def test_trim_and_case_are_pythons(session: Session, table: Any, policy: Any, rows: Any) -> None:
    texts = ["", "  ", "a b", " Ärger ", "x\n", "\r\ny", "\u2003z"]
    t = table({"s": texts}, {"s": "string"})
    how = {"trim": True, "case": "upper"}
    done = rows(_run(session, t, policy({"step": "text", "columns": {"s": how}})).table)
    assert [r["s"] for r in done] == list(pd.Series(texts).str.strip().str.upper())


def test_parse_never_rounds_and_logs_what_it_empties(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t = table({"n": ["7", " 8 ", "1.5", "?", "x", None]}, {"n": "string"})
    how = {"type": "integer", "null_values": ["?"], "on_error": "null"}
    done = _run(session, t, policy({"step": "parse", "columns": {"n": how}}, change_log="values"))
    assert [r["n"] for r in rows(done.table)] == [7, 8, None, None, None, None]
    log = done.change_log.order_by("__row").to_pyarrow().to_pylist()
    assert [(r["__row"], r["before"], r["after"], r["rule"]) for r in log] == [
        (2, "1.5", None, "parse.integer"),
        (3, "?", None, "parse.integer"),
        (4, "x", None, "parse.integer"),
    ]


def test_parse_may_drop_the_row(session: Session, table: Any, policy: Any, rows: Any) -> None:
    t = table({"d": ["04/02/2013", "nonsense", None]}, {"d": "string"})
    how = {"type": "date", "format": "%d/%m/%Y", "on_error": "drop"}
    done = _run(session, t, policy({"step": "parse", "columns": {"d": how}}))
    assert [str(r["d"]) for r in rows(done.table)] == ["2013-02-04", "None"]
    assert [r["reasons"] for r in rows(done.dropped)] == [["clean.parse:d"]]


def test_parse_takes_what_is_wholly_of_the_format(
    session: Session, table: Any, policy: Any, rows: Any
) -> None:
    t = table({"d": ["4/2/2013", " 04/02/2013", "04/02/13", "on 04/02/2013"]}, {"d": "string"})
    how = {"type": "date", "format": "%d/%m/%Y", "on_error": "null"}
    done = rows(_run(session, t, policy({"step": "parse", "columns": {"d": how}})).table)
    assert [str(r["d"]) for r in done] == ["2013-02-04", "2013-02-04", "None", "None"]
