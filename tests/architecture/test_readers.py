"""Released rows have one door: a module that reads them without it is named here, with why."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "include" / "assay"
FOLDERS = ("include/assay", "include/demo", "plugins", "dags", "config")
DOOR = "stages/access/"
ROOM = "versioning/"
WITHOUT = {
    "stages/run/_references.py": "a release run compares with released batches; it shows counts",
    "stages/run/_row_numbers.py": "opens the sealed numbers of rows, for who may read landing",
    "stages/versions/_cleaning.py": "the command asks for the right read_raw before it",
    "stages/versions/_end_of_life.py": "moves objects to the archive unread",
    "stages/authoring/_earlier_versions.py": "drafts of policies, for who writes them and reads "
    "landing; classified values are redacted",
    "stages/feedback/marks/_cleaning.py": "names of columns, and the log of changes, which has no "
    "values",
    "stages/lineage/_row.py": "the log of changes, which has no values",
    "stages/lineage/_model_columns.py": "objects of training runs",
    "stages/models/_objects.py": "objects of training runs",
    "stages/models/_table.py": "the scaler of a version",
    "stages/publishing/_publish.py": "loads whole rows into tables that their owner alone reads; "
    "each reader is given the view of its role",
    "stages/tracking.py": "objects of training runs",
    "stages/upkeep/_registry.py": "the fitted state of a version",
}
"""Modules that open objects of the registry themselves → what of, and why that is no way round."""

_OPENS = re.compile(
    r"registry\.(open|fetch|checkout|export)\(|\bself\.services\.registry\.fetch\(|"
    r"\bregistry\.open\("
)


def readers() -> dict[str, Path]:
    """The modules that open objects of the registry."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(LIBRARY if LIBRARY in path.parents else ROOT).as_posix()
            if not name.startswith((DOOR, ROOM)) and _OPENS.search(path.read_text("utf-8")):
                found[name] = path
    return found


def test_nobody_opens_released_rows_but_the_door() -> None:
    found = set(readers())
    assert found - set(WITHOUT) == set(), (
        "read released rows by assay.stages.access (read_as_task, open_door), or say here why not"
    )
    assert set(WITHOUT) - found == set(), "no longer opens an object: take it off the list"


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_what_goes_without_reads_no_rows_as_a_table_of_partitions(name: str) -> None:
    tree = ast.parse((LIBRARY / name).read_text("utf-8"))
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert "PartitionRows" not in names


def test_partitions_are_read_from_the_files_of_the_door() -> None:
    """Who makes a table of partitions has its files from the door."""
    users = [
        path for path in sorted(LIBRARY.rglob("*.py"))
        if ROOM not in path.as_posix() and re.search(r"\bPartitionRows\(", path.read_text("utf-8"))
    ]  # fmt: skip
    assert len(users) >= 8
    doors = re.compile(r"read_as_task\(|door\.(read|shown)\(|found\.paths\(")
    assert [p.name for p in users if not doors.search(p.read_text("utf-8"))] == []
