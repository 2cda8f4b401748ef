import datetime as dt
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from assay.contract import Column, Contract, FilesSource, Freshness, Partition, Reference
from assay.quality import contract_suite, validate
from assay.quality._suite import Expectation, Suite, labelled
from assay.verdict import Outcome


def contract(*columns, **more):
    return Contract(
        dataset="flights", version="1", description="d", owner="o", columns=columns,
        partition=Partition(grain="day", timezone=more.pop("timezone", "UTC"), first="2013-02-04",
                            column=more.pop("dated", None)),
        source=FilesSource(location="inbox/x.csv", format="csv"), hash="0" * 64,
        path=Path("flights.odcs.yaml"), **more,
    )  # fmt: skip


def landed(unparsed=None, **columns):
    made = pa.table(columns)
    made = made.add_column(0, "__row", pa.array(range(len(made)), pa.int64()))
    unparsed = unparsed or [None] * len(made)
    return ibis.memtable(
        made.append_column("__unparsed", pa.array(unparsed, pa.list_(pa.string())))
    )


def reasons(validation):
    marks = validation.marks.order_by("__row").to_pyarrow().to_pylist()
    return {m["__row"]: (m["disposition"], m["reasons"]) for m in marks}


ID = Column(name="id", type="integer", required=True)
KIND = Column(name="kind", type="string", levels=("a", "b"))


def test_rows_carry_all_their_reasons(session):
    table = landed(unparsed=[None, ["id"], None, None, None], id=[1, None, 3, 3, 4],
                   kind=["a", "x", "b", "c", None])  # fmt: skip
    found = validate(session, table, contract_suite(contract(ID, KIND, primary_key=("id",))))
    assert reasons(found) == {
        1: ("quarantined", ["unparsed:id", "level:kind"]),
        2: ("quarantined", ["primary_key"]),
        3: ("quarantined", ["level:kind", "primary_key"]),
    }


def test_exact_duplicates_are_dropped_before_uniqueness_is_judged(session):
    table = landed(unparsed=[None, None, None, None, ["id"], ["id"]],
                   id=[1, 1, 2, 2, None, None], kind=["a", "a", "a", "b", None, None])  # fmt: skip
    agreed = contract(ID, KIND, primary_key=("id",), on_duplicate="keep_first")
    found = validate(session, table, contract_suite(agreed))
    assert (found.dropped, found.quarantined, found.rows_left) == (1, 4, 1)
    assert reasons(found)[1] == ("dropped", ["exact_duplicate"])
    assert reasons(found)[2] == ("quarantined", ["primary_key"])
    assert set(reasons(found)) == {1, 2, 3, 4, 5}
    strict = validate(session, table, contract_suite(contract(ID, KIND, primary_key=("id",))))
    assert (strict.dropped, strict.quarantined) == (0, 6)


@pytest.mark.parametrize(("mostly", "outcome"), [(1.0, Outcome.FAIL), (0.5, Outcome.PASS)])
def test_references_are_looked_up_in_released_rows(session, mostly, outcome):
    wanted = Reference(columns=("dest",), dataset="airports", to=("faa",), mostly=mostly)
    agreed = contract(Column(name="dest", type="string"), references=(wanted,))
    table = landed(dest=["JFK", "XXX", None])
    airports = ibis.memtable({"faa": ["JFK", "LGA", None]})
    found = validate(session, table, contract_suite(agreed, {"airports": airports}))
    assert found.outcome is outcome
    assert reasons(found) == (
        {1: ("quarantined", ["reference:dest"])} if outcome is Outcome.FAIL else {}
    )
    unknown = validate(session, table, contract_suite(agreed))
    assert unknown.outcome is Outcome.INCONCLUSIVE


def test_identifiers_are_looked_up_among_pseudonyms_only(session):
    tail = Column(name="tail", type="string", classification="identifier")
    wanted = Reference(columns=("tail",), dataset="planes", to=("tail",))
    agreed = contract(tail, references=(wanted,))
    planes = {"planes": ibis.memtable({"tail": ["p1"]})}
    raw = contract_suite(agreed, planes)
    clean = contract_suite(agreed, planes, stage="clean")
    assert not any(e.label == "reference:tail" for e in raw.expectations)
    assert [e.label for e in clean.expectations] == ["reference:tail"]
    assert reasons(validate(session, landed(tail=["p1", "p2"]), clean)) == {
        1: ("quarantined", ["reference:tail"])
    }


def test_rows_lie_within_their_batch(session):
    agreed = contract(Column(name="at", type="timestamp"), dated="at")
    moments = [dt.datetime(2013, 2, 3, 23), dt.datetime(2013, 2, 4), dt.datetime(2013, 2, 5)]
    found = validate(session, landed(at=moments), contract_suite(agreed, batch="2013-02-04"))
    assert set(reasons(found)) == {0, 2}


NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("kind", "own", "inside"),
    [("timestamp", NEW_YORK, ["2024-03-10T05:00", "2024-03-11T03:59:59"]),  # a day of 23 hours
     ("timestamp", None, ["2024-03-10T00:00", "2024-03-10T23:59:59"]),
     ("date", None, ["2024-03-10T00:00", "2024-03-10T00:00"])],
)  # fmt: skip
def test_a_day_is_that_of_the_zone_for_moments_and_of_the_calendar_for_clocks_on_a_wall(
    session, kind, own, inside
):
    at = Column(name="at", type=kind, timezone=own)
    agreed = contract(at, dated="at", timezone=NEW_YORK)
    step = dt.timedelta(days=1) if kind == "date" else dt.timedelta(seconds=1)
    first, last = map(dt.datetime.fromisoformat, inside)
    values = [first - step, first, last, last + step]
    table = landed(at=[v.date() for v in values] if kind == "date" else values)
    found = validate(session, table, contract_suite(agreed, batch="2024-03-10"))
    assert set(reasons(found)) == {0, 3}


@pytest.mark.parametrize(
    ("age", "own", "oldest"),
    [(dt.timedelta(hours=2), NEW_YORK, "2024-03-11T02:00"),
     (dt.timedelta(days=1), NEW_YORK, "2024-03-10T05:00"),  # the day has 23 hours
     (dt.timedelta(hours=2), None, "2024-03-10T22:00")],
)  # fmt: skip
def test_freshness_is_counted_back_from_the_end_of_the_day_in_its_zone(session, age, own, oldest):
    at = Column(name="at", type="timestamp", timezone=own)
    fresh = (Freshness(column="at", max_age=age),)
    agreed = contract(at, timezone=NEW_YORK, freshness=fresh)
    limit = dt.datetime.fromisoformat(oldest)
    for newest, expected in ((limit, "PASS"), (limit - dt.timedelta(seconds=1), "FAIL")):
        table = landed(at=[dt.datetime(2024, 3, 9), newest])
        found = validate(session, table, contract_suite(agreed, batch="2024-03-10"))
        by_label = {f.expectation.label: f for f in found.findings}
        assert by_label["stale:at"].verdict.value == expected


def test_a_batch_is_as_fresh_as_its_contract_says(session):
    day = Column(name="day", type="date")
    at = Column(name="at", type="timestamp")
    agreed = contract(day, at, freshness=(
        Freshness(column="at", max_age=dt.timedelta(hours=6)),
        Freshness(column="day", max_age=dt.timedelta(0), severity="warning"),
    ))  # fmt: skip

    def outcomes(moment, date):
        table = landed(at=[dt.datetime(2013, 2, 4), moment], day=[dt.date(2013, 2, 3), date])
        found = validate(session, table, contract_suite(agreed, batch="2013-02-04"))
        by_label = {f.expectation.label: f for f in found.findings}
        return [by_label[k].verdict.value for k in ("stale:at", "stale:day")]

    evening, today = dt.datetime(2013, 2, 4, 18), dt.date(2013, 2, 4)
    assert outcomes(evening, today) == ["PASS", "PASS"]
    assert outcomes(dt.datetime(2013, 2, 4, 17, 59), today) == ["FAIL", "PASS"]
    assert outcomes(evening, dt.date(2013, 2, 3)) == ["PASS", "WARN"]
    assert outcomes(None, None) == ["FAIL", "WARN"]
    assert not any(
        e.label.startswith("stale") for e in contract_suite(agreed, stage="clean").expectations
    )


def test_as_many_rows_as_another_data_set_has_released(session):
    kind = "expect_table_row_count_to_equal_other_table"
    planes = ibis.memtable({"tail": ["a", "b", None]})

    def judged(suite):
        return validate(session, landed(tail=["a", "c"]), suite).findings[0]

    same = Expectation(kind, {"other_table_name": "planes"})
    named = Suite("s", labelled((same,)))
    assert named.other_datasets == ("planes",)
    assert judged(named).problem is not None
    found = judged(named.with_released({"planes": planes}))
    assert (found.success, found.result["observed_value"]) == (False, {"self": 2, "other": 3})
    assert "released" not in found.document(())["expectation_config"]["kwargs"]
    some = Expectation(kind, {"other_table_name": "planes", "row_condition": "tail == 'a'"})
    assert judged(Suite("s", labelled((some,))).with_released({"planes": planes})).success


def test_a_missing_column_is_a_fault_of_the_table(session):
    found = validate(session, landed(id=[1]), contract_suite(contract(ID, KIND)))
    first = found.findings[0]
    assert (first.verdict, first.row_level) == (Outcome.FAIL, False)
    assert found.document()["results"][0]["result"]["details"]["mismatched"] == {
        "missing": ["kind"]
    }
