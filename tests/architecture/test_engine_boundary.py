"""Only the engine writes SQL, and nobody else reaches its backend."""

import ast
import re
from pathlib import Path

import pytest

ASSAY = Path(__file__).parents[2] / "include" / "assay"
READERS = {
    "catalog/_migrate.py",
    "ingest/readers/_csv.py",
    "ingest/readers/_json_lines.py",
    "ingest/readers/_landed_rows.py",
    "ingest/readers/_parquet.py",
    "ingest/readers/_parquet_rewritten.py",
    "ingest/readers/_moments.py",
    "ingest/readers/_numbers.py",
    "ingest/readers/_text_sql.py",
    "ingest/readers/_types.py",
    "ingest/readers/_unclear_times.py",
    "publishing/_apply.py",
    "publishing/_found.py",
    "publishing/_load.py",
    "publishing/_statements.py",
    "quality/expectations/_query_result.py",
    "ingest/sources/_postgres.py",
    "ingest/sources/_sqlite.py",
    "ingest/sources/_statement.py",
    "quality/expectations/_sql.py",
}
"""Modules that may write SQL: of files, sources, the catalog's database, the SQL of a suite, and
what is published in another database."""
MODULES = sorted(
    name
    for name in (path.relative_to(ASSAY).as_posix() for path in ASSAY.rglob("*.py"))
    if not name.startswith("engine/")
)
_SQL = re.compile(
    r"\b(SELECT\s+($|\*|DISTINCT|count|[a-z_1(\"'])|COPY \(|CREATE (OR REPLACE )?(TEMP|TABLE|VIEW)"
    r"|DROP (TABLE|VIEW)|DESCRIBE SELECT|IS NOT NULL|GROUP BY|ORDER BY|current_setting)"
)


def _texts(tree: ast.Module) -> list[str]:
    """Texts of a module that aren't documentation."""
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
    ]


def violations(source: str) -> list[str]:
    """What a module outside the engine does that only the engine may."""
    tree = ast.parse(source)
    found = [f"SQL: {text[:40]!r}" for text in _texts(tree) if _SQL.search(text)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "backend":
            found.append(f"line {node.lineno}: .backend")
        elif isinstance(node, ast.Attribute) and node.attr in {"sql", "query"}:
            owner = ast.unparse(node.value)
            if owner == "session" or owner.endswith(".session"):
                found.append(f"line {node.lineno}: session.{node.attr}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names]
            if any(name == "duckdb" or name.startswith("duckdb.") for name in names):
                found.append(f"line {node.lineno}: import duckdb")
        elif isinstance(node, ast.Attribute) and node.attr == "builtin":
            found.append(f"line {node.lineno}: a function of one engine")
    return found


def test_only_the_engine_and_readers_write_sql() -> None:
    others = [module for module in MODULES if module not in READERS]
    found = {m: violations((ASSAY / m).read_text(encoding="utf-8")) for m in others}
    assert {module: faults for module, faults in found.items() if faults} == {}


def test_every_reader_exists() -> None:
    assert set(MODULES) >= READERS


@pytest.mark.parametrize(
    "source",
    [
        "session.backend.raw_sql('x')",
        "import duckdb",
        "from duckdb import Error",
        "frame.session.sql('x')",
        "text = f'SELECT {name} FROM t'",
        "text = f'x IS NOT NULL AND {y}'",
        "@ibis.udf.agg.builtin\ndef f(): ...",
    ],
)
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    assert len(violations(source)) == 1


@pytest.mark.parametrize("source", ["'Write one SELECT.'", "'''SELECT 1'''", "table.sql_name"])
def test_the_check_leaves_the_rest_alone(source: str) -> None:
    assert violations(f"x = {source}" if "table" in source else source) == []
