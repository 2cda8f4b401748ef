"""Temporary files have one place: folders that ``assay.lake`` makes private and sweeps."""

import ast
from pathlib import Path

import pytest

ASSAY = Path(__file__).parents[2] / "include" / "assay"
MODULES = sorted(
    path.relative_to(ASSAY).as_posix()
    for path in ASSAY.rglob("*.py")
    if path.relative_to(ASSAY).parts[0] != "lake"
)


def imported(source: str) -> set[str]:
    """The modules that a source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_only_the_lake_makes_temporary_files(module: str) -> None:
    source = (ASSAY / module).read_text("utf-8")
    assert "tempfile" not in imported(source), "use assay.lake.private_folder or session.aside()"
    assert '"/tmp' not in source
    assert "TMPDIR" not in source


def test_the_rule_finds_an_import() -> None:
    assert "tempfile" in imported("def f():\n    from tempfile import mkdtemp\n")
    assert "tempfile" in imported("import os, tempfile\n")
