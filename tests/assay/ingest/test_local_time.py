"""Local times are the moments that Python's time zones make of them, or are named as unclear."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.ingest.readers._local_time import moments

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
NEW_YORK = "America/New_York"
TWICE = dt.datetime(2024, 11, 3, 1, 30)
NEVER = dt.datetime(2024, 3, 10, 2, 30)


def _by_python(local: dt.datetime, zone: str, repeated: str | None) -> dt.datetime | None:
    """The moment of a local time, by asking for both folds and looking back."""
    at = ZoneInfo(zone)
    both = {local.replace(tzinfo=at, fold=fold).astimezone(dt.UTC) for fold in (0, 1)}
    found = sorted(m for m in both if m.astimezone(at).replace(tzinfo=None, fold=0) == local)
    if not found or (len(found) == 2 and repeated is None):
        return None
    return found[-1 if repeated == "later" else 0].replace(tzinfo=None)


def _moments(local: list[dt.datetime | None], zone: str, repeated: str | None = None) -> list[Any]:
    return list(moments(pa.array(local, pa.timestamp("us")), zone, repeated).to_pylist())


def _assert_as_python(local: list[dt.datetime], zone: str) -> None:
    for repeated in (None, "earlier", "later"):
        expected = [_by_python(one, zone, repeated) for one in local]
        assert _moments(local, zone, repeated) == expected


TIMES = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2025, 12, 31, 23, 59))
FAR_TIMES = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), local=st.lists(TIMES | FAR_TIMES, min_size=1, max_size=40))
def test_local_times_are_those_of_zoneinfo(zone: str, local: list[dt.datetime]) -> None:
    _assert_as_python(local, zone)


def _around_changes(zone: str) -> list[dt.datetime]:
    """Local times of two years around each change of the clock, a quarter of an hour apart."""
    at, hour = ZoneInfo(zone), dt.timedelta(hours=1)
    first = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    offsets = [(first + n * hour).astimezone(at).utcoffset() for n in range(2 * 366 * 24)]
    changes = [n for n in range(1, len(offsets)) if offsets[n] != offsets[n - 1]]
    quarter = dt.timedelta(minutes=15)
    return [
        (first + n * hour).replace(tzinfo=None) + (offsets[n] or dt.timedelta()) + k * quarter
        for n in changes
        for k in range(-16, 17)
    ]


@pytest.mark.parametrize(
    "zone",
    [NEW_YORK, "Africa/Cairo", "Asia/Beirut", "America/Havana", "Atlantic/Azores",
     "Antarctica/Troll", "Australia/Lord_Howe", "Africa/Casablanca"],
)  # fmt: skip
def test_every_change_of_the_clock_is_that_of_zoneinfo(zone: str) -> None:
    local = _around_changes(zone)
    assert None in [_by_python(one, zone, None) for one in local]
    _assert_as_python(local, zone)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_every_clock_is_that_of_zoneinfo(zone: str) -> None:
    _assert_as_python(_around_changes(zone) or [TWICE], zone)


@pytest.mark.slow
@settings(max_examples=6000, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), local=st.lists(TIMES | FAR_TIMES, min_size=1, max_size=40))
def test_far_more_local_times_are_those_of_zoneinfo(zone: str, local: list[dt.datetime]) -> None:
    _assert_as_python(local, zone)


def test_nothing_stays_nothing_and_blocks_may_be_empty() -> None:
    assert _moments([None, dt.datetime(2024, 7, 1)], NEW_YORK) == [None, dt.datetime(2024, 7, 1, 4)]
    assert _moments([], NEW_YORK) == []


COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "at", "type": "timestamp", "timezone": NEW_YORK},
]


def _landed(landing: Any) -> list[Any]:
    return list(pq.read_table(landing.rows_path)["at"].to_pylist())


def test_a_time_without_an_offset_is_read_in_the_zone_of_its_column(dropped: Any) -> None:
    text = "id,at\na,2013-02-04 10:00\nb,2013-02-04T10:00:00-08:00\nc,2013-07-04 10:00\nd,\n"
    landing = dropped(text.encode(), columns=COLUMNS)
    at = dt.datetime(2013, 2, 4, 15), dt.datetime(2013, 2, 4, 18), dt.datetime(2013, 7, 4, 14), None
    assert _landed(landing) == [*at]
    assert landing.faults == ()


@pytest.mark.parametrize("kind", ["csv", "format", "jsonl", "parquet"])
def test_times_that_exist_twice_or_never_are_named_and_not_guessed(
    dropped: Any, tmp_path: Path, kind: str
) -> None:
    at = [TWICE, NEVER, dt.datetime(2024, 11, 3, 0, 30), NEVER]
    columns, source = COLUMNS, {"format": kind}
    if kind == "parquet":
        pq.write_table(pa.table({"id": ["a", "b", "c", "d"], "at": at}), tmp_path / "t.parquet")
        data = (tmp_path / "t.parquet").read_bytes()
    elif kind == "jsonl":
        data = "".join(f'{{"id": "a", "at": "{one.isoformat()}"}}\n' for one in at).encode()
    else:
        form = "%d.%m.%Y %H:%M" if kind == "format" else "%Y-%m-%d %H:%M"
        columns = [COLUMNS[0], COLUMNS[1] | ({"format": form} if kind == "format" else {})]
        data = ("id,at\n" + "".join(f"a,{one.strftime(form)}\n" for one in at)).encode()
        source = {"format": "csv"}
    landing = dropped(data, columns=columns, **source)
    assert _landed(landing) == [None, None, dt.datetime(2024, 11, 3, 4, 30), None]
    (fault,) = landing.faults
    assert (fault.code, fault.column) == ("local_time_unclear", "at")
    assert (fault.numbers, fault.outcome) == ({"twice": 1, "never": 2}, "WARN")
    assert landing.manifest.unparsed == {"at": 3}


@pytest.mark.parametrize(("repeated", "hour"), [("earlier", 5), ("later", 6)])
def test_a_column_may_say_which_of_two_times_is_meant(
    dropped: Any, repeated: str, hour: int
) -> None:
    columns = [COLUMNS[0], COLUMNS[1] | {"repeated_hour": repeated}]
    landing = dropped(b"id,at\na,2024-11-03 01:30\nb,2024-03-10 02:30\n", columns=columns)
    assert _landed(landing) == [dt.datetime(2024, 11, 3, hour, 30), None]
    assert [fault.numbers for fault in landing.faults] == [{"twice": 0, "never": 1}]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_clock_on_a_wall_is_landed_as_it_is_written(
    dropped: Any, tmp_path: Path, kind: str
) -> None:
    columns = [COLUMNS[0], {"name": "at", "type": "timestamp", "timezone": None}]
    if kind == "csv":
        zoned = dropped(b"id,at\na,2024-11-03T01:30:00-04:00\n", columns=columns)
        plain = dropped(b"id,at\na,2024-11-03 01:30\nb,2024-03-10 02:30\n", columns=columns)
    else:
        found = []
        for zone in ("UTC", None):
            table = pa.table({"id": ["a"], "at": pa.array([TWICE], pa.timestamp("us", tz=zone))})
            pq.write_table(table, tmp_path / "t.parquet")
            data = (tmp_path / "t.parquet").read_bytes()
            found.append(dropped(data, name="{batch}.parquet", columns=columns, format="parquet"))
        zoned, plain = found
    assert _landed(zoned) == [None]
    assert zoned.manifest.unparsed == {"at": 1}
    assert _landed(plain) == [TWICE, NEVER][: len(_landed(plain))]
    assert plain.manifest.unparsed == {}


def test_a_format_with_the_name_of_a_zone_gives_a_moment(dropped: Any) -> None:
    form = {"format": "%Y-%m-%d %H:%M %Z"}
    landing = dropped(
        b"id,at\na,2024-07-01 10:00 Asia/Tokyo\n", columns=[COLUMNS[0], COLUMNS[1] | form]
    )
    assert _landed(landing) == [dt.datetime(2024, 7, 1, 1)]
