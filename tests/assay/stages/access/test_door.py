"""The door to released rows: nobody gets a row, a column or a value that no line lets them see."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assay
from assay.access.log import AccessLog
from assay.errors import AccessError, InputError, PolicyError
from assay.lake import Lake
from assay.snapshots import open_snapshot
from assay.stages.access import Reader, check_right, export_as, read_as_task
from assay.stages.access.log import verify_log

COLUMNS = ("person", "site", "age", "score", "team", "passed", "seen")
CLASSIFIED = {"person", "team"}
LOG = {"anchor_minutes": 5}
KEEP = {"treatment": "keep", "rationale": "Why."}
FIRST = "2024-01-01"


def mask(text: str = "hidden", last: int = 0) -> dict[str, Any]:
    more = {"keep_last": last, "rationale": "Why."} if last else {}
    return {"treatment": "mask", "text": text, **more}


def coarse(kind: str, **more: Any) -> dict[str, Any]:
    return {"treatment": "generalise", "to": {"kind": kind, **more}}


WAYS = {
    "person": [mask(), mask(last=2), coarse("prefix", length=3)],
    "site": [mask(), coarse("levels", levels={"first": ["A"]}, other="rest")],
    "age": [mask(), coarse("bins", edges=[30, 60])],
    "score": [mask(), coarse("bins", edges=[0.0])],
    "team": [mask(), mask(last=1)],
    "passed": [mask("?")],
    "seen": [mask(), coarse("date", unit="month")],
}
FILTERS = {
    "age > 40": lambda rows: rows.age > 40,
    "site == 'A' or age < 30": lambda rows: (rows.site == "A") | (rows.age < 30),
    "score is null": lambda rows: rows.score.isna(),
    "age / 0 > 1": lambda rows: rows.age < -1,
}


def write(project: Path, roles: Any, **more: Any) -> None:
    path = project / "include" / "policies" / "visits" / "access.yaml"
    path.write_text(yaml.safe_dump({"roles": roles, "log": LOG, **more}))


def role(**more: Any) -> dict[str, Any]:
    return {"may": ["read_released"], "purposes": ["research"], "others": "keep", **more}


@st.composite
def roles(draw: st.DrawFn) -> dict[str, Any]:
    """What one role sees: any way for any column, and perhaps a filter."""
    columns = {}
    for name in COLUMNS:
        ways = [None, {"treatment": "drop"}, KEEP, *WAYS[name]]
        if (way := draw(st.sampled_from(ways))) is not None:
            columns[name] = way
    others = "keep" if not columns else draw(st.sampled_from(["keep", "drop"]))
    rows = draw(st.sampled_from([None, *FILTERS]))
    return role(columns=columns, others=others, **({"rows": rows} if rows else {}))


def seen(of: dict[str, Any], name: str) -> Any:
    """What a role sees of a column, by the words of the policy: None where it is kept."""
    way = of["columns"].get(name)
    if way is None:
        return None if of["others"] == "keep" and name not in CLASSIFIED else "drop"
    return {"keep": None, "drop": "drop"}.get(way["treatment"], way)


def masked(way: dict[str, Any], value: Any) -> Any:
    """A value as the policy lets it be seen, in plain Python."""
    if pd.isna(value):
        return None
    if way["treatment"] == "mask":
        last = way.get("keep_last", 0)
        return way["text"] + (str(value)[-last:] if last and len(str(value)) > last else "")
    to = way["to"]
    if to["kind"] == "prefix":
        return str(value)[: to["length"]]
    if to["kind"] == "levels":
        return "first" if value in to["levels"]["first"] else "rest"
    if to["kind"] == "date":
        return value.date().replace(day=1)
    low, high = to["edges"][0], to["edges"][-1]
    if value < low:
        return f"<{low:g}"
    return f">={high:g}" if value >= high else f"[{low:g}, {high:g})"


@pytest.fixture(scope="module")
def shared(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A copy of the small project whose access policy the tests of this module write."""
    return mini.copy(template, tmp_path_factory.mktemp("door"))


@pytest.fixture
def closed(shared: Any) -> Any:
    yield shared
    (shared.project / "include" / "policies" / "visits" / "access.yaml").unlink(missing_ok=True)
    for zone in ("access_log", "secrets/access"):
        shutil.rmtree(shared.home / zone, ignore_errors=True)


@pytest.fixture(scope="module")
def clear(shared: Any) -> pd.DataFrame:
    """The rows as they are stored."""
    registry = shared.services.registry
    _, versions = registry.partitions("visits", None)
    return pd.concat(
        [pd.read_parquet(registry.open(v.objects["data"])) for v in versions.values()],
        ignore_index=True,
    )


def opened(home: Any, name: str = "scientist", purpose: str | None = "research") -> Any:
    return open_snapshot(home.services, "visits", reader=Reader(name, purpose, "ada"))


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(of=roles())
def test_no_hidden_value_is_in_any_output_of_any_role(
    closed: Any, clear: pd.DataFrame, tmp_path: Path, of: dict[str, Any]
) -> None:
    write(closed.project, {"scientist": of})
    ways = {name: seen(of, name) for name in COLUMNS}
    if all(way == "drop" for way in ways.values()):
        with pytest.raises(AccessError, match="sees no column"):
            opened(closed).to_arrow()
        return
    kept = clear[FILTERS[of["rows"]](clear)] if "rows" in of else clear
    expected = {
        name: list(kept[name]) if way is None else [masked(way, v) for v in kept[name]]
        for name, way in ways.items() if way != "drop"
    }  # fmt: skip

    snapshot = opened(closed)
    table = snapshot.to_arrow()
    files = snapshot.paths()

    assert table.column_names == list(expected)
    for name, values in expected.items():
        found = table.column(name).to_pylist()
        wanted = pa.array(values, from_pandas=True)
        assert found == wanted.cast(table.schema.field(name).type).to_pylist(), name
    assert pa.Table.from_batches(snapshot.blocks(), table.schema).equals(table)
    out = tmp_path / "out.csv"
    reader = Reader("scientist", "research", "ada")
    export_as(closed.services, reader, "visits", None, out, bookkeeping=True)
    text = out.read_text() + "".join(str(pq.read_table(p).to_pylist()) for p in files.values())
    hidden = {
        "person": set(clear.person.dropna()), "score": set(clear.score.dropna().map(repr)),
        "seen": set(clear.seen.dropna().astype(str)),
    }  # fmt: skip
    for name, secrets in hidden.items():
        if ways[name] is not None:
            assert not [v for v in secrets if v in text], name
    with_flags = set(pyarrow.csv.read_csv(out).column_names) - {"__batch", *COLUMNS}
    for flag in with_flags - {"__id"}:
        assert ways[flag.split("__")[0]] is None
    whole = "rows" not in of and all(way is None for way in ways.values())
    assert ("__id" in with_flags) == whole


def test_rows_keep_their_order_and_their_number_without_the_hidden_ones(
    closed: Any, clear: pd.DataFrame
) -> None:
    write(closed.project, {"scientist": role(columns={"age": KEEP}, rows="age > 40")})
    found = opened(closed).to_pandas(columns=["age"])
    assert list(found.age) == list(clear.age[clear.age > 40])


def test_a_role_that_sees_all_reads_the_files_themselves(closed: Any) -> None:
    write(closed.project, {"scientist": role(columns={"person": KEEP, "team": KEEP})})
    snapshot = opened(closed)
    stored = {
        batch: closed.services.registry.open(v.objects["data"])
        for batch, v in snapshot.versions.items()
    }
    assert snapshot.paths() == stored


@pytest.mark.parametrize(
    ("role_", "purpose", "said"),
    [
        (None, None, "nobody said in which role"),
        ("scientist", None, "for a purpose"),
        ("scientist", "sales", "isn't a purpose"),
        ("owner", "research", "no such role"),
        ("steward", "research", "hasn't the right read_released"),
    ],
)
def test_nobody_gets_in_whom_no_line_lets_in(
    closed: Any, role_: Any, purpose: Any, said: str
) -> None:
    write(closed.project, {"scientist": role(), "steward": {"may": ["see_runs"]}})
    with pytest.raises(AccessError, match=said):
        open_snapshot(closed.services, "visits", reader=Reader(role_, purpose, "ada"))


def test_a_role_is_its_members_alone(closed: Any) -> None:
    write(closed.project, {"scientist": role()}, members={"scientist": ["grace", "lab"]})
    with pytest.raises(AccessError, match="isn't a member"):
        opened(closed)
    lab = Reader("scientist", "research", "ada", frozenset({"lab"}))
    assert open_snapshot(closed.services, "visits", reader=lab).to_arrow().num_rows


def test_a_policy_that_does_not_load_closes_the_door(closed: Any) -> None:
    path = closed.project / "include" / "policies" / "visits" / "access.yaml"
    path.write_text("roles: {}\n")
    with pytest.raises(PolicyError):
        opened(closed)


@pytest.mark.parametrize(
    "of",
    [
        role(columns={"site": coarse("bins", edges=[1])}),
        role(columns={"age": coarse("prefix", length=1)}),
        role(rows="site"),
        role(rows="nothing > 3"),
    ],
)
def test_a_mask_or_filter_that_does_not_fit_shows_nothing(closed: Any, of: Any) -> None:
    write(closed.project, {"scientist": of})
    with pytest.raises(AccessError):
        opened(closed).to_arrow()


def test_the_role_and_the_purpose_come_from_the_environment_too(
    closed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(closed.project, {"scientist": role()})
    monkeypatch.setenv("ASSAY_PROJECT", str(closed.project))
    monkeypatch.setenv("ASSAY_HOME", str(closed.home))
    with pytest.raises(AccessError, match="ASSAY_ROLE"):
        assay.open("visits")
    monkeypatch.setenv("ASSAY_ROLE", "scientist")
    monkeypatch.setenv("ASSAY_PURPOSE", "research")
    assert "person" not in assay.open("visits").schema.names
    snapshot = assay.open("visits", role="scientist", purpose="research")
    assert snapshot.to_pandas().shape[1] == 5
    with pytest.raises(InputError, match="no such column"):
        snapshot.to_arrow(["person"])


def test_tasks_read_as_pipeline_and_have_the_numbers_of_rows(closed: Any) -> None:
    services = closed.services
    _, versions = services.registry.partitions("visits", None)
    write(closed.project, {"scientist": role()})
    with pytest.raises(AccessError, match="no such role"):
        read_as_task(services, "visits", versions, "training")
    write(closed.project, {"pipeline": role(purposes=["training"], rows="age > 40")})
    files = read_as_task(services, "visits", versions, "training")
    names = pq.read_schema(files[FIRST]).names
    assert "__id" in names
    assert "person" not in names
    with pytest.raises(AccessError, match="isn't a purpose"):
        read_as_task(services, "visits", versions, "labelling")


def test_a_person_reads_as_a_task_only_where_the_policy_names_them(closed: Any) -> None:
    write(closed.project, {"pipeline": role(purposes=["training"])})
    with pytest.raises(AccessError, match="isn't a member of the role"):
        opened(closed, "pipeline", "training").to_arrow()
    write(closed.project, {"pipeline": role(purposes=["training"])}, members={"pipeline": ["ada"]})
    assert opened(closed, "pipeline", "training").to_arrow().num_rows > 0


def test_each_read_is_one_line_and_a_look_at_columns_is_none(closed: Any) -> None:
    write(closed.project, {"scientist": role(rows="age > 40")})
    snapshot = opened(closed)
    log = AccessLog(Lake(closed.home))
    assert snapshot.schema.names
    assert list(log.entries()) == []

    rows = snapshot.to_arrow(batches=FIRST).num_rows

    (entry,) = log.entries()
    assert (entry.user, entry.role, entry.dataset) == ("ada", "scientist", "visits")
    assert (entry.action, entry.purpose, entry.rows) == ("read_released", "research", rows)
    assert entry.about["versions"] == {FIRST: snapshot.batches[FIRST]}
    assert entry.about["snapshot"] == 2
    assert verify_log(closed.services).whole
    assert verify_log(closed.services).anchored == 1


def test_a_read_that_cannot_be_put_on_record_does_not_happen(closed: Any) -> None:
    write(closed.project, {"scientist": role()})
    (closed.home / "access_log").write_text("not a folder")
    try:
        with pytest.raises(OSError, match="access_log"):
            opened(closed).to_arrow()
    finally:
        (closed.home / "access_log").unlink()


def test_a_right_that_shows_no_released_rows_is_checked_and_on_record(closed: Any) -> None:
    rights = {"may": ["read_raw"], "purposes": ["quality"], "rationale": "Why."}
    write(closed.project, {"steward": rights})
    check_right(closed.services, "visits", "read_raw", Reader("steward", "quality", "ada"))
    with pytest.raises(AccessError):
        check_right(closed.services, "visits", "erase", Reader("steward", "quality", "ada"))
    assert [e.action for e in AccessLog(Lake(closed.home)).entries()] == ["read_raw"]


def test_without_a_policy_everything_is_as_it_was(closed: Any, clear: pd.DataFrame) -> None:
    found = open_snapshot(closed.services, "visits", reader=Reader(None, None, "ada"))
    assert found.to_arrow().num_rows == len(clear)
    check_right(closed.services, "visits", "erase", Reader(None, None, "ada"))
    assert not (closed.home / "access_log").exists()
