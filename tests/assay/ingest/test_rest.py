"""Paged REST endpoints: each page kept, every row landed once, in order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.errors import InputError
from assay.ingest import land

BATCH = "2013-02-04"
ROWS = [{"id": f"p{i}", "n": i, "x": i / 8} for i in range(7)]


def page(rows: list[Any], headers: dict[str, str] | None = None, **more: Any) -> Any:
    return 200, headers or {}, json.dumps({"data": {"rows": rows}, **more}).encode()


@pytest.fixture
def asked(site, session, lake, contract_of, patience):
    def ask(pagination=None, path="/rows/{batch}", **source):
        described = {"kind": "rest", "location": site.url + path, "records": "data.rows",
                     "pagination": pagination, **source}  # fmt: skip
        return land(session, contract_of(described), BATCH, lake, retry=patience)

    return ask


def landed(landing, rows_of) -> list[Any]:
    return [(row["__row"], row["id"], row["n"], row["x"]) for row in rows_of(landing)]


WANTED = [(i, row["id"].upper(), row["n"], row["x"]) for i, row in enumerate(ROWS)]


def test_one_page(site, asked, rows_of):
    site.says(f"/rows/{BATCH}", page(ROWS))
    landing = asked(params={"from": "{batch_start}", "to": "{batch_end}"})
    assert landed(landing, rows_of) == WANTED
    assert site.asked[0][1] == {"from": "2013-02-04T00:00:00+00:00",
                                "to": "2013-02-05T00:00:00+00:00"}  # fmt: skip
    assert (landing.folder / "original" / "page-000001.json").read_bytes() == page(ROWS)[2]


def test_numbered_pages(site, asked, rows_of):
    site.says(f"/rows/{BATCH}", lambda params, _: page(
        ROWS[(int(params["p"]) - 1) * 3:int(params["p"]) * 3]))  # fmt: skip
    landing = asked({"style": "page", "parameter": "p", "size_parameter": "per", "size": 3})
    assert landed(landing, rows_of) == WANTED
    assert [q["p"] for _, q, _ in site.asked] == ["1", "2", "3", "4"]
    assert {q["per"] for _, q, _ in site.asked} == {"3"}
    assert len(landing.manifest.files) == 4


def test_offsets_without_a_known_size_end_at_an_empty_page(site, asked, rows_of):
    site.says(f"/rows/{BATCH}", lambda params, _: page(
        ROWS[int(params["skip"]):int(params["skip"]) + 4]))  # fmt: skip
    landing = asked({"style": "offset", "parameter": "skip"})
    assert landed(landing, rows_of) == WANTED
    assert [q["skip"] for _, q, _ in site.asked] == ["0", "4", "7"]


def test_cursors(site, asked, rows_of):
    def answer(params, _):
        at = int(params.get("after", "0"))
        return page(ROWS[at : at + 3], meta={"next": str(at + 3) if at + 3 < 7 else None})

    site.says(f"/rows/{BATCH}", answer)
    landing = asked({"style": "cursor", "parameter": "after", "cursor": "meta.next"})
    assert landed(landing, rows_of) == WANTED


def test_links(site, asked, rows_of):
    site.says(f"/rows/{BATCH}", page(ROWS[:4], {"Link": '</more?x=1>; rel="next"'}))
    site.says("/more", page(ROWS[4:]))
    assert landed(asked({"style": "link"}), rows_of) == WANTED
    assert site.asked[1][1] == {"x": "1"}


def test_a_busy_page_is_asked_again(site, asked, rows_of, patience):
    site.says(f"/rows/{BATCH}", (429, {"Retry-After": "2"}, b""), page(ROWS))
    assert landed(asked(), rows_of) == WANTED
    assert patience.sleep.waits == [2]


def test_the_same_pages_land_once(site, asked):
    site.says(f"/rows/{BATCH}", page(ROWS))
    assert not asked().reused
    assert asked().reused


def test_a_link_to_another_host_is_not_followed(site, asked):
    site.says(f"/rows/{BATCH}", page(ROWS, {"Link": '<http://127.0.0.2:1/x>; rel="next"'}))
    with pytest.raises(InputError, match="a host that its contract doesn't declare"):
        asked({"style": "link"})


@pytest.mark.parametrize(
    ("answer", "code"),
    [((200, {}, b"<html>N1SECRET"), "undecodable"), ((200, {}, b'{"data": 1}'), "malformed"),
     (page(["N1SECRET"]), "malformed"), ((200, {}, b'{"data": {"rows": [1'), "undecodable")],
)  # fmt: skip
def test_an_answer_of_another_shape_is_kept(site, asked, answer, code):
    site.says(f"/rows/{BATCH}", answer)
    landing = asked()
    assert [f.code for f in landing.faults] == [code]
    assert "N1SECRET" not in str(landing.faults)
    assert (landing.folder / "original" / "page-000001.json").read_bytes() == answer[2]


def test_a_page_that_goes_missing_is_no_end(site, asked):
    site.says(f"/rows/{BATCH}", lambda params, _: page(ROWS[:3]) if params["page"] == "1"
              else (404, {}, b""))  # fmt: skip
    landing = asked({"style": "page"})
    assert [f.code for f in landing.faults] == ["truncated"]
    assert landing.rows is None
    assert len(list((landing.folder / "original").iterdir())) == 1


def test_an_unknown_batch(asked):
    assert [f.code for f in asked().faults] == ["source_missing"]


def test_no_rows(site, asked):
    site.says(f"/rows/{BATCH}", page([]))
    assert asked().rows == 0


def test_pages_larger_than_the_contract_allows(site, asked):
    site.says(f"/rows/{BATCH}", page(ROWS))
    (fault,) = asked(max_bytes=50).faults
    assert (fault.code, fault.numbers) == ("too_large", {"max_bytes": 50})
