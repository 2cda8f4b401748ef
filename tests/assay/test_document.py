"""YAML that knows its lines, runs nothing, guesses no dates, and takes no key twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from assay.document import load_document, validate_document
from assay.errors import PolicyError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: float


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    batch: str
    columns: dict[str, Inner] = {}


def _file(folder: Path, text: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_date_stays_the_text_that_was_written(tmp_path: Path) -> None:
    document = load_document(_file(tmp_path, "batch: 2013-02-04\n"), PolicyError)
    assert document.value == {"batch": "2013-02-04"}


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    text = "batch: x\ncolumns:\n  age:\n    limit: 0.1\n  income:\n    limt: 0.2\n"
    document = load_document(_file(tmp_path, text), PolicyError)
    with pytest.raises(PolicyError) as caught:
        validate_document(document, Outer, PolicyError)
    message = str(caught.value)
    assert "p.yaml:6 columns.income.limt: no such key" in message
    assert "Did you mean 'limit'?" in message
    assert "is missing" not in message  # it is there, under the wrong name


class Listed(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    items: tuple[Inner, ...] = Field(min_length=1)
    logical_type: str = Field(alias="logicalType")


def test_a_misspelt_key_is_named_and_what_follows_from_it_is_not(tmp_path: Path) -> None:
    text = "items:\n  - limits: 3\nlogicaltype: x\n"
    document = load_document(_file(tmp_path, text), PolicyError)
    with pytest.raises(PolicyError) as caught:
        validate_document(document, Listed, PolicyError)
    shown = [str(p) for p in caught.value.problems]
    assert [t.partition("p.yaml:")[2] for t in shown] == [
        "2 items.0.limits: no such key. Got 'limits'. Did you mean 'limit'?",
        "3 logicaltype: no such key. Got 'logicaltype'. Did you mean 'logicalType'?",
    ]


def test_a_key_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"p\.yaml:2 batch: the key occurs twice"):
        load_document(_file(tmp_path, "batch: a\nbatch: b\n"), PolicyError)


def test_yaml_runs_no_code(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    text = f"batch: !!python/object/apply:os.system ['touch {marker}']\n"
    with pytest.raises(PolicyError):
        load_document(_file(tmp_path, text), PolicyError)
    assert not marker.exists()


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "\xff"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(PolicyError, match=r"p\.yaml"):
        load_document(path, PolicyError)


def test_layout_and_comments_do_not_change_the_hash(tmp_path: Path) -> None:
    one = load_document(_file(tmp_path, "a: 1\nb: {c: 2}\n"), PolicyError).hash
    two = load_document(_file(tmp_path, "# note\nb:\n  c: 2\na: 1\n"), PolicyError).hash
    assert one == two
