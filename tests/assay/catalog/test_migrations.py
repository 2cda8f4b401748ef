from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from assay.catalog import Catalog, _migrate
from assay.catalog._schema import REVISION, Base
from assay.catalog._store import open_engine
from assay.errors import CatalogError


def test_the_migrations_give_the_models(url: str) -> None:
    Catalog(url).migrate()
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_constant_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(_migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_migrating_again_changes_nothing(url: str, now: datetime) -> None:
    catalog = Catalog(url)
    catalog.migrate()
    catalog.outbox.add("k", {}, at=now)
    catalog.migrate()
    assert [i.key for i in catalog.outbox.find()] == ["k"]


def test_a_migration_that_breaks_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(url)
    with monkeypatch.context() as patched:

        def explode(*_: object, **__: object) -> None:
            raise OSError("the disk is full")

        patched.setattr("alembic.operations.Operations.create_index", explode, raising=False)
        with pytest.raises(OSError, match="the disk is full"):
            catalog.migrate()
    with pytest.raises(CatalogError, match="no tables yet"):
        catalog.outbox.find()
    catalog.migrate()
    assert catalog.outbox.find() == []


def test_a_catalog_of_a_newer_version_is_refused(url: str) -> None:
    catalog = Catalog(url)
    catalog.migrate()
    with open_engine(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(CatalogError, match="r9999"):
        catalog.migrate()


def test_without_migration_the_error_says_what_to_do(url: str, tmp_path: object) -> None:
    if url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path}/new.sqlite"
    with pytest.raises(CatalogError, match="Migrate it once"):
        Catalog(url).status()


def test_other_databases_are_refused_without_telling_the_password() -> None:
    for url in ("sqlite://", "oracle://me:hush@host/db"):
        with pytest.raises(CatalogError, match="SQLite file or PostgreSQL") as caught:
            Catalog(url)
        assert "hush" not in str(caught.value)
    with pytest.raises(CatalogError, match="can't be read"):
        Catalog("not a url")
    assert "hush" not in Catalog("postgresql://me:hush@host/db").location


def test_a_catalog_of_the_first_revision_keeps_its_data(url: str, now: datetime) -> None:
    """Incidents, and messages on their way, go on from where they were."""
    engine = open_engine(url)
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    _upgrade_to(url, "r0001")
    with engine.begin() as connection:
        for statement in _AT_FIRST:
            connection.execute(text(statement), {"at": now})
    catalog = Catalog(url)
    catalog.migrate()
    one, old = catalog.incidents.find()
    assert (one.state, one.reopened, one.escalations, one.snoozed_until) == ("open", 0, 0, None)
    assert [(b.batch, b.until) for b in one.batches] == [("b1", None)]
    assert old.resolution is None
    (item,) = catalog.outbox.find("pending")
    assert item.thread == "incident/1/slack/abc"
    assert item.body == {"kind": "opened"}
    assert catalog.responses.acknowledge(1, by="ann", at=now).kind == "acknowledged"
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    _upgrade_to(url, "r0001", down=True)
    assert catalog_rows(engine, "incidents") == 2


_AT_FIRST = (
    "INSERT INTO incidents (id, dataset, check_name, state, outcome, opened, closed) VALUES"
    " (1, 'd', 'c', 'open', 'FAIL', :at, NULL), (2, 'd', 'c', 'closed', 'FAIL', :at, :at)",
    "INSERT INTO incident_batches (incident_id, batch, state, reasons, since, at)"
    " VALUES (1, 'b1', 'failing', '[]', :at, :at)",
    "INSERT INTO outbox (key, body, state, attempts, created, due) VALUES"
    " ('incident/1/opened/slack/abc', '{\"kind\": \"opened\", \"edits\": null}', 'pending', 0,"
    " :at, :at)",
)


def catalog_rows(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def _upgrade_to(url: str, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(_migrate.MIGRATIONS))
    with open_engine(url).execution_options(assay_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
