"""Arrow tables as relations of DuckDB, for people who ask in SQL."""

from __future__ import annotations

from typing import Any

import duckdb
from duckdb import DuckDBPyRelation as Relation

__all__ = ["Relation", "relation_of"]


def relation_of(table: Any) -> Relation:
    """An Arrow table as a relation, on a connection of its own that lives as long as it does."""
    return duckdb.connect().from_arrow(table)
