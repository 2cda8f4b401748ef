"""From every reason code there is a way to its runbook, and back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.cleaning._judge import _FAULTS
from assay.reasons import ReasonCode

INCLUDE = Path(__file__).parents[2] / "include"
RUNBOOKS = sorted((INCLUDE / "docs" / "runbooks").glob("*.md"))
NAMES = {path.stem for path in RUNBOOKS}
WITHOUT_VERDICT = {"earlier_batch_undecided"}
"""Codes of an error that ends a run before anything is judged."""


def _texts(node: ast.AST) -> Iterator[str]:
    """Constant texts of an expression, but none that it only compares with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Compare | ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _constants(tree: ast.Module) -> dict[str, str]:
    """Names of a module that stand for one text."""
    pairs = ((n.target, n.value) for n in tree.body if isinstance(n, ast.AnnAssign) and n.value)
    more = ((n.targets[0], n.value) for n in tree.body if isinstance(n, ast.Assign))
    return {
        ast.unparse(name): value.value
        for name, value in (*pairs, *more)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _codes(path: Path) -> Iterator[str]:
    """Every text that a module gives as the code of a reason or of a fault."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # Cleaning names the faults of its steps otherwise than their codes.
    wanted = {"code"} if path.parent.name == "cleaning" else {"code", "fault"}
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            given = [k.value for k in node.keywords if k.arg in wanted]
            if called in {"_reason", "_share_reason"} and node.args:
                given.append(node.args[0])
            for value in given:
                yield from _texts(value)
                if isinstance(value, ast.Name) and value.id in constants:
                    yield constants[value.id]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            yield from _texts(node.value)


def codes() -> set[str]:
    """Every reason code that the library can give."""
    found = {
        code
        for path in (INCLUDE / "assay").rglob("*.py")
        # The catalog and the command read codes, and have errors of other kinds.
        if path.parent.name not in {"catalog", "cli", "alerting"}
        for code in _codes(path)
    }
    return found | {f"cleaning_{fault}" for fault in _FAULTS} | WITHOUT_VERDICT


def test_every_reason_code_has_a_runbook():
    assert sorted(set(ReasonCode) - NAMES) == []


def test_every_runbook_has_a_reason_code():
    assert sorted(NAMES - set(ReasonCode)) == []


def test_the_library_gives_the_codes_of_the_enumeration_alone():
    assert sorted(codes() ^ set(ReasonCode)) == []


@pytest.mark.parametrize("code", ReasonCode)
def test_a_code_has_its_rooms_and_a_sentence(code: ReasonCode):
    assert code == code.name.lower()
    assert all((INCLUDE / "assay" / room / "__init__.py").is_file() for room in code.rooms)
    assert code.meaning[0].isupper()
    assert code.meaning.endswith(".")
    assert "told" not in code.meaning


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda p: p.stem)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}\n")
    assert "## How to look\n" in text
    assert "## What to do\n" in text
    assert len(text.splitlines()) >= 10
