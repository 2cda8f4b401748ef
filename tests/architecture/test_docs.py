"""What the written documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from assay.cli._main import app
from assay.lake import ZONES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "include" / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    paths = [link.split("#")[0] for link in links if "://" not in link]
    assert [path for path in paths if path and not (page.parent / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_verb_of_the_command_exists(page):
    root = typer.main.get_command(app)
    text = page.read_text(encoding="utf-8")
    verbs = re.findall(
        r"(?:`|^\s*)(?:\.venv/bin/)?assay ([a-z-]+)(?: ([a-z-]+))?", text, re.MULTILINE
    )
    for verb, inner in verbs:
        assert verb in root.commands, verb
        group = getattr(root.commands[verb], "commands", None)
        if group and inner:
            assert inner in group, f"{verb} {inner}"


def test_the_operators_manual_has_every_zone():
    text = (DOCS / "operating.md").read_text(encoding="utf-8")
    rows = {
        m[1]: m[2] for m in re.finditer(r"^\| `([a-z]+)` \|.*\| (yes)? ?\|$", text, re.MULTILINE)
    }
    assert {zone.name: zone.restricted for zone in ZONES}.items() <= {
        name: bool(yes) for name, yes in rows.items()
    }.items()


def test_a_data_set_that_ships_for_the_demo_has_a_page():
    for name in ("flights", "census_employment"):
        assert "pseudonymised" in (DOCS / f"{name}.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_gaps():
    names = sorted(path.name for path in (DOCS / "adr").glob("*.md"))
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
    for name in names:
        text = (DOCS / "adr" / name).read_text(encoding="utf-8")
        heads = [line for line in text.splitlines() if line.startswith("#")]
        assert heads[0].startswith(f"# {int(name[:4])}. ")
        assert heads[1:] == ["## Context", "## Decision", "## Consequences"]
