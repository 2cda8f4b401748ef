"""What is generated is what the code gives today, and says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from assay.document import load_document
from assay.project import Project
from assay.stages.authoring._check import policy_models
from docgen import render_pages

INCLUDE = Path(__file__).parents[2] / "include"


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name.split('.')[0]}"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return render_pages(Project.from_environment({}))


def test_every_generated_file_is_current(pages):
    stale = [
        name
        for name, text in pages.items()
        if not (INCLUDE / name).is_file() or (INCLUDE / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_no_schema_is_left_over(pages):
    there = {f"schemas/{p.name}" for p in (INCLUDE / "schemas").iterdir()}
    assert there == {name for name in pages if name.startswith("schemas/")}


def test_the_page_of_dags_tells_first_and_last_batch(pages):
    project = Project.from_environment({})
    for dataset in project.datasets():
        partition = project.contract(dataset).partition
        row = re.search(rf"\| `release__{dataset}` \|.*", pages["docs/dags.md"])
        assert row
        assert f"| {partition.first} | {partition.last or '–'} |" in row[0]


def test_the_page_of_verbs_tells_of_a_verb_that_is_a_group(pages):
    drift = pages["docs/cli.md"].partition("## assay drift\n")[2].partition("\n## ")[0]
    assert "Example: assay drift --reference" in drift
    assert "| `--current` | **required** |" in drift


@pytest.mark.parametrize("path", sorted(INCLUDE.glob("policies/*/*.yaml")), ids=_name)
def test_a_shipped_policy_is_valid_by_its_schema(path):
    file = INCLUDE / "schemas" / f"{path.stem}.schema.json"
    assert file.is_file(), "run `make docs`"
    schema = json.loads(file.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(load_document(path).value, schema)


def _contract(name: str) -> dict:
    return load_document(INCLUDE / "contracts" / f"{name}.odcs.yaml").value


@pytest.fixture(scope="module")
def contracts():
    schema = json.loads((INCLUDE / "schemas" / "contract.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(INCLUDE.glob("contracts/*.odcs.yaml")), ids=_name)
def test_a_shipped_contract_is_valid_by_the_schema(contracts, path):
    contracts.validate(load_document(path).value)


def test_the_schema_of_contracts_refuses_what_would_be_believed(contracts):
    misspelt = _contract("flights")
    misspelt["schema"][0]["properties"][0]["requried"] = True
    assert not contracts.is_valid(misspelt)
    unknown = _contract("flights")
    unknown["customProperties"].append({"property": "partitoin", "value": {}})
    assert not contracts.is_valid(unknown)
    wrong = _contract("flights")
    wrong["customProperties"][0]["value"]["grain"] = "week"
    assert not contracts.is_valid(wrong)


def _parts(schema):
    yield schema
    yield from (part for part in schema.get("$defs", {}).values() if "properties" in part)


@pytest.mark.parametrize("noun", policy_models())
def test_every_policy_key_is_explained(pages, noun):
    schema = json.loads(pages[f"schemas/{noun}.schema.json"])
    page = pages["docs/policies.md"]
    section = page.split(f"\n## {noun}\n")[1].split("\n## ")[0]
    tables = section.split("| key | type | default | meaning |")[1:]
    parts = list(_parts(schema))
    assert len(tables) == len(parts)
    documented = sorted(re.findall(r"^\| `(\w+)` \|", "".join(tables), re.MULTILINE))
    assert documented == sorted(key for part in parts for key in part["properties"])
    silent = [
        k for part in parts for k, of in part["properties"].items() if not of.get("description")
    ]
    assert silent == []


def test_every_option_of_the_command_is_explained(pages):
    rows = [line for line in pages["docs/cli.md"].splitlines() if line.startswith("| `")]
    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []
