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


def test_another_order_of_columns_is_no_fault(ready: Any, mini: Any) -> None:
    rows = [tuple(reversed(r)) for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv(reversed(mini.HEADER), rows))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"
