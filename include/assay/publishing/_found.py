"""What is published now: tables, views and rights, as the database's own catalog has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.publishing._wanted import Column

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class View:
    """A view: the query that it was made of, and the hash of what the database made of it then.

    Parameters
    ----------
    query : str or None
        None if Assay didn't make it.
    as_made : bool
        Whether the database's definition is still the one that it had then.
    """

    query: str | None
    as_made: bool


@dataclass(frozen=True)
class Loaded:
    """A version that is loaded: the hash of its file, and its columns."""

    digest: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Found:
    """What a schema holds.

    Parameters
    ----------
    owned : bool
        Whether there is such a schema with Assay's tables in it.
    loaded : mapping of str to Loaded
        Version → what it was loaded from.
    attached : frozenset of str
        Versions that are partitions of ``rows``.
    protected : bool
        Whether row-level security shields ``rows`` from a role that gets a right to it.
    grants : frozenset of tuple
        (object, role, right) that isn't the owner's: of the schema, its tables, views, columns.
    """

    owned: bool = False
    columns: tuple[Column, ...] = ()
    loaded: Mapping[str, Loaded] = field(default_factory=dict)
    attached: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    snapshot: int | None = None
    snapshots: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    protected: bool = False
    grants: frozenset[tuple[str, str, str]] = frozenset()


def read_published(connection: Connection, schema: str) -> Found:
    """Read what a schema holds, in one state of the database."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        ask = _Questions(connection, schema)
        if not ask.owned():
            return Found()
        return Found(
            owned=True,
            columns=tuple(Column(*row) for row in ask.rows(_COLUMNS)),
            loaded=ask.loaded(),
            attached=frozenset(name[len("v_") :] for (name,) in ask.rows(_PARTITIONS)),
            tables=frozenset(name[len("v_") :] for (name,) in ask.rows(_TABLES)),
            snapshot=next((n for (n,) in ask.own("SELECT snapshot FROM {}.pointer")), None),
            snapshots=ask.snapshots(),
            views=ask.views(),
            protected=bool(ask.rows(_PROTECTED)[0][0]),
            grants=frozenset((str(o), str(r), str(p)) for o, r, p in ask.rows(_GRANTS)),
        )


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*pair) for pair in json.loads(text))


def definition_hash(text: str) -> str:
    """The hash by which a view's definition is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class _Questions:
    connection: Connection
    schema: str

    def rows(self, text: Any) -> list[tuple[Any, ...]]:
        """Rows of a question about the schema by its name."""
        return self.connection.execute(text, {"schema": self.schema}).fetchall()

    def own(self, text: Any) -> list[tuple[Any, ...]]:
        """Rows of a table in the schema."""
        from psycopg import sql

        return self.connection.execute(sql.SQL(text).format(sql.Identifier(self.schema))).fetchall()

    def owned(self) -> bool:
        return bool(self.rows(_OWNED)[0][0])

    def loaded(self) -> dict[str, Loaded]:
        rows = self.own("SELECT version, digest, columns FROM {}.versions")
        return {version: Loaded(digest, _columns(text)) for version, digest, text in rows}

    def snapshots(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {}
        for number, version in self.own("SELECT snapshot, version FROM {}.snapshots"):
            found.setdefault(number, []).append(version)
        return {number: tuple(sorted(versions)) for number, versions in found.items()}

    def views(self) -> dict[str, View]:
        made = {name: (query, digest) for name, query, digest in self.own(
            "SELECT name, query, definition FROM {}.views")}  # fmt: skip
        found = {}
        for name, text in self.rows(_VIEWS):
            query, digest = made.get(name, (None, None))
            found[name] = View(query, digest == definition_hash(text))
        return found


_OWNED = """
    SELECT count(*) = 5 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p')
    AND c.relname IN ('rows', 'versions', 'snapshots', 'pointer', 'views')
"""
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = 'rows' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_PARTITIONS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
    WHERE n.nspname = %(schema)s AND p.relname = 'rows'
"""
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind = 'r' AND c.relname LIKE 'v\\_%%'
"""
_VIEWS = """
    SELECT c.relname, pg_get_viewdef(c.oid) || coalesce(array_to_string(c.reloptions, ','), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind = 'v'
"""
_PROTECTED = """
    SELECT c.relrowsecurity AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = 'rows'
"""
_GRANTS = """
    SELECT '' AS object, coalesce(r.rolname, 'PUBLIC'), g.privilege_type
    FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) g
    LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE n.nspname = %(schema)s AND g.grantee <> n.nspowner
    UNION ALL
    SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), g.privilege_type
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE n.nspname = %(schema)s AND g.grantee <> c.relowner
    UNION ALL
    SELECT c.relname || '.' || a.attname, coalesce(r.rolname, 'PUBLIC'), g.privilege_type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(a.attacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE n.nspname = %(schema)s AND g.grantee <> c.relowner
"""
