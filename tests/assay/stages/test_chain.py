"""Every stage of the chain does alike, and a gate that is added does so by its one entry.

The gate that is added here is a module of its own with a function and a policy model, and one entry
in the chain. Nothing else is touched, and it is in the DAG, the release, the overview, the check of
a project, the docs and this suite.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.launcher import project_root
from assay.stages import run as stages
from assay.stages.artefacts import UndeclaredArtefactError
from assay.stages.authoring import check_project
from assay.stages.run import chain
from assay.verdict import Outcome
from docgen._stages import render_stages

DAY = "2024-01-03"
TOY = chain.Stage(
    name="toy",
    work="toy_gate:toy",
    does="Compare the number of rows with a limit.",
    policy="toy_gate:ToyPolicy",
    after=("commit",),
    reads=("candidate",),
    question=chain.Question.GOOD,
)
MODULE = '''
"""A gate on the number of rows."""

from typing import ClassVar

from assay.policy import OptionalGatePolicy
from assay.stages.run import Finished, Run, StageResult
from assay.verdict import Measurement, Outcome, Reason, Verdict


class ToyPolicy(OptionalGatePolicy):
    """How many rows a batch has at least."""

    noun: ClassVar[str] = "toy"

    least: int = 0
    columns: tuple[str, ...] = ()

    def column_paths(self):
        yield from ((("columns", i), name) for i, name in enumerate(self.columns))

    def _faults(self):
        if self.least < 0:
            yield "least is no number of rows"

    def _judged(self):
        return {"least": bool(self.least)}


def toy(run: Run) -> Finished:
    """Judge the number of rows."""
    policy = run.policy(ToyPolicy)
    with run.session() as session:
        rows = session.value(run.workspace.candidate.read(session).count())
    found = Measurement(name="row_count", value=rows, unit="rows")
    reasons = []
    if rows < policy.least:
        reasons = [Reason(code="too_few_rows", outcome=Outcome.FAIL, message=f"{rows} rows")]
    verdict = Verdict.of("toy", reasons, [found], policy)
    page = f"<!doctype html><title>Toy</title><a href='{run.workspace.overview.file}'>run</a>"
    report = run.workspace.report("toy").write(page)
    return Finished(result=StageResult.judged("toy", verdict, report=report), verdict=verdict)
'''


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The chain with one more gate, beside drift and fairness."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy_gate.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(chain, "STAGES", (*chain.STAGES, TOY))
        yield
    sys.modules.pop("toy_gate", None)


def _with_policy(train: Any, text: str) -> Any:
    for dataset in ("visits", "sites"):
        path = train.project / "include" / "policies" / dataset / "toy.yaml"
        path.write_text(text)
    return train


@pytest.fixture(scope="module")
def released(
    template: Any, mini: Any, with_toy: None, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A home where one more day went through the chain with the added gate."""
    train = mini.copy(template, tmp_path_factory.mktemp("released"))
    _with_policy(train, "on_inconclusive: hold\nleast: 10\n")
    (train.project / "include/policies/visits/label_noise.yaml").write_text(mini.LABEL_NOISE)
    train.drop("visits", DAY, mini.visits(DAY))
    train.run("visits", DAY)
    return train


@pytest.fixture(scope="module")
def ended(released: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> stages.Run:
    """The run of that day with all of its results."""
    services = mini.copy(released, tmp_path_factory.mktemp("ended")).services
    run = stages.pin(services, "visits", DAY, "again", "manual")
    for name in chain.names():
        run = stages.perform(run, name)
    return run


EACH = [*chain.names()[1:], TOY.name]


@pytest.mark.parametrize("name", EACH)
def test_its_result_is_json_and_names_the_stage(ended: stages.Run, name: str) -> None:
    result = ended.done[name]
    assert result.stage == name
    assert stages.StageResult.model_validate(json.loads(result.model_dump_json())) == result
    assert stages.render_result(result).startswith(f"{name}: {result.outcome.value}")


@pytest.mark.parametrize("name", EACH)
def test_its_verdict_is_recorded_with_its_policy(ended: stages.Run, name: str) -> None:
    kept = ended.results[name]
    found = ended.services.catalog.verdicts.find("visits", DAY, ended.version)
    recorded = {r.verdict.gate: r.verdict for r in found}
    if kept.verdict is None:
        assert name not in recorded
        return
    model = chain.find(name).policy_model
    assert model is not None
    assert recorded[name] == kept.verdict
    assert recorded[name].policy_hash == ended.policy(model).hash
    assert recorded[name].outcome is kept.result.outcome


@pytest.mark.parametrize("name", EACH)
def test_its_page_leads_back_to_the_run_and_runs_nothing(ended: stages.Run, name: str) -> None:
    if (report := ended.done[name].report) is None:
        return
    page = (ended.services.project.home / report).read_text()
    assert ended.workspace.overview.file in page
    assert "<script" not in page
    assert report.rsplit("/", 1)[-1] in ended.workspace.overview.read()


@pytest.mark.parametrize("name", EACH)
def test_it_is_found_done_and_not_done_again(ended: stages.Run, name: str) -> None:
    kept = ended.workspace.result(name)
    before = kept.path.stat().st_mtime_ns
    assert stages.perform(ended, name).done[name] == ended.done[name]
    assert kept.path.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", EACH)
def test_it_writes_only_what_it_declares(ended: stages.Run, name: str) -> None:
    kept = ended.results[name]
    assert set(kept.wrote) <= set(chain.find(name).writes)


@pytest.mark.parametrize("name", EACH)
def test_nothing_is_released_without_its_result(ended: stages.Run, name: str) -> None:
    rest = {n: r for n, r in ended.results.items() if n != name}
    with pytest.raises(InputError, match=name):
        stages.release(stages.Run(ended.services, ended.spec, rest))
    assert ended.services.registry.snapshot("visits").number == 3


def test_a_stage_cannot_touch_what_it_does_not_declare(ended: stages.Run) -> None:
    drift = chain.find("drift")
    workspace = ended.restricted(drift.reads, drift.writes).workspace
    with pytest.raises(UndeclaredArtefactError, match="writes 'candidate'"):
        workspace.candidate.new()
    with pytest.raises(UndeclaredArtefactError, match="reads 'change_log'"):
        workspace.change_log.found()


def test_every_artefact_that_is_declared_exists_in_the_workspace(ended: stages.Run) -> None:
    for stage in chain.STAGES:
        for name in (*stage.reads, *stage.writes):
            assert ended.workspace.artefact(name).file, (stage.name, name)


def test_what_a_stage_reads_was_written_before(with_toy: None) -> None:
    for stage in chain.STAGES:
        earlier = {a for n in chain.before(stage.name) for a in chain.find(n).writes}
        assert set(stage.reads) <= earlier, stage.name


def test_a_missing_artefact_that_is_read_later_is_made_again(
    released: Any, mini: Any, with_toy: None, tmp_path: Path
) -> None:
    train = mini.copy(released, tmp_path)
    (path,) = (train.home / "work" / "visits" / DAY).glob("*/observed.parquet")
    before = path.read_bytes()
    path.unlink()
    train.run("visits", DAY)
    assert path.read_bytes() == before


def test_an_added_gate_holds_the_batch(
    released: Any, mini: Any, with_toy: None, tmp_path: Path
) -> None:
    train = _with_policy(mini.copy(released, tmp_path), "on_inconclusive: hold\nleast: 100000\n")
    day = "2024-01-04"
    train.drop("visits", day, mini.visits(day))
    done = train.run("visits", day)
    assert done["toy"].outcome is Outcome.FAIL
    assert done["release"].reasons == ("too_few_rows",)
    assert train.batch("visits", day)["state"] == "held"
    page = (train.home / done["release"].report).read_text()
    assert "Held by toy" in page


def test_an_added_gate_that_does_not_apply_is_skipped(
    released: Any, mini: Any, with_toy: None, tmp_path: Path
) -> None:
    idle = "on_inconclusive: hold\napplies: false\nreason: Of no use here.\n"
    train = _with_policy(mini.copy(released, tmp_path), idle)
    day = "2024-01-04"
    train.drop("visits", day, mini.visits(day))
    done = train.run("visits", day)
    assert "toy" not in done
    assert train.batch("visits", day)["state"] == "released"


def test_an_added_gates_policy_is_checked(
    released: Any, mini: Any, with_toy: None, tmp_path: Path
) -> None:
    train = _with_policy(mini.copy(released, tmp_path), "on_inconclusive: hold\nleast: many\n")
    found = [str(p) for p in check_project(train.services.project, gx=False)]
    assert [p for p in found if "toy.yaml:2" in p and "least" in p]
    (train.project / "include" / "policies" / "visits" / "toy.yaml").unlink()
    found = [str(p) for p in check_project(train.services.project, gx=False)]
    assert [p for p in found if "visits/toy.yaml" in p]


def test_an_added_gates_policy_names_no_column_that_privacy_drops(
    released: Any, mini: Any, with_toy: None, tmp_path: Path
) -> None:
    text = "on_inconclusive: hold\nleast: 10\ncolumns: [age, team]\n"
    train = mini.copy(released, tmp_path)
    policies = train.project / "include" / "policies" / "visits"
    (policies / "toy.yaml").write_text(text)
    assert check_project(train.services.project, gx=False) == []
    privacy = policies / "privacy.yaml"
    text = privacy.read_text()
    privacy.write_text(re.sub(r"team: .*", "team: {treatment: drop}", text))
    found = check_project(train.services.project, gx=False)
    (problem,) = [p for p in found if "toy.yaml" in (p.where or "")]
    assert problem.what == "the privacy policy drops this column before the toy gate reads it"
    assert problem.got == "team"
    assert (problem.where or "").endswith("toy.yaml:3 columns.1")


def test_an_added_gate_is_in_the_docs(with_toy: None) -> None:
    assert "| `toy` | Compare the number of rows with a limit. |" in render_stages()


def test_an_added_gate_is_in_the_dag(
    with_toy: None, released: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project_root() / "dags" / "release.py"
    monkeypatch.setenv("ASSAY_PROJECT", str(released.project))
    monkeypatch.setenv("ASSAY_PROJECT", str(released.project))
    spec = importlib.util.spec_from_file_location("release_with_toy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks = module.__dict__["release__visits"].task_dict
    assert tasks["toy"].upstream_task_ids == {"commit"}
    assert tasks["toy"].downstream_task_ids == {"approve_force"}
    assert tasks["drift"].downstream_task_ids == {"approve_force"}
