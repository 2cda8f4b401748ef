"""What the written documentation names is there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from assay.cli._main import app
from assay.lake import ZONES
from assay.policy import Policy
from assay.stages.run import chain

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "include" / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
ROOT_COMMAND = typer.main.get_command(app)
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    paths = [link.split("#")[0] for link in links if "://" not in link]
    assert [path for path in paths if path and not (page.parent / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_verb_of_the_command_exists(page):
    root = ROOT_COMMAND
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
        m[1]: m[2] for m in re.finditer(r"^\| `([a-z_]+)` \|.*\| (yes)? ?\|$", text, re.MULTILINE)
    }
    assert {zone.name: zone.restricted for zone in ZONES}.items() <= {
        name: bool(yes) for name, yes in rows.items()
    }.items()


def _quoted() -> set[str]:
    """What the page on the architecture quotes as code, apart from its examples."""
    prose = re.sub(r"```.*?```", "", ARCHITECTURE, flags=re.DOTALL)
    return set(re.findall(r"`([^`]+)`", prose))


def _is_path(quoted: str) -> bool:
    return "/" in quoted or bool(re.search(r"\.(py|md|toml|yaml|json)$", quoted))


def _names_in_code() -> Iterator[str]:
    """Names that the code defines, and its texts, such as the name of a stage."""
    for folder in ("include", "plugins", "dags", "config", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            yield from (path.stem, path.parent.name)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                        yield name
                    case ast.Name(id=name, ctx=ast.Store()):
                        yield name
                    case ast.Constant(value=str(text)):
                        yield text


def test_every_path_of_the_architecture_exists():
    quoted = {q for q in _quoted() if not re.search(r"[<…*\s=]|anonymity", q)}
    paths = {q for q in quoted if _is_path(q)}
    library = ROOT / "include" / "assay"
    bases = (ROOT, ROOT / "include", library, ROOT / "plugins" / "assay_airflow", DOCS)
    assert len(paths) > 40
    assert [p for p in sorted(paths) if not any((base / p).exists() for base in bases)] == []


def test_every_name_of_the_architecture_is_in_the_code():
    quoted = {q for q in _quoted() if re.fullmatch(r"@?[\w.]+(\(\))?", q) and not _is_path(q)}
    names = {part for name in quoted for part in re.findall(r"\w+", name)} - {"anonymity"}
    assert sorted(names - set(_names_in_code())) == []


def test_the_architecture_has_each_stage_as_the_chain_describes_it():
    rows = re.findall(r"^\| `\w+` \| `stages/run/.*", ARCHITECTURE, re.MULTILINE)
    assert rows == [_row(stage) for stage in chain.STAGES]


def _row(stage: chain.Stage) -> str:
    module = stage.work.split(":")[0].removeprefix("assay.").replace(".", "/")
    policy = (stage.room,) if stage.room else ()
    cells = ((stage.name,), (f"{module}.py",), policy, stage.reads, stage.writes)
    return "".join(f"| {', '.join(f'`{name}`' for name in cell) or '–'} " for cell in cells) + "|"


def test_every_package_of_the_library_is_in_the_architecture():
    library = ROOT / "include" / "assay"
    packages = {f"{path.parent.name}/" for path in library.glob("*/__init__.py")}
    modules = {path.name for path in library.glob("*.py")} - {"__init__.py"}
    assert sorted((packages | modules) - _quoted()) == []


def _layers_of_the_picture() -> Iterator[set[str]]:
    """The packages of each layer, from the top: the picture's arrows lead from one to the next."""
    picture = ARCHITECTURE.split("## Layers")[1].split("```mermaid")[1].split("```")[0]
    labels = dict(re.findall(r'(\w+)\["([^"]+)"\]', picture))
    below = dict(re.findall(r'\b(\w+)(?:\["[^"]+"\])? --> (?=(\w+))', picture))
    node: str | None = "cli"
    while node:
        label = labels.get(node, node).removeprefix("rooms: ").replace("<br>", " ")
        yield set(re.findall(r"\w+", label))
        node = below.get(node)


def test_the_picture_has_the_layers_that_are_checked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    assert list(_layers_of_the_picture()) == [set(layer.split(" | ")) for layer in layers]


@pytest.mark.parametrize("stage", chain.STAGES, ids=lambda stage: stage.name)
def test_the_function_and_the_policy_of_a_stage_are_there(stage: chain.Stage):
    assert callable(stage.function)
    assert stage.policy is None or issubclass(stage.policy_model, Policy)


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
