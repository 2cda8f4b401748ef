from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

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
    catalog.outbox_add("k", {}, at=now)
    catalog.migrate()
    assert [i.key for i in catalog.outbox()] == ["k"]


def test_a_migration_that_breaks_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(url)
    with monkeypatch.context() as patched:

        def explode(*_: object, **__: object) -> None:
            raise OSError("the disk is full")

        patched.setattr("alembic.operations.Operations.create_index", explode, raising=False)
        with pytest.raises(OSError, match="the disk is full"):
            catalog.migrate()
    with pytest.raises(CatalogError, match="no tables yet"):
        catalog.outbox()
    catalog.migrate()
    assert catalog.outbox() == []


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
