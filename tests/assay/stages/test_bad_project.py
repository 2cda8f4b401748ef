"""What is wrong with a project's files is said with file, line and a hint, and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.cli._main import run
from assay.errors import AssayError
from assay.stages import run as stages

DAY = "2024-01-03"
MARK = "executed"


def _suite(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], Path]:
    def spoil(include: Path) -> Path:
        path = include / "suites" / "visits" / "raw.json"
        suite = json.loads(path.read_text())
        change(suite)
        path.write_text(json.dumps(suite, indent=1))
        return path

    return spoil


def _text(name: str, old: str, new: str) -> Callable[[Path], Path]:
    def spoil(include: Path) -> Path:
        path = include / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return path

    return spoil


DRIFT = "policies/visits/drift.yaml"
CONTRACT = "contracts/visits.odcs.yaml"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{n}: &{n} [{', '.join(['*' + p] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
)
FAULTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an unknown expectation": (
        _suite(lambda s: s["expectations"][0].update(type="expect_table_row_count_to_be_betwen")),
        "expect_table_row_count_to_be_betwen",
    ),
    "an empty suite": (_suite(lambda s: s["expectations"].clear()), "expectation"),
    "no suite": (_suite(lambda s: s.clear()), "expectations"),
    "an unknown key": (_text(DRIFT, "alpha:", "alhpa:"), "Did you mean 'alpha'?"),
    "an unknown column": (_text(DRIFT, "  score:", "  scroe:"), "Did you mean 'score'?"),
    "an unknown test": (
        _text(DRIFT, "anderson_darling", "anderson_darlin"),
        "'anderson_darling'",
    ),
    "a limit that is no number": (_text(DRIFT, "limit: 0.2", "limit: .nan"), "limit"),
    "a policy that is no mapping": (_text(DRIFT, "on_inconclusive: hold", "- hold"), "drift.yaml"),
    "a key twice": (_text(DRIFT, "alpha: 0.01", "alpha: 0.01\nalpha: 0.05"), "alpha"),
    "a YAML that executes": (
        _text(DRIFT, "alpha: 0.01", f"alpha: !!python/object/apply:os.system ['touch {MARK}']"),
        "drift.yaml:2",
    ),
    "a YAML bomb": (
        _text(
            DRIFT, "alpha: 0.01",
            BOMB + "alpha: *i",
        ),
        "drift.yaml",
    ),
    "an endless YAML": (_text(DRIFT, "alpha: 0.01", "alpha: &a [*a]"), "drift.yaml"),
    "a contract with an unknown type": (
        _text(CONTRACT, "logicalType: integer", "logicalType: intger"), "intger"),
    "a contract that refers to no column": (_text(CONTRACT, "sites.code", "sites.cod"), "code"),
    "a number that is none": (_text(DRIFT, "alpha: 0.01", "alpha: 0x_"), "drift.yaml:2"),
    "a batch at the end of time": (
        _text(CONTRACT, "last: 2024-12-31", "last: 9999-12-31"), "calendar"),
    "an owner of a thousand letters": (
        _text(CONTRACT, "{name: tests}", "{name: " + "o" * 1000 + "}"), "80"),
    "another data set's name": (_text(CONTRACT, "name: visits", "name: sites"), "sites.odcs.yaml"),
    "columns that are no list": (
        _suite(lambda s: s["expectations"].append(
            {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": 5}})),
        "column_list"),
    "a role that is none": (_text(CONTRACT, "value: label", "value: lable"), "lable"),
}  # fmt: skip


CHECKED_ONLY = {"a contract that refers to no column", "columns that are no list"}
"""What a run can do without: the referenced column is there, under another name; an expectation
that can't be judged."""
GX_ALONE_KNOWS = {"an unknown expectation", "columns that are no list"}


@pytest.fixture
def at(ready: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    monkeypatch.chdir(ready.home)
    return ready


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_file(
    at: Any, mini: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, hint = FAULTS[name]
    path = spoil(at.project / "include")
    before = at.contents()
    at.drop("visits", DAY, mini.visits(DAY))

    assert run(["check", *([] if name in GX_ALONE_KNOWS else ["--no-gx"])]) == 2
    said = "".join(capsys.readouterr()).replace("\n", " ")
    assert path.name in said
    assert hint in said
    assert len(said) < 10_000
    assert not (at.home / MARK).exists()

    if name not in CHECKED_ONLY:
        with pytest.raises(AssayError):
            at.run("visits", DAY)
    found = at.contents()
    assert found["released"] == before["released"]
    assert found["objects"] == before["objects"]
    assert all(x.batch != DAY or x.owner for x in at.services.catalog.leases.live(at.now()))


def test_a_suite_that_does_not_load_fails_where_the_batch_has_a_record(at: Any, mini: Any) -> None:
    path = _suite(lambda s: s.clear())(at.project / "include")
    at.drop("visits", DAY, mini.visits(DAY))
    services = at.services
    run = stages.pin(services, "visits", DAY, "run", "manual")
    with pytest.raises(AssayError, match=path.name):
        stages.perform(run, "ingest")

    # What the release and the teardown need: a batch on record. It is given up, not lost.
    assert at.batch("visits", DAY)["state"] == "running"
    stages.abandon(run)
    assert at.batch("visits", DAY)["reasons"] == ["stage_crashed"]
    assert not services.catalog.leases.live(at.now())


TRICKS = ("..", "../x", "2024-01-03/..", "/etc", "2024-1-3", "2024-02-30", "2024-01-03\0", "",
          " 2024-01-03", "2024-01-03\n",
          "٢٠٢٤-٠١-٠٣", "2024-01-03;ls", "-rf", "a" * 100_000)  # fmt: skip


@pytest.mark.parametrize("key", TRICKS, ids=lambda k: ascii(k[:20]))
def test_a_partition_key_that_is_a_trick(ready: Any, key: str) -> None:
    before = sorted(p for p in ready.home.rglob("*") if "catalog" not in p.parts)
    with pytest.raises(AssayError) as raised:
        ready.run("visits", key)
    assert len(str(raised.value)) < 1000
    assert sorted(p for p in ready.home.rglob("*") if "catalog" not in p.parts) == before
