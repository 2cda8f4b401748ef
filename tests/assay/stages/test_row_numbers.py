"""A version's row numbers: its own, found again by the registry key alone, and older ones read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.engine import open_session
from assay.errors import InputError
from assay.keys import unseal_file
from assay.stages.run._references import versions_table
from assay.stages.run._row_numbers import read_row_numbers
from assay.stages.versions import find_rows, open_cleaned

DAY = "2024-01-03"


@pytest.fixture
def released(ready: Any, mini: Any) -> Any:
    """A home with a day more, whose cleaning keeps values."""
    policy = ready.project / "include" / "policies" / "visits" / "cleaning.yaml"
    policy.write_text(f"change_log: values\n{policy.read_text()}")
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    return ready


def _version(train: Any) -> str:
    return str(train.batch("visits", DAY)["version"])


def _object(train: Any, version: str, name: str) -> Any:
    return pq.read_table(train.services.registry.fetch("visits", DAY, version, name)).to_pandas()


def _landed(train: Any) -> Any:
    (path,) = train.home.glob(f"landing/visits/{DAY}/*/rows.parquet")
    return pq.read_table(path).to_pandas().set_index("__row")


def test_a_row_is_found_in_the_landing_and_back(released: Any) -> None:
    services, version = released.services, _version(released)
    observed, landed = _object(released, version, "observed"), _landed(released)
    assert observed["__id"].tolist() == list(range(len(landed)))
    with services.session() as session:
        rows = find_rows(services, session, "visits", DAY, version, range(len(observed)))
        back = find_rows(services, session, "visits", DAY, version, landed=[5, 7])
        with pytest.raises(InputError, match="no such row"):
            find_rows(services, session, "visits", DAY, version, [len(observed)])
    found = landed.loc[[row["landed"] for row in rows]]
    assert found["seen"].tolist() == observed["seen"].tolist()
    assert found["site"].tolist() == observed["site"].tolist()
    assert {r["landed"] for r in back} == {5, 7}
    assert all(row in rows for row in back)


def test_the_companion_opens_as_its_own_versions_alone(released: Any, tmp_path: Path) -> None:
    services, version = released.services, _version(released)
    path = services.registry.fetch("visits", DAY, version, "rows")
    assert b"PAR1" not in path.read_bytes()
    own = services.registry.sealing_key(version, "rows")
    unseal_file(path, tmp_path / "own", own, f"rows/visits/{DAY}/{version}")
    other = services.registry.sealing_key("0" * 32, "rows")
    for key, about in ((other, f"rows/visits/{DAY}/{version}"), (own, f"rows/visits/{DAY}/other")):
        with pytest.raises(InputError, match="doesn't open"):
            unseal_file(path, tmp_path / "swapped", key, about)


def test_log_and_tables_of_a_version_have_its_row_numbers(released: Any, tmp_path: Path) -> None:
    services, version = released.services, _version(released)
    data = _object(released, version, "data").set_index("__id")
    imputed = set(data.index[data["score__imputed"]])
    assert imputed
    cleaned = open_cleaned(services, "visits", DAY, version)
    out = tmp_path / "undone.parquet"
    with services.session() as session:
        (rule,) = [c for c in cleaned.changes(session) if c["rule"] == "impute.median"]
        values = cleaned.values(session, "impute.median")
        cleaned.undo(session, "impute.median", None, out)
        assert cleaned.replay(session).same
    assert set(rule["rows"]) == imputed
    assert {v["__id"] for v in values} == imputed
    undone = pq.read_table(out).to_pandas()
    assert undone["__id"].is_monotonic_increasing
    assert set(undone.loc[undone["score"].isnull(), "__id"]) == imputed
    kept = data.reset_index().merge(undone, on="__id", suffixes=("", "_then"))
    assert (kept["person"] == kept["person_then"]).all()


def _as_before(train: Any, folder: Path) -> str:
    """A version of the day with landing row numbers, as they were committed once."""
    services, version = train.services, _version(train)
    (work,) = train.home.glob(f"work/visits/{DAY}/{version}")
    derived = services.registry.lineage("visits", DAY, version)
    derived = derived.model_copy(update={"transform_version": "5"})
    old = services.registry.version_id("visits", DAY, derived)
    objects = {"state": work / "state.json", "cleaning": train.home / "reports" / "visits" / DAY
               / version / "cleaning.json"}  # fmt: skip
    with open_session() as session:
        candidate = session.read_parquet(work / "candidate.parquet")
        numbers = session.read_parquet(work / "row_numbers.parquet")
        tables = {
            "observed": (session.read_parquet(work / "observed.parquet"), ["__row"]),
            "changes": (
                session.read_parquet(work / "change_log.parquet"), ["__row", "step", "column"],
            ),
            "data": (
                numbers.inner_join(candidate, "__id").drop("__id"), ["person", "__row"],
            ),
        }  # fmt: skip
        for name, (table, order) in tables.items():
            objects[name] = folder / f"{name}.parquet"
            nonce = services.registry.nonce(old, name)
            session.write_parquet(table, objects[name], order, nonce)
    services.registry.commit("visits", DAY, derived, objects, at=datetime.now(UTC))
    return old


def test_a_version_of_before_is_read_beside_the_new_ones(released: Any, tmp_path: Path) -> None:
    new, old = _version(released), _as_before(released, tmp_path)
    assert old != new
    services = released.services
    cleaned = open_cleaned(services, "visits", DAY, old)
    days = {f"{DAY}": old, released_day(services): released_version(services)}
    with services.session() as session:
        assert read_row_numbers(services, session, "visits", DAY, old) is None
        with pytest.raises(InputError, match="still have their landing row numbers"):
            find_rows(services, session, "visits", DAY, old, [1])
        assert cleaned.replay(session).same
        both = versions_table(services, session, "visits", days, "observed")
        assert session.value(both.count()) == 2 * 500
        out = tmp_path / "undone.parquet"
        difference = cleaned.undo(session, "impute.median", None, out)
    assert difference.cells["score"] > 0
    assert "__row" in pq.read_schema(out).names


def released_day(services: Any) -> str:
    """A batch whose version is of today."""
    return str(min(services.registry.snapshot("visits").batches))


def released_version(services: Any) -> str:
    """The version of that batch."""
    return str(services.registry.snapshot("visits").batches[released_day(services)])
