"""Contract, suites and policies are edited while a run is at work: it goes on as it began."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import AssayError
from assay.stages import run as stages
from assay.stages.run import chain

DAY = "2024-01-03"
FILES = ("contracts/visits.odcs.yaml", "suites/visits/raw.json", "suites/visits/clean.json",
         *(f"policies/visits/{noun}.yaml" for noun in chain.policy_models()))  # fmt: skip
EDITS: dict[str, Callable[[Path], Any]] = {
    "another content": lambda path: path.write_text(
        path.read_text().replace("hold", "release").replace("500", "40").replace("1.0.0", "1.0.1")
    ),
    "one that doesn't load": lambda path: path.write_text("{"),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_changes_the_next_run_and_crashes_none(
    template: Any, mini: Any, tmp_path: Path, edit: Callable[[Path], Any]
) -> None:
    train = mini.copy(template, tmp_path)
    (train.project / "include/policies/visits/label_noise.yaml").write_text(mini.LABEL_NOISE)
    train.drop("visits", DAY, mini.visits(DAY))
    untouched = mini.copy(train, tmp_path / "untouched")
    expected = untouched.run("visits", DAY, run_id="run")
    train.run("visits", DAY, run_id="run", until=chain.PIN)
    for file in FILES:
        edit(train.project / "include" / file)
    for name in chain.names():
        run = stages.resume(train.services, "visits", DAY, "run")
        assert run
        mini.perform(run, name)
    run = stages.resume(train.services, "visits", DAY, "run")
    assert run
    assert stages.release(run).state == "released"
    stages.notify(run, mini.transports(run.services))
    assert {n: r.outcome for n, r in run.done.items()} == {
        n: r.outcome for n, r in expected.items() if n != chain.RELEASE
    }
    assert train.objects().keys() == untouched.objects().keys()


def test_an_edit_counts_for_the_next_run(template: Any, mini: Any, tmp_path: Path) -> None:
    train = mini.copy(template, tmp_path)
    train.drop("visits", DAY, mini.visits(DAY))
    train.run("visits", DAY, run_id="first", until=chain.PIN)
    (train.project / "include" / "policies" / "visits" / "drift.yaml").write_text("{")
    with pytest.raises(AssayError, match=r"include/policies/visits/drift\.yaml"):
        train.later(hours=1).run("visits", DAY, run_id="second")
