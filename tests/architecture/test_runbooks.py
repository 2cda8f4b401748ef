"""From every reason code there is a way to its runbook and its room, and back."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from assay.reasons import RUNBOOKS, ReasonCode

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / RUNBOOKS).glob("*.md"))
CODES = list(ReasonCode)
NAMES = {path.stem for path in PAGES}
LIBRARY = ROOT / "include" / "assay"
SOURCES = [p for p in sorted(LIBRARY.rglob("*.py")) if p.name != "reasons.py"]
SOURCES += sorted((ROOT / "plugins").rglob("*.py"))
OTHER_WORDS = {
    "rows_quarantined", "spread_zero", "empty_batch", "no_reference", "not_applicable", "recalled",
}  # fmt: skip
"""Also names of counts, of faults of a cleaning step, of states of a comparison and a version."""


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _literals(node: ast.AST) -> Iterator[str]:
    """Texts that an expression may give, but none that it only compares with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield ast.unparse(node)
    elif not isinstance(node, ast.Compare | ast.Subscript):
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _given(path: Path) -> Iterator[str]:
    """Literal texts that a module gives as the code of a reason or of a fault."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            values = [k.value for k in node.keywords if k.arg == "code"]
            if called in {"_reason", "_share_reason"}:
                values += node.args[:1]
            for value in values:
                yield from _literals(value)


def _spelled(path: Path) -> Iterator[str]:
    """Codes that a module spells out, docstrings aside."""
    tree = _tree(path)
    documents = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documents:
            value = node.value
            if isinstance(value, str) and value in NAMES and value not in OTHER_WORDS:
                yield value


def _users() -> dict[str, set[str]]:
    """Member of the enumeration → the rooms whose sources name it."""
    users = defaultdict[str, set[str]](set)
    for path in SOURCES:
        if path.is_relative_to(LIBRARY):
            for node in ast.walk(_tree(path)):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ReasonCode":
                    users[node.attr].add(path.relative_to(LIBRARY).parts[0])
    return users


def test_no_source_spells_a_code():
    spelled = {str(p.relative_to(ROOT)): [*_given(p), *_spelled(p)] for p in SOURCES}
    assert {path: codes for path, codes in spelled.items() if codes} == {}


def test_every_code_is_given_by_its_rooms_and_by_no_other():
    users = _users()
    # A stage may read the codes of its rooms.
    found = {c: users[c.name] - ({"stages"} if "stages" not in c.rooms else set()) for c in CODES}
    assert found == {c: set(c.rooms) for c in CODES}


def test_every_code_has_a_runbook_and_every_runbook_a_code():
    assert sorted(set(CODES) ^ NAMES) == []


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_name_and_a_sentence(code: ReasonCode):
    assert code == code.name.lower()
    assert code.meaning[0].isupper()
    assert code.meaning.endswith(".")


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}\n")
    assert "## How to look\n" in text
    assert "## What to do\n" in text
    assert len(text.splitlines()) >= 10
