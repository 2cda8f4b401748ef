"""A Python function over the distinct texts of a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from ibis import Table
from ibis.util import gen_name


def mapped(con: Any, column: ir.Column, function: Callable[[str], str]) -> Table:
    """Each distinct text of a column with what a function makes of it, as a temporary table."""
    name, texts, made = gen_name("function"), gen_name("texts"), gen_name("mapped")

    def of_block(block: pa.Array) -> pa.Array:
        return pa.array([function(value) for value in block.to_pylist()], pa.string())

    distinct = column.cast("string").name("value").as_table().distinct()
    con.create_table(texts, distinct.filter(distinct.value.notnull()), temp=True)
    con.con.create_function(name, of_block, ["VARCHAR"], "VARCHAR", type="arrow")
    try:
        query = f"SELECT value, {name}(value) AS result FROM {texts}"  # noqa: S608
        con.raw_sql(f"CREATE TEMP TABLE {made} AS {query}")
    finally:
        con.con.remove_function(name)
        con.drop_table(texts)
    return con.table(made)
