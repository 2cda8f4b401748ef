"""Every way in which a real endpoint ends, or doesn't: all its rows land, or the batch is held.

Each server plays one that people reported to other tools; the test's name or docstring says which.
"""

from __future__ import annotations

import json
from itertools import count

import pytest

from assay.contract import RestSource
from assay.errors import InputError
from assay.ingest import judge_landing, land
from assay.ingest.sources._json_page import write_records
from assay.policy import GatePolicy

BATCH = "2013-02-04"
PATH = f"/rows/{BATCH}"
IDS = [{"id": f"p{i:03d}"} for i in range(350)]
COLUMNS = [{"name": "id", "type": "string"}]
PAGES = {"style": "page", "size_parameter": "limit", "size": 500}
CURSOR = {"style": "cursor", "parameter": "after", "cursor": "next"}


def answer(rows, headers=None, **more):
    return 200, headers or {}, json.dumps({"rows": rows, **more}).encode()


@pytest.fixture
def asked(site, session, lake, contract_of, patience):
    def ask(pagination=None, path="/rows/{batch}", credentials=None, **source):
        described = {"kind": "rest", "location": site.url + path, "records": "rows",
                     "pagination": pagination, **source}  # fmt: skip
        return land(session, contract_of(described, COLUMNS, primary_key=("id",)), BATCH, lake,
                    credentials=credentials, retry=patience)  # fmt: skip

    return ask


@pytest.fixture
def held(asked):
    """What holds a batch."""

    def why(*args, **kwargs):
        landing = asked(*args, **kwargs)
        assert landing.rows is None
        (fault,) = landing.faults
        return fault.code, fault.message

    return why


def capped(params, most=100, first=1):
    """A server that gives fewer rows than asked for."""
    size = min(int(params.get("limit", most)), most)
    at = (int(params["page"]) - first) * size
    return IDS[at : at + size]


@pytest.mark.parametrize("size", [{}, {"size": 500}, {"size": 100}, {"size": 350}])
def test_a_capped_page_is_no_end(site, asked, size):
    """Polymarket/ts-sdk#240, ohdearquant/khive#894."""
    site.says(PATH, lambda params, _: answer(capped(params)))
    assert asked({"style": "page", "size_parameter": "limit", **size}).rows == 350


def test_capped_offsets(site, asked):
    site.says(PATH, lambda p, _: answer(IDS[int(p["page"]) :][: min(int(p["limit"]), 100)]))
    assert asked({**PAGES, "style": "offset"}).rows == 350


def test_pages_that_are_counted_from_zero(site, asked):
    site.says(PATH, lambda params, _: answer(capped(params, first=0)))
    assert asked(PAGES, params={"page": "0"}).rows == 350
    assert asked(PAGES, path="/rows/{batch}?page=0").rows == 350


@pytest.mark.parametrize("style", ["page", "cursor", "link", "params", "alone"])
def test_parts_of_the_query_merge(site, asked, style):
    """encode/httpx#3433, #3621: ``params`` takes the place of the URL's own query."""

    def serve(params, _):
        rows = [{"id": f"{params['day']}-{i}"} for i in range(4)]
        at = int(params.get("after", 0)) + 2 * (int(params.get("page", 1)) - 1)
        follows = at + 2 < 4
        link = f'<{PATH}?day={params["day"]}&after={at + 2}>; rel="next"'
        headers = {"Link": link} if follows and style == "link" else {}
        more = {"next": at + 2 if follows else None}
        return answer(rows[at : at + 2], headers, **more)

    site.says(PATH, serve)
    how = {"page": {"style": "page"}, "cursor": CURSOR, "link": {"style": "link"}}.get(style)
    landing = asked(how, "/rows/{batch}?day={batch}&f=x,y%2Bz",
                    **({"params": {"lang": "en"}} if style == "params" else {}))  # fmt: skip
    assert landing.rows == (4 if how else 2)
    assert {params["day"] for _, params, _ in site.asked} == {BATCH}
    assert site.asked[0][1]["f"] == "x,y+z"


def test_a_parameter_that_is_stated_twice_is_refused(asked):
    with pytest.raises(ValueError, match="'day' is in the location and in params"):
        asked(None, "/rows/{batch}?day=1", params={"day": "2"})


def test_a_moment_in_a_query_keeps_its_plus(site, asked):
    site.says("/rows", answer([]))
    asked(None, "/rows?from={batch_start}")
    assert site.asked[0][1]["from"] == "2013-02-04T00:00:00+00:00"


@pytest.mark.parametrize(
    ("more", "headers", "how"),
    [({"count": 350}, {}, {"total": "count"}), ({}, {"X-All": "350"}, {"total_header": "X-All"}),
     ({"meta": {"pages": 4}}, {}, {"pages": "meta.pages"})],
)  # fmt: skip
def test_a_stated_total_ends_the_pages(site, asked, more, headers, how):
    """slothflowlabs/duckle#41 (Redmine)."""
    site.says(PATH, lambda params, _: answer(capped(params), headers, **more))
    assert asked({**PAGES, **how}).rows == 350
    assert len(site.asked) == 4


def test_a_total_that_only_the_first_page_states(site, asked):
    """dlt-hub/dlt#1414."""
    site.says(PATH, lambda p, _: answer(capped(p), **({"n": 350} if p["page"] == "1" else {})))
    assert asked({**PAGES, "total": "n"}).rows == 350


def test_a_total_that_isn_t_known(site, asked):
    """dlt-hub/dlt#4429."""
    site.says(PATH, lambda params, _: answer(capped(params), n=None))
    assert asked({**PAGES, "total": "n"}).rows == 350


@pytest.mark.parametrize("total", [351, 349, 10_000])
def test_another_total_holds_the_batch(site, held, total):
    site.says(PATH, lambda params, _: answer(capped(params), n=total))
    assert held({**PAGES, "total": "n"})[0] == "pages_incomplete"


def test_fewer_pages_than_stated(site, held):
    site.says(PATH, lambda params, _: answer(capped(params), n=9))
    assert held({**PAGES, "pages": "n"})[0] == "pages_incomplete"


def test_an_endpoint_that_answers_404_behind_its_last_page(site, asked):
    """Django REST framework's page numbers, and OperationCode/resources_api#124 with 500."""
    site.says(PATH, lambda p, _: answer(capped(p)) if int(p["page"]) < 5 else (404, {}, b""))
    landing = asked(PAGES)
    assert [fault.code for fault in landing.faults] == ["truncated"]
    assert "past_end" in landing.faults[0].message
    assert asked({**PAGES, "past_end": [404]}).rows == 350
    assert asked({**PAGES, "total": "none", "past_end": [404]}).rows == 350


def test_an_unknown_batch_is_none_whatever_ends_its_pages(asked):
    assert [f.code for f in asked({**PAGES, "past_end": [404]}).faults] == ["source_missing"]


def test_an_answer_without_content_is_no_row(site, asked):
    site.says(PATH, (204, {}, b""))
    assert asked().rows == 0
    assert asked(CURSOR).rows == 0
    site.says(PATH, lambda p, _: answer(IDS[:3]) if p["page"] == "1" else (204, {}, b""))
    assert asked({"style": "page"}).rows == 3


def test_an_empty_body_is_no_answer_without_content(site, held):
    site.says(PATH, (200, {}, b""))
    assert held()[0] == "undecodable"


def cursors(site, sizes, last=None, *, key="next"):
    """Pages of these sizes by cursor, the last with another one, or none."""

    def serve(params, _):
        n = int(params.get("after", 0))
        start = sum(sizes[:n])
        following = str(n + 1) if n + 1 < len(sizes) else last
        return answer(IDS[start : start + sizes[n]], **({} if following is Ellipsis else
                      {key: following}))  # fmt: skip

    site.says(PATH, serve)


@pytest.mark.parametrize("last", [None, "", False, ...])
def test_the_ends_of_cursors(site, asked, last):
    cursors(site, [100, 100, 50], last)
    landing = asked(CURSOR)
    assert (landing.rows, landing.faults) == (250, ())


@pytest.mark.parametrize("sizes", [[100, 0, 50], [0, 3], [0, 0, 0, 1]])
def test_an_empty_page_with_a_cursor_is_no_end(site, asked, sizes):
    """TestSprite/testsprite-cli#48: a store that filters after it has paged."""
    cursors(site, sizes)
    assert asked(CURSOR).rows == sum(sizes)
    cut = sizes.index(0)
    assert asked({**CURSOR, "stop_after_empty_page": True}).rows == sum(sizes[:cut])


def test_an_empty_page_that_names_itself_is_the_end(site, asked):
    """stellar/js-stellar-sdk#600, apache/seatunnel#10929, Glitchedpixel-io/media-api#66."""
    cursors(site, [200, 67, 0], "2")
    assert asked(CURSOR).rows == 267


@pytest.mark.parametrize("back", ["1", "2"])
def test_cursors_in_a_circle(site, held, back):
    """civitai/civitai#1241: seven cursors lead back to the first."""
    cursors(site, [100, 100, 50], back)
    assert held(CURSOR) == ("pages_incomplete", "The pages come back to an earlier one.")


def test_cursors_without_an_end(site, held):
    numbers = count()
    site.says(PATH, lambda *_: answer([], next=str(next(numbers))))
    assert held(CURSOR, max_pages=20)[0] == "pages_incomplete"
    assert len(site.asked) == 20
    site.says(PATH, lambda *_: answer([{"id": f"n{next(numbers)}"}], next=str(next(numbers))))
    assert "maxPages" in held(CURSOR, max_pages=7)[1]


def test_a_first_page_that_names_no_next_one(site, asked):
    """A misspelt path looks like an endpoint that leaves the cursor out at its end."""
    site.says(PATH, answer(IDS[:3]))
    landing = asked(CURSOR)
    assert landing.rows == 3
    verdict = judge_landing(landing, GatePolicy(on_inconclusive="hold"))
    assert (verdict.outcome.value, verdict.holds) == ("INCONCLUSIVE", True)
    for sure in ({"size": 10}, {"more": "has_more"}, {"total": "n"}):
        site.says(PATH, answer(IDS[:3], has_more=False, n=3))
        assert asked({**CURSOR, **sure}).faults == ()


def test_the_last_row_as_a_cursor(site, asked):
    """Stripe's lists: ``starting_after`` is the id of the last row, ``has_more`` ends it."""

    def serve(params, _):
        at = int(params["after"][1:]) + 1 if "after" in params else 0
        return answer(IDS[at : at + 100], has_more=at + 100 < len(IDS))

    site.says(PATH, serve)
    assert asked({**CURSOR, "cursor": "rows.-1.id", "more": "has_more"}).rows == 350
    assert len(site.asked) == 4


def test_a_page_that_promises_more_and_names_none(site, held):
    cursors(site, [100, 50], None)
    site.says(PATH, answer(IDS[:3], has_more=True, next=None))
    assert held({**CURSOR, "more": "has_more"})[0] == "pages_incomplete"


@pytest.mark.parametrize("key", ["next", "@odata.nextLink"])
def test_a_next_address_in_the_body(site, asked, key):
    """Django REST framework, and OData with a dot in the name."""

    def serve(params, _):
        at = int(params.get("skip", 0))
        return answer(IDS[at : at + 100], **{key: f"{PATH}?skip={at + 100}" if at < 300 else None})

    site.says(PATH, serve)
    assert asked({"style": "link", "cursor": key}).rows == 350


def test_a_link_among_others(site, asked):
    header = f'<{PATH}?p=9>; rel="last", <{PATH}?p=2>; rel="prefetch NEXT"; title="a, b"'
    site.says(PATH, lambda p, _: answer(IDS[3:5]) if p else answer(IDS[:3], {"Link": header}))
    assert asked({"style": "link"}).rows == 5


def test_a_next_link_that_the_contract_knows_nothing_of(site, held):
    """dlt-hub/dlt#2586: one request, and a part of the rows."""
    site.says(PATH, answer(IDS[:3], {"Link": f'<{PATH}?p=2>; rel="next"'}))
    assert held()[0] == "pages_incomplete"


@pytest.mark.parametrize("stamp", [{}, {"stamp": 1}])
def test_an_endpoint_that_ignores_the_page(site, held, stamp):
    numbers = count()
    site.says(PATH, lambda *_: answer(IDS[:3], **{k: next(numbers) for k in stamp}))
    assert held({"style": "page", "parameter": "ignored"})[0] == "pages_incomplete"


def test_rows_are_kept_as_they_were_written(tmp_path):
    rows = ['{"id": 12345678901234567890123,\r\n "a": 1.10, "b": 1E400, "c": "x\\ny"}',
            '{"id": 1, "id": 2}', '{"d": {"e": [1.0, null]}}']  # fmt: skip
    page, lines = tmp_path / "page.json", tmp_path / "rows.jsonl"
    page.write_text('{"rows": [' + ",\n".join(rows) + "]}", newline="")
    source = RestSource(location="http://127.0.0.1/", records="rows")
    write_records([page], source, lines)
    assert lines.read_text().splitlines() == [row.replace("\r\n", "  ") for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_every_encoding_of_json(site, asked, encoding):
    site.says(PATH, (200, {}, json.dumps({"rows": [{"id": "é"}]}, ensure_ascii=False)
                     .encode(encoding)))  # fmt: skip
    assert asked().rows == 1


def test_no_page_follows_to_a_host_that_is_not_declared(site, asked):
    site.says(PATH, answer(IDS[:3], {"Link": '<http://127.0.0.2:1/x>; rel="next"'}))
    with pytest.raises(InputError, match="doesn't declare"):
        asked({"style": "link"})
