"""A database of its own on a real PostgreSQL, with two roles that may log in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

SERVER = "127.0.0.1:5432"


@dataclass(frozen=True)
class Database:
    """A database, and two roles that have no right in it."""

    name: str
    whole: str
    masked: str

    def url(self, user: str = "postgres") -> str:
        """The address by which a user logs in."""
        return f"postgresql://{user}@{SERVER}/{self.name}"

    def rows(self, question: str, user: str = "postgres") -> list[tuple[Any, ...]]:
        """What the database answers to a user."""
        with psycopg.connect(self.url(user), autocommit=True) as connection:
            return connection.execute(question.encode()).fetchall()

    def run(self, statement: str, user: str = "postgres") -> None:
        """A statement of a user that answers nothing."""
        with psycopg.connect(self.url(user), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def own_database() -> Iterator[Database]:
    """Make a database and its roles, and drop them; without a server the test is skipped."""
    tag = uuid.uuid4().hex[:12]
    found = Database(f"assay_test_{tag}", f"assay_whole_{tag}", f"assay_masked_{tag}")
    try:
        url = f"postgresql://postgres@{SERVER}/postgres"
        server = psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    with server:
        _each(server, "CREATE DATABASE {}", found.name)
        _each(server, "CREATE ROLE {} LOGIN", found.whole, found.masked)
        try:
            yield found
        finally:
            _each(server, "DROP DATABASE {} WITH (FORCE)", found.name)
            _each(server, "DROP ROLE {}", found.whole, found.masked)


def _each(server: psycopg.Connection, statement: str, *names: str) -> None:
    for name in names:
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))
