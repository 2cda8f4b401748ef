"""What the written documentation shows as YAML or JSON is what the program takes."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
import yaml
from pydantic import BaseModel, ValidationError

from assay.cli._main import app
from assay.contract import load_contract
from assay.errors import AssayError
from assay.policy import load_policy
from assay.policy.model import load_model
from assay.stages.authoring._check import organisation_models, policy_models
from assay.stages.authoring._file_problems import standard_problems

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "include" / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
SHIPPED = sorted((ROOT / "include" / "policies").glob("*/*.yaml"))
MODELS = sorted((ROOT / "include" / "models").glob("*.yaml"))
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(assay [^`]+)`")


class Example(NamedTuple):
    """A block of a page: its place, language and text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _examples() -> Iterator[Example]:
    for page in PAGES:
        written = page.read_text(encoding="utf-8")
        for found in _FENCED.finditer(written):
            indent, language, text = found.groups()
            line = written.count("\n", 0, found.start()) + 1
            yield Example(page, line, language, re.sub(rf"(?m)^{indent}", "", text))


YAML = [one for one in _examples() if one.language in {"yaml", "yml"}]


def _commands() -> Iterator[tuple[str, str]]:
    """Every command that a page shows, in a block or in a line of text, and its place."""
    for one in _examples():
        for line in re.findall(r"(?m)^(?:\$ )?(?:\.venv/bin/)?(assay .+)$", one.text):
            yield str(one), line
    for page in PAGES:
        for line in _INLINE.findall(page.read_text(encoding="utf-8")):
            yield str(page.relative_to(ROOT)), " ".join(line.split())


COMMANDS = sorted(set(_commands()))
ROOT_COMMAND: Any = typer.main.get_command(app)
BASE = yaml.safe_load((ROOT / "include/contracts/airports.odcs.yaml").read_text(encoding="utf-8"))


def _columns(properties: list[Any]) -> dict[str, Any]:
    """A contract with some columns beside those that their rules need."""
    named = {p["name"]: p for p in properties}
    more = [{"name": n, "logicalType": "integer"} for n in ("number",) if n not in named]
    dates = [{"name": n, "logicalType": "date"} for n in ("opened", "paid") if n not in named]
    account = [{"name": "account", "logicalType": "string"}] if "account" not in named else []
    table = {**BASE["schema"][0], "properties": [*properties, *account, *more, *dates]}
    return {**copy.deepcopy(BASE), "schema": [table]}


def _contract_of(value: Any) -> dict[str, Any] | None:
    """The contract of which an example shows a part; None where it shows no part of one."""
    if isinstance(value, dict) and "apiVersion" in value:
        return value
    if isinstance(value, dict) and "properties" in value:
        return _columns(value["properties"])
    if isinstance(value, dict) and value and set(value) <= set(_OF_CONTRACT):
        return {**copy.deepcopy(BASE), **value}
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    if any("server" in one for one in value):
        return {**copy.deepcopy(BASE), "servers": value}
    if all("logicalType" in one for one in value):
        return _columns(value)
    if all("properties" in one for one in value):
        whole = _columns(value[0]["properties"])
        whole["schema"][0] |= {"quality": value[0].get("quality", [])}
        return whole
    return None


_OF_CONTRACT = ("slaProperties", "servers", "team", "support", "customProperties", "description")


def _contract_faults(document: dict[str, Any], folder: Path) -> list[str]:
    """What is wrong with a contract; one of several servers is tried after the other."""
    path = folder / f"{document['name']}.odcs.yaml"
    faults = []
    for server in document["servers"]:
        path.write_text(yaml.safe_dump({**document, "servers": [server]}), encoding="utf-8")
        try:
            faults += [str(p) for p in standard_problems(load_contract(path))]
        except AssayError as error:
            faults.append(str(error))
    return faults


def _is_policy(value: Any, folder: Path) -> bool:
    """Whether it is a policy or model file, or a part of one that a shipped one can have."""
    path = folder / "policy.yaml"
    if {"label", "estimator"} <= value.keys():
        return _is_model(value, path)
    for shipped in [None, *SHIPPED]:
        whole = {} if shipped is None else yaml.safe_load(shipped.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump({**whole, **value}), encoding="utf-8")
        models = policy_models()
        for noun, model in models.items() if shipped is None else [
            (shipped.stem, models[shipped.stem])
        ]:  # fmt: skip
            try:
                load_policy(path, model)
            except AssayError:
                continue
            return bool(noun)
    if any(_is_model({**yaml.safe_load(m.read_text("utf-8")), **value}, path) for m in MODELS):
        return True
    return any(_fits(value, bounds) for bounds in organisation_models().values())


def _fits(value: Any, bounds: type[BaseModel]) -> bool:
    """Whether it is an organisation's file of a policy."""
    try:
        return bool(bounds.model_validate(value))
    except ValidationError:
        return False


def _is_model(value: Any, path: Path) -> bool:
    """Whether it is a model file."""
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    try:
        return bool(load_model(path).label.kind)
    except AssayError:
        return False


def test_the_pages_have_examples():
    assert len(YAML) > 12
    assert len(COMMANDS) > 60


@pytest.mark.parametrize("example", YAML, ids=str)
def test_an_example_in_yaml_is_taken(example: Example, tmp_path: Path):
    value = yaml.safe_load(example.text)
    document = _contract_of(value)
    if document is not None:
        assert _contract_faults(document, tmp_path) == []
    else:
        assert isinstance(value, dict)
        assert _is_policy(value, tmp_path)


@pytest.mark.parametrize(("place", "written"), COMMANDS)
def test_a_command_and_its_options_are_there(place: str, written: str):
    command: Any = ROOT_COMMAND
    words = shlex.split(written.rstrip("\\").replace("…", ""), comments=True)[1:]
    while words and words[0][0] != "[" and hasattr(command, "commands"):
        assert words[0] in command.commands, (place, words[0])
        command = command.commands[words.pop(0)]
    if "airflow" in written.split()[:2]:
        return  # its options are Airflow's own
    options = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("--")}
    assert given <= options | {"--help"}, place
