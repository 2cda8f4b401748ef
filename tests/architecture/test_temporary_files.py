"""Temporary files have one place: folders that ``assay.lake`` makes private and sweeps."""

import ast
from pathlib import Path

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


def test_only_the_lake_makes_temporary_files() -> None:
    sources = {module: (ASSAY / module).read_text("utf-8") for module in MODULES}
    importing = [module for module, source in sources.items() if "tempfile" in imported(source)]
    assert importing == [], "use assay.lake.private_folder or session.aside()"
    assert [m for m, source in sources.items() if '"/tmp' in source or "TMPDIR" in source] == []


def test_the_rule_finds_an_import() -> None:
    assert "tempfile" in imported("def f():\n    from tempfile import mkdtemp\n")
    assert "tempfile" in imported("import os, tempfile\n")
