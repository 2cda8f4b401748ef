"""Unexpected rows by a query: one parsed SELECT that can only read the batch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.engine import EngineError, Session
from assay.quality._check import Check, Conclusion, scoped
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import GX_SQLITE, compiles
from assay.quality._suite import Expectation

BATCH: Final = "assay_batch"
"""What a query calls the rows that it reads."""
_NOUN: Final = "unexpected_rows_query"
_NODES: Final = frozenset({
    "SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE", "EMPTY", "BASE_TABLE",
    "SUBQUERY", "JOIN", "EXPRESSION_LIST", "TABLE_FUNCTION", "PIVOT", "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT", "ASCENDING",
    "DESCENDING",
})  # fmt: skip
"""What a query may be made of beside expressions; anything else is refused."""
_FROM_A_LIST: Final = frozenset({"unnest", "generate_subscripts"})
_MACROS: Final = frozenset({
    "nullif", "split_part", "fdiv", "fmod", "round_even", "roundbankers", "date_add",
    "days_in_month", "geomean", "geometric_mean", "weighted_avg", "wavg", "json",
    "array_append", "array_prepend", "array_reverse", "array_to_string", "list_append",
    "list_prepend", "list_reverse",
})  # fmt: skip
_OUTSIDE: Final = re.compile(r"(current_|pg_|json_(de)?serialize|getvariable|getenv|stats$|query)")
_CLOCKS: Final = re.compile(
    r"(current_(date|time|timestamp|user|role|catalog|schema)|local(time|timestamp)|session_user|"
    r"user)$"
)
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class _Reader:
    """What a query may name: the columns of the batch, and functions that only compute."""

    columns: frozenset[str]
    functions: frozenset[str]
    noun: str

    def check(self, node: Any, tables: frozenset[str]) -> None:
        """Refuse what reads anything but the tables that are known at this place."""
        if isinstance(node, list):
            for part in node:
                self.check(part, tables)
        if not isinstance(node, Mapping):
            return
        for entry in (node.get("cte_map") or {}).get("map", ()):
            name = str(entry["key"]).lower()
            if not _PLAIN.fullmatch(name):
                raise Unjudged(f"{self.noun} may name its parts by plain names only")
            self.check(entry["value"], tables)  # itself isn't known to it: that would be a file
            tables |= {name}
        self.one(node, tables)
        for key, part in node.items():
            if key != "cte_map":
                self.check(part, tables)

    def one(self, node: Mapping[str, Any], tables: frozenset[str]) -> None:
        """Refuse this node by itself."""
        kind, what = node.get("type"), node.get("class")
        named = what is None and isinstance(kind, str)
        if named and kind not in _NODES and not str(kind).endswith("_TYPE_INFO"):
            raise Unjudged(f"{self.noun} may not use {str(kind).lower()}")
        if node.get("sample"):
            raise Unjudged(f"{self.noun} may not draw a sample: the next run draws another")
        if kind == "BASE_TABLE":
            own = not node.get("schema_name") and not node.get("catalog_name")
            if not own or str(node["table_name"]).lower() not in tables:
                raise Unjudged(f"{self.noun} may read {{batch}} only")
        elif kind == "TABLE_FUNCTION" and what is None:
            if str(node["function"]["function_name"]).lower() not in _FROM_A_LIST:
                raise Unjudged(f"{self.noun} may read {{batch}} only")
        elif what in {"FUNCTION", "WINDOW"}:
            name = str(node["function_name"]).lower()
            if name not in self.functions:
                raise Unjudged(f"{self.noun} may not call {name}")
        elif what == "PARAMETER":
            raise Unjudged(f"{self.noun} may hold no parameter; write {{batch}}")
        elif what == "COLUMN_REF" and len(node["column_names"]) == 1:
            name = str(node["column_names"][0]).lower()
            if _CLOCKS.match(name) and name not in self.columns:
                raise Unjudged(f"{self.noun} may not ask for {name}")


def _computing(session: Session) -> frozenset[str]:
    """Functions of the engine that give the same for the same arguments and touch nothing else."""
    rows = session.query(
        "SELECT lower(function_name), bool_and(internal AND function_type IN ('scalar', "
        "'aggregate') AND stability = 'CONSISTENT' AND NOT coalesce(has_side_effects, false)) "
        "FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate') GROUP BY 1"
    )
    sure = {name for name, only_computes in rows if only_computes and not _OUTSIDE.match(name)}
    return frozenset(sure | _MACROS | _FROM_A_LIST)


@dataclass(frozen=True)
class _Query:
    """A query as the engine writes it, and whether its rows are rows of the batch, one by one."""

    sql: str
    row_by_row: bool


def readable(frame: Frame, query: str, *, noun: str = _NOUN) -> _Query:
    """The query, if it is one SELECT that reads the batch and nothing else.

    The engine's own parser reads it, what it made of it is checked, and that is what is run: no
    second reading can differ from the first.

    Raises
    ------
    Unjudged
        If it is no SELECT, more than one statement, or reads a file, another table, a setting or
        the clock.
    """
    text = query.replace("{batch}", BATCH)
    ((tree,),) = frame.session.query("SELECT json_serialize_sql(?)", [text])
    parsed = json.loads(tree)
    if parsed["error"]:
        unparsed = parsed.get("error_type") == "parser"
        why = "can't be parsed as SQL" if unparsed else "must be one SELECT"
        raise Unjudged(f"{noun} {why}")
    if len(parsed["statements"]) != 1:
        raise Unjudged(f"{noun} must be one SELECT")
    columns = frozenset(c.lower() for c in frame.columns)
    reader = _Reader(columns, _computing(frame.session), noun)
    reader.check(parsed["statements"], frozenset({BATCH}))
    ((written,),) = frame.session.query("SELECT json_deserialize_sql(?::JSON)", [tree])
    return _Query(str(written), _row_by_row(parsed["statements"][0]["node"]))


def _row_by_row(node: Mapping[str, Any]) -> bool:
    """Whether each row of the batch decides for itself if it is found.

    Only then is the number of rows that are found a count of rows. Any other number may be made to
    equal a value: the rows of ``unnest(range(salary))`` are as many as the salary.
    """
    return (
        node["type"] == "SELECT_NODE"
        and node["from_table"]["type"] == "BASE_TABLE"
        and not any(node[part] for part in ("group_expressions", "having", "qualify"))
        and node["aggregate_handling"] == "STANDARD_HANDLING"
        and not node["cte_map"]["map"]
        and all(modifier["type"] == "ORDER_MODIFIER" for modifier in node["modifiers"])
        and not _looks_beyond([node["select_list"], node["where_clause"]])
    )


def _looks_beyond(node: Any) -> bool:
    """Whether an expression reads other rows, or makes more than one of a row."""
    if isinstance(node, list):
        return any(map(_looks_beyond, node))
    if not isinstance(node, Mapping):
        return False
    many = str(node.get("function_name", "")).lower() in _FROM_A_LIST
    return many or node.get("class") in {"SUBQUERY", "WINDOW"} or _looks_beyond([*node.values()])


@compiles(
    "unexpected_rows_expectation", observed="count", reads_all=True, scans="one of its own",
    oracle=GX_SQLITE, required=("unexpected_rows_query",),
    differences="One SELECT in DuckDB's SQL that reads `{batch}` only, and neither a file nor a "
    "setting nor the clock; the rows aren't shown. Where columns are classified, the number of "
    "rows is shown only if each row of the batch decides for itself (no join, group, window, "
    "subquery, list or limit), because another number may spell a value.",
)  # fmt: skip
def unexpected_rows(frame: Frame, e: Expectation) -> Check:
    """The query finds no row."""
    query = readable(frame, str(e.kwargs["unexpected_rows_query"]))
    batch = frame.session.compile(scoped(frame, e).select(*frame.columns))
    sql = f"WITH {BATCH} AS ({batch}) SELECT count(*) AS n FROM ({query.sql}) AS found"  # noqa: S608
    try:
        n = int(frame.session.query(sql)[0][0])
    except EngineError as exc:
        raise Unjudged(f"unexpected_rows_query fails: {exc.kind}") from exc
    result = {"observed_value": n} | ({} if query.row_by_row else {"rows_of": "query"})
    return Check({}, lambda _: Conclusion(n == 0, result))
