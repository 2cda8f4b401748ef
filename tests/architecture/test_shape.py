"""Sizes, names and docstrings of the code, as the house has them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "include" / "assay"
FOLDERS = ("include/assay", "include/demo", "include/docgen", "plugins", "dags", "config")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
ROOMS = sorted(LIBRARY.glob("*/__init__.py"))
SUBJECTS = sorted((LIBRARY / "stages").glob("*/__init__.py"))
COMPOSING = {"models", "run"}
"""The subjects that export one function a stage of a run."""
DRAWERS = ("util", "helper", "common", "manager", "misc")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _body_lines(function: Function) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_a_module_is_no_longer_than_350_lines():
    lines = {_shown(p): len(p.read_text(encoding="utf-8").splitlines()) for p in FILES}
    assert {path: n for path, n in lines.items() if n > 350} == {}


def test_a_function_is_no_longer_than_50_lines():
    lines = {(_shown(p), f.name): _body_lines(f) for p in FILES for f in _functions(_tree(p))}
    assert {where: n for where, n in lines.items() if n > 50} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=_shown)
def test_a_dag_file_is_no_longer_than_150_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


def test_an_operator_executes_in_15_lines_or_fewer():
    paths = sorted((ROOT / "plugins/assay_airflow/operators").glob("*.py"))
    functions = [(p, f) for p in paths for f in _functions(_tree(p)) if f.name == "execute"]
    assert functions
    long = [(p.name, n) for p, f in functions if (n := _body_lines(f)) > 15]
    assert long == []


def test_nothing_is_named_like_a_drawer():
    names = {
        part.lower() for path in FILES for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert [name for name in sorted(names) if any(drawer in name for drawer in DRAWERS)] == []


@pytest.mark.parametrize("path", [*ROOMS, *SUBJECTS], ids=lambda p: p.parent.name)
def test_a_room_says_what_it_is_and_exports_few_names(path):
    assert ast.get_docstring(_tree(path))
    stub = path.with_suffix(".pyi")
    exports = [
        node.value
        for node in _tree(stub if stub.exists() else path).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and ast.unparse(node).startswith("__all__")
    ]
    assert len(exports) == 1
    names = ast.literal_eval(exports[0])
    assert len(set(names)) == len(names)
    if path.parent.name not in COMPOSING:
        assert len(names) <= 12


def _public_without_docstring(nodes: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield prefix + node.name
        # What a protocol asks for is explained where it is kept.
        if isinstance(node, ast.ClassDef) and "Protocol" not in map(ast.unparse, node.bases):
            yield from _public_without_docstring(node.body, f"{prefix}{node.name}.")


def test_every_module_and_public_name_has_a_docstring():
    assert [_shown(path) for path in FILES if not ast.get_docstring(_tree(path))] == []
    without = {_shown(path): [*_public_without_docstring(_tree(path).body)] for path in FILES}
    assert {path: names for path, names in without.items() if names} == {}
