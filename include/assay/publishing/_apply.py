"""Carry out a plan: what is loaded first is shown last, and in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError
from assay.publishing._found import definition_hash, read_published
from assay.publishing._load import load_version
from assay.publishing._plan import PublishingPlan, Step, plan_publishing
from assay.publishing._statements import partition
from assay.publishing._wanted import BATCH, VERSION, Wanted

if TYPE_CHECKING:
    from psycopg import Connection, sql

_COLUMNS: Final = ("prepare", "add_column")
_LOADS: Final = ("load",)
_DROPS: Final = ("drop",)


def apply_publishing(
    connection: Connection,
    wanted: Wanted,
    plan: PublishingPlan,
    step: Callable[[str], None] = lambda _: None,
) -> None:
    """Carry out a plan.

    Versions are loaded first, each in a transaction of its own, which a repetition doesn't do
    again. Then one transaction changes views, rights and the pointer: readers see all of it or
    nothing. What no snapshot holds is dropped last.

    Parameters
    ----------
    step : callable
        Called with what is done next, for a display of progress.

    Raises
    ------
    InputError
        If the plan isn't what there is to do now.
    """
    name = f"assay publishing {wanted.dataset}"
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
    try:
        now = plan_publishing(wanted, read_published(connection, wanted.dataset))
        if now.hash != plan.hash:
            raise InputError(
                "what there is to do has changed since the plan was made", where=wanted.dataset,
                got=f"plan {plan.hash[:12]}", expected=f"plan {now.hash[:12]}",
                do="Plan again, and apply that.",
            )  # fmt: skip
        _Work(connection, wanted, step).carry_out(plan)
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))


def _of(plan: PublishingPlan, *kinds: str) -> list[Step]:
    """The steps of some kinds, in the plan's order."""
    return [step for step in plan.steps if step.kind in kinds]


class _Work:
    """A plan under way."""

    def __init__(self, connection: Connection, wanted: Wanted, step: Callable[[str], None]) -> None:
        self.connection, self.wanted, self.step = connection, wanted, step

    def carry_out(self, plan: PublishingPlan) -> None:
        """Prepare, load, show, drop."""
        columns, loads, drops = (_of(plan, *kinds) for kinds in (_COLUMNS, _LOADS, _DROPS))
        rest = [s for s in plan.steps if s.kind not in {*_COLUMNS, *_LOADS, *_DROPS}]
        if retyped := _of(plan, "retype"):
            # A version can't be loaded before its columns have their types, nor these change while
            # a view shows them: so all of it is one transaction.
            views = _of(plan, "drop_view")
            done = {*views, *retyped}
            self._together(
                [*views, *retyped, *columns, *loads, *(s for s in rest if s not in done)]
            )
        else:
            self._together(columns)
            for load in loads:
                self._together([load])
            self._together(rest)
        for drop in drops:
            self._together([drop])

    def _together(self, steps: list[Step]) -> None:
        with self.connection.transaction():
            for one in steps:
                self.step(one.says)
                getattr(self, f"_{one.kind}")(*one.subject)

    def _run(self, text: str, values: Any = None, **names: str) -> None:
        self.connection.execute(_composed(text, schema=self.wanted.dataset, **names), values)

    def _prepare(self) -> None:
        self._run("CREATE SCHEMA {schema}")  # one that is there is somebody else's
        for text in _TABLES:
            self._run(text)
        for column in self.wanted.columns:
            self._add_column(column.name, column.type)
        self._protect()

    def _add_column(self, name: str, kind: str) -> None:
        self._run(f"ALTER TABLE {{schema}}.rows ADD COLUMN {{name}} {kind}", name=name)

    def _retype(self, name: str, kind: str) -> None:
        self._run(
            f"ALTER TABLE {{schema}}.rows ALTER COLUMN {{name}} TYPE {kind}"
            f" USING {{name}}::{kind}", name=name,
        )  # fmt: skip

    def _drop_column(self, name: str) -> None:
        self._run("ALTER TABLE {schema}.rows DROP COLUMN {name}", name=name)

    def _load(self, version: str) -> None:
        table = partition(version)
        self._run("DROP TABLE IF EXISTS {schema}.{table}", table=table)
        self._run("DELETE FROM {schema}.versions WHERE version = %s", (version,))
        self._run("CREATE TABLE {schema}.{table} (LIKE {schema}.rows)", table=table)
        self._run("ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY", table=table)
        one = self.wanted.versions[version]
        rows = load_version(self.connection, self.wanted, one)
        self._run(
            "INSERT INTO {schema}.versions VALUES (%s, %s, %s, %s, %s, now())",
            (
                version,
                one.batch,
                one.digest,
                json.dumps([[c.name, c.type] for c in one.columns]),
                rows,
            ),
        )

    def _attach(self, version: str) -> None:
        self._run(
            f"ALTER TABLE {{schema}}.rows ATTACH PARTITION {{schema}}.{{table}} "
            f"FOR VALUES IN ('{version}')", table=partition(version),
        )  # fmt: skip

    def _point(self, number: str) -> None:
        self._run("DELETE FROM {schema}.snapshots")
        for snapshot, versions in self.wanted.snapshots.items():
            for version in versions:
                values = (snapshot, self.wanted.versions[version].batch, version)
                self._run("INSERT INTO {schema}.snapshots VALUES (%s, %s, %s)", values)
        self._run("DELETE FROM {schema}.pointer")
        self._run("INSERT INTO {schema}.pointer VALUES (%s, now())", (int(number),))

    def _drop_view(self, name: str) -> None:
        self._run("DROP VIEW {schema}.{name}", name=name)
        self._run("DELETE FROM {schema}.views WHERE name = %s", (name,))

    def _view(self, name: str, query: str) -> None:
        from psycopg import sql

        made = "CREATE VIEW {schema}.{name} WITH (security_barrier) AS "
        self.connection.execute(
            _composed(made, schema=self.wanted.dataset, name=name) + sql.SQL(query)
        )
        found = self.connection.execute(_MADE, (self.wanted.dataset, name)).fetchone()
        digest = definition_hash(found[0] if found else "")
        self._run("DELETE FROM {schema}.views WHERE name = %s", (name,))
        self._run("INSERT INTO {schema}.views VALUES (%s, %s, %s)", (name, query, digest))

    def _protect(self) -> None:
        """Shield the table: a role that is given a right to it still sees no row."""
        policies = self.connection.execute(_POLICIES, (self.wanted.dataset,)).fetchall()
        for (name,) in policies:
            self._run("DROP POLICY {name} ON {schema}.rows", name=name)
        self._run("ALTER TABLE {schema}.rows ENABLE ROW LEVEL SECURITY")

    def _revoke(self, name: str, role: str, right: str) -> None:
        self._right("REVOKE", "FROM", name, role, right)

    def _grant(self, name: str, role: str, right: str) -> None:
        self._right("GRANT", "TO", name, role, right)

    def _right(self, verb: str, to: str, name: str, role: str, right: str) -> None:
        who = "PUBLIC" if role == "PUBLIC" else "{role}"
        table, _, column = name.partition(".")
        on = "SCHEMA {schema}" if not name else "{schema}.{table}"
        of = f"{right} ({{column}})" if column else right
        names = {"role": role} if who != "PUBLIC" else {}
        names |= {"table": table} if name else {}
        names |= {"column": column} if column else {}
        self._run(f"{verb} {of} ON {on} {to} {who}", **names)

    def _drop(self, version: str) -> None:
        self._run("DROP TABLE IF EXISTS {schema}.{table}", table=partition(version))
        self._run("DELETE FROM {schema}.versions WHERE version = %s", (version,))


def _composed(text: str, **names: str) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(text).format(**{n: sql.Identifier(name) for n, name in names.items()})


_TABLES = (
    f"CREATE TABLE {{schema}}.rows ({BATCH} text NOT NULL, {VERSION} text NOT NULL) "
    f"PARTITION BY LIST ({VERSION})",
    "CREATE TABLE {schema}.versions (version text PRIMARY KEY, batch text NOT NULL, "
    "digest text NOT NULL, columns text NOT NULL, rows bigint NOT NULL, "
    "loaded_at timestamptz NOT NULL)",
    "CREATE TABLE {schema}.snapshots (snapshot bigint, batch text, version text, "
    "PRIMARY KEY (snapshot, batch))",
    "CREATE TABLE {schema}.pointer (snapshot bigint NOT NULL, moved_at timestamptz NOT NULL)",
    "CREATE TABLE {schema}.views (name text PRIMARY KEY, query text NOT NULL, "
    "definition text NOT NULL)",
)
_POLICIES = """
    SELECT p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = 'rows'
"""
_MADE = """
    SELECT pg_get_viewdef(c.oid) || coalesce(array_to_string(c.reloptions, ','), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s
"""
