"""Whatever lands in the inbox ends in a decided batch with a reason, and its original is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

DAY = "2024-01-03"
HEAD = "person,site,age,score,team,passed,seen\n"
ROW = "SECRET1,S1,30,50.0,a,1,2024-01-03 00:00:00\n"
INPUTS = {
    "nothing": b"",
    "a header": HEAD.encode(),
    "one row": (HEAD + ROW).encode(),
    "nulls": (HEAD + ",,,,,,\n" * 200).encode(),
    "twice a column": (HEAD.replace("site", "person") + ROW).encode(),
    "a column less": (HEAD.replace(",seen", "") + ROW.replace(",2024-01-03 00:00:00", "")).encode(),
    "torn": (HEAD + ROW * 200)[:-30].encode(),
    "an open quote": (HEAD + '"' + ROW * 200).encode(),
    "latin": (HEAD + ROW.replace("S1", "Ä")).encode("latin-1"),
    "a big cell": (HEAD + ROW.replace("S1", "S" * 10_000_000)).encode(),
    "a long name": (HEAD.replace("seen", "x" * 1_000_000) + ROW).encode(),
    "zeros": b"\x00" * 1000,
    "gzip by no name": b"\x1f\x8b\x08\x00SECRET",
    "json": b'{"person": "SECRET1"}\n',
}


@pytest.mark.parametrize("name", INPUTS)
def test_bad_input_is_held_with_its_reason(ready: Any, name: str) -> None:
    before = ready.dataset("visits")["released"]
    ready.drop("visits", DAY, INPUTS[name])

    done = ready.run("visits", DAY)

    batch = ready.batch("visits", DAY)
    assert batch["state"] == "held"
    assert batch["reasons"]
    assert ready.dataset("visits")["released"] == before
    told = json.dumps([r.model_dump(mode="json") for r in done.values()])
    assert "SECRET" not in told
    assert len(told) < 20_000
    originals = [p for p in (ready.home / "landing" / "visits" / DAY).rglob("*") if p.is_file()]
    assert any(p.read_bytes() == INPUTS[name] for p in originals)


def _decided(ready: Any, rows: int) -> dict[str, Any]:
    batch = ready.batch("visits", DAY)
    parts = ("released", "held", "quarantined", "dropped", "suppressed")
    assert batch["rows_in"] == rows == sum(batch[f"rows_{p}"] for p in parts)
    return dict(batch)


def test_all_in_one_category_is_drift(ready: Any, mini: Any) -> None:
    rows = [(r[0], "S1", *r[2:]) for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    ready.run("visits", DAY)
    batch = _decided(ready, len(rows))
    assert (batch["state"], batch["reasons"]) == ("held", ["drift_detected", "rows_quarantined"])


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "-0.0", "1e-320"])
def test_numbers_that_are_none(ready: Any, mini: Any, value: str) -> None:
    rows = [(*r[:3], value if i % 100 == 0 else r[3], *r[4:])
            for i, r in enumerate(mini.visit_rows(DAY))]  # fmt: skip
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    ready.run("visits", DAY)
    assert _decided(ready, len(rows))["state"] in {"released", "held"}


def test_a_column_more_is_said_and_kept_out(ready: Any, mini: Any) -> None:
    rows = [(*r, "SECRET") for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv((*mini.HEADER, "SECRET"), rows))
    done = ready.run("visits", DAY)
    batch = _decided(ready, len(rows))
    assert batch["state"] == "released"
    assert "extra_columns" in batch["reasons"]
    assert "SECRET" not in json.dumps([r.model_dump(mode="json") for r in done.values()])


def test_another_order_of_columns_is_no_fault(ready: Any, mini: Any) -> None:
    rows = [tuple(reversed(r)) for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv(reversed(mini.HEADER), rows))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"
