"""privacy measure: what it prints of a file, by options and by a contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.cli._main import run

ROWS = "age,town,illness,who\n30,ash,flu,Ann\n30,ash,cold,Bob\n40,elm,flu,Cyd\n40,elm,flu,Cyd\n"


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


def test_the_numbers_of_a_file(people: str, capsys: Any) -> None:
    words = ["privacy", "measure", people, "-q", "age", "-q", "town", "-s", "illness"]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sizes"] == [[2, 2]]
    assert found["sensitive"][0]["distinct"] == 1
    assert run([*words, "--subject", "who"]) == 0
    said = capsys.readouterr().out
    assert "k = 1: 3 people in 2 classes of age, town" in said
    assert not any(value in said for value in ("flu", "cold", "Ann", "elm"))


def test_without_a_quasi_identifier_it_says_what_to_do(people: str, capsys: Any) -> None:
    assert run(["privacy", "measure", people]) == 2
    assert "--quasi-identifier" in capsys.readouterr().err


def test_a_misspelt_column_is_named(people: str, capsys: Any) -> None:
    assert run(["privacy", "measure", people, "-q", "agee"]) == 2
    assert "Did you mean 'age'" in capsys.readouterr().err
