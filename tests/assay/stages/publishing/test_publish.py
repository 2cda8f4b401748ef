"""Releases in a real PostgreSQL: each role sees there what it sees in files, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from postgres_database import Database, own_database

import assay
from assay.errors import InputError
from assay.stages.authoring import check_project
from assay.stages.publishing import apply_publish, plan_publish, published_datasets

SCIENTIST = {
    "may": ["read_released"], "purposes": ["research"], "others": "keep", "until": "2100-01-01",
    "columns": {
        "person": {"treatment": "mask", "text": "–", "keep_last": 2, "rationale": "A test."},
        "age": {"treatment": "generalise", "to": {"kind": "bins", "edges": [18, 65]}},
        "seen": {"treatment": "generalise", "to": {"kind": "date", "unit": "month"}},
        "team": {"treatment": "drop"},
    },
    "rows": "site == 'S1' and score > 40",
}  # fmt: skip
OWNER = {
    "may": ["read_released"], "purposes": ["research"], "others": "keep",
    "columns": {name: {"treatment": "keep", "rationale": "A test."} for name in ("person", "team")},
}  # fmt: skip


@pytest.fixture
def database() -> Iterator[Database]:
    with own_database() as found:
        yield found


def write_policies(project: Path, database: Database, **changes: Any) -> None:
    """Let the owner read all of visits in the database, and the scientist a part."""
    folder = project / "include" / "policies" / "visits"
    scientist = {k: v for k, v in (SCIENTIST | changes).items() if v is not None}
    access = {"roles": {"owner": OWNER, "scientist": scientist}, "log": {"anchor_minutes": 5}}
    publishing = {
        "connection": "warehouse", "keep_snapshots": 1,
        "readers": {
            database.whole: {"role": "owner", "purpose": "research"},
            database.masked: {"role": "scientist", "purpose": "research"},
        },
    }  # fmt: skip
    (folder / "access.yaml").write_text(yaml.safe_dump(access))
    (folder / "publishing.yaml").write_text(yaml.safe_dump(publishing))


def services(train: Any, database: Database, day: str | None = None) -> Any:
    found = replace(train.services, credentials=lambda _: {"url": database.url()})
    if day is None:
        return found
    moment = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    return replace(found, clock=lambda: moment)


def masked_rows(train: Any) -> list[tuple[Any, ...]]:
    """What the scientist should see, counted by hand over the released rows."""
    whole = assay.open("visits", project=train.project, **_as_owner()).to_pandas()
    kept = whole[(whole["site"] == "S1") & (whole["score"] > 40)]
    found = []
    for row in kept.itertuples():
        age = None if row.age != row.age else row.age
        band = None if age is None else "<18" if age < 18 else ">=65" if age >= 65 else "[18, 65)"
        person = None if row.person is None else f"–{row.person[-2:]}"
        found.append((person, band, row.score))
    return sorted(found, key=repr)


def _as_owner() -> dict[str, str]:
    """How rows are opened as the owner, where opening asks for a role."""
    import inspect

    asked = inspect.signature(assay.open).parameters
    return {"role": "owner", "purpose": "research"} if "role" in asked else {}


def test_each_role_sees_in_the_database_what_it_sees_in_files(
    ready: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    write_policies(ready.project, database)
    assert [str(p) for p in check_project(ready.services.project, gx=False)] == []
    assert published_datasets(ready.services) == ["visits"]
    opened = services(ready, database)
    plan = plan_publish(opened, "visits")
    assert plan.steps
    assert not plan.drift
    apply_publish(opened, "visits", plan.hash[:12])
    assert plan_publish(opened, "visits").steps == ()

    whole = assay.open("visits", project=ready.project, **_as_owner()).to_arrow()
    count = database.rows("SELECT count(*) FROM visits.latest", database.whole)
    assert count == [(whole.num_rows,)]
    names = f"SELECT * FROM visits.latest_for_{database.masked} LIMIT 0"
    with psycopg.connect(database.url(database.masked)) as connection:
        described = connection.execute(names.encode()).description or []
    columns = [column.name for column in described]
    assert "team" not in columns
    assert {"person", "age", "site", "score", "seen", "__batch"} <= set(columns)
    mine = f"SELECT person, age, score FROM visits.latest_for_{database.masked}"
    found = sorted(database.rows(mine, database.masked), key=repr)
    assert found == masked_rows(ready)
    assert len(found) > 20
    seen = f"SELECT DISTINCT seen FROM visits.latest_for_{database.masked} WHERE seen IS NOT NULL"
    assert all(day[0].day == 1 for day in database.rows(seen, database.masked))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows("SELECT person FROM visits.latest", database.masked)


def test_a_release_is_published_and_a_policy_that_changes_is_drift(
    ready: Any, database: Database
) -> None:
    write_policies(ready.project, database)
    apply_publish(services(ready, database), "visits")
    ready.drop("visits", "2024-01-03", ready_visits("2024-01-03"))
    ready.run("visits", "2024-01-03")
    plan = apply_publish(services(ready, database), "visits")
    kinds = [step.kind for step in plan.steps]
    assert (kinds.count("load"), kinds.count("attach"), kinds.count("point")) == (1, 1, 1)
    batches = "SELECT count(DISTINCT __batch) FROM visits.latest"
    assert database.rows(batches, database.whole) == [(3,)]
    earlier = f"SELECT count(DISTINCT __batch) FROM visits.snapshot_{plan.snapshot - 1}"
    assert database.rows(earlier, database.whole) == [(2,)]

    write_policies(ready.project, database, rows=None, columns={})
    plan = plan_publish(services(ready, database), "visits")
    assert plan.drift
    apply_publish(services(ready, database), "visits")
    mine = f"SELECT count(*) FROM visits.latest_for_{database.masked}"
    whole = database.rows("SELECT count(*) FROM visits.latest")
    assert database.rows(mine, database.masked) == whole


def ready_visits(day: str) -> str:
    import mini_project

    return mini_project.visits(day)


def test_a_role_past_its_last_day_loses_what_it_had(ready: Any, database: Database) -> None:
    write_policies(ready.project, database)
    apply_publish(services(ready, database), "visits")
    plan = apply_publish(services(ready, database, "2100-01-02"), "visits")
    assert f"drop the view latest_for_{database.masked}, which nobody declared" not in {
        step.says for step in plan.steps
    }
    with pytest.raises(psycopg.errors.Error):
        database.rows(f"SELECT * FROM visits.latest_for_{database.masked}", database.masked)
    assert database.rows("SELECT count(*) > 0 FROM visits.latest", database.whole) == [(True,)]


def test_readers_need_an_access_policy_and_its_roles(ready: Any, database: Database) -> None:
    write_policies(ready.project, database)
    folder = ready.project / "include" / "policies" / "visits"
    kept = (folder / "access.yaml").read_text()
    (folder / "access.yaml").unlink()
    with pytest.raises(InputError, match="no access policy says what they may see"):
        plan_publish(services(ready, database), "visits")
    problems = [str(p) for p in check_project(ready.services.project, gx=False)]
    assert any("no access policy says" in p for p in problems)
    (folder / "access.yaml").write_text(kept.replace("scientist", "scholar"))
    problems = [str(p) for p in check_project(ready.services.project, gx=False)]
    assert any("no such role in access.yaml. Got 'scientist'" in p for p in problems)


def test_what_cannot_be_published_says_what_to_do(train: Any, database: Database) -> None:
    write_policies(train.project, database)
    with pytest.raises(InputError, match="nothing is released"):
        plan_publish(services(train, database), "visits")
    nowhere = replace(train.services, credentials=lambda _: {})
    with pytest.raises(InputError, match="connection 'warehouse': the connection has no address"):
        plan_publish(nowhere, "visits")


def test_the_command_shows_a_plan_and_applies_that(
    ready: Any, database: Database, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from assay.cli._main import run

    write_policies(ready.project, database)
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    known = {"get_uri": database.url(), "login": None, "password": None, "extra_dejson": {}}
    monkeypatch.setattr("assay.launcher.find_connection", lambda *_: known)
    assert run(["publish", "plan", "visits"]) == 1
    said = capfd.readouterr().out
    assert "make the schema visits" in said
    plan = said.split()[-1]
    assert run(["publish", "apply", "visits", plan]) == 0
    assert "done: point latest at snapshot 2" in capfd.readouterr().out
    assert run(["publish", "plan", "visits"]) == 0
    assert "is published as the policies say" in capfd.readouterr().out
    assert run(["publish", "apply", "visits", plan]) == 2
    assert "Plan again" in capfd.readouterr().err
