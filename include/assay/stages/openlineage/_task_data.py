"""Which data the tasks of a run touch, for the readers of OpenLineage events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from assay.lineage.openlineage import Assertion, ColumnWay, TaskData, TaskDataset
from assay.policy.cleaning import CleaningPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.stages.run import Run, StageResult, chain
from assay.stages.run.workspace import BatchWorkspace


def data_of_stage(run: Run, stage: str) -> TaskData:
    """What one stage of a run of a batch read and made, and what it said.

    Parameters
    ----------
    stage : str
        A stage that has left its result, or ``release``.
    """
    result = run.done.get(stage)
    judged = {} if result is None else judged_by(result)
    inputs, outputs = _DATA.get(stage, _version_alone)(run)
    return TaskData(tuple(inputs), tuple(outputs), judged)


def source_name(dataset: str) -> str:
    """The name of what an upstream delivers to a data set."""
    return f"{dataset}.source"


def landing_name(dataset: str) -> str:
    """The name of the rows of a data set as they landed."""
    return f"{dataset}.landing"


def judged_by(result: StageResult) -> dict[str, Any]:
    """The outcome, its reason codes and its counts: none of the sentences."""
    return {
        "stage": result.stage,
        "outcome": None if result.outcome is None else str(result.outcome),
        "holds": result.holds,
        "reasons": list(result.reasons),
        "rows": dict(result.rows),
    }


Ways = tuple[list[TaskDataset], list[TaskDataset]]


def _of_ingest(run: Run) -> Ways:
    batch: dict[str, str | int] = {"batch": run.batch}
    return [TaskDataset(source_name(run.dataset), facts=batch)], [_landing(run)]


def _landing(run: Run, assertions: tuple[Assertion, ...] = ()) -> TaskDataset:
    """The landed rows, known by the mark of the input, which confirms no guess of its content."""
    sha = run.spec.input_sha
    return TaskDataset(
        landing_name(run.dataset), run.services.registry.mark(sha) if sha else None,
        {c.name: str(c.type) for c in run.contract.columns}, assertions=assertions,
        facts={"batch": run.batch},
    )  # fmt: skip


def _of_validation(which: str, run: Run) -> Ways:
    found = tuple(_assertions(run.workspace, which))
    return [_landing(run, found) if which == "raw" else _version(run, assertions=found)], []


def _assertions(workspace: BatchWorkspace, which: str) -> Iterator[Assertion]:
    artefact = workspace.validation_raw if which == "raw" else workspace.validation_clean
    if not artefact.exists():
        return
    for one in json.loads(artefact.path.read_bytes())["results"]:
        config = one["expectation_config"]
        yield Assertion(config["type"], bool(one["success"]), config["kwargs"].get("column"))


def _of_commit(run: Run) -> Ways:
    tables = [
        TaskDataset(name, str(run.spec.pinned.snapshots.get(name, "")) or None,
                    facts={"snapshot": run.spec.pinned.snapshots[name]}
                    if name in run.spec.pinned.snapshots else {})
        for name in run.spec.pinned.tables
    ]  # fmt: skip
    return [_landing(run), *tables], [_version(run, ways=_column_ways(run))]


def _of_release(run: Run) -> Ways:
    result = run.done.get(chain.RELEASE)
    if result is None or result.snapshot is None:
        return [_version(run)], []
    facts: dict[str, str | int] = {"batch": run.batch, "snapshot": result.snapshot}
    made = TaskDataset(run.dataset, str(result.snapshot), _columns(run), facts=facts)
    return [_version(run)], [made]


def _version_alone(run: Run) -> Ways:
    return [_version(run)], []


def _version(
    run: Run,
    *,
    ways: Mapping[str, tuple[ColumnWay, ...]] | None = None,
    assertions: tuple[Assertion, ...] = (),
) -> TaskDataset:
    committed = run.done.get("commit")
    rows = {} if committed is None else {"rows": committed.rows.get("held", 0)}
    return TaskDataset(
        run.dataset, run.spec.version, _columns(run), ways or {}, assertions,
        {"batch": run.batch, **{name: n for name, n in rows.items() if n}},
    )  # fmt: skip


def _columns(run: Run) -> dict[str, str]:
    """The columns of the version, with the contract's types; derived ones have none there."""
    dropped = {n for n, t in _treatments(run).items() if t == "drop"}
    own = {c.name: str(c.type) for c in run.contract.columns if c.name not in dropped}
    return own | {name: own.get(name, "derived") for name in _derived(run)}


def _treatments(run: Run) -> dict[str, str]:
    return {n: t.treatment for n, t in run.policy(PrivacyPolicy).columns.items()}


def _derived(run: Run) -> Mapping[str, Mapping[str, Any]]:
    return run.done["clean"].derived if "clean" in run.done else {}


def _column_ways(run: Run) -> dict[str, tuple[ColumnWay, ...]]:
    """Column of the version → the landed columns that it is made of, and what was done to each."""
    landing, derived = landing_name(run.dataset), _derived(run)
    treated, steps = _treatments(run), run.policy(CleaningPolicy).steps
    cleaned = {
        name: [s.step for s in steps if name in {n for _, n in s.named_columns()}]
        for name in _columns(run)
    }
    found = dict[str, tuple[ColumnWay, ...]]()
    for name in _columns(run):
        about = derived.get(name)
        done = [about["expression"]] if about else [treated[name]] if name in treated else []
        masked = {
            c: treated.get(c, "keep") != "keep" for c in (about["roots"] if about else [name])
        }
        how = ", ".join([*done, *cleaned[name]])
        changed = bool(how) and how != "keep"
        found[name] = tuple(
            ColumnWay(landing, root, how, changed, hidden) for root, hidden in masked.items()
        )
    return found


_DATA: Final[Mapping[str, Callable[[Run], Ways]]] = {
    "ingest": _of_ingest,
    "validate_raw": partial(_of_validation, "raw"),
    "protect": lambda run: ([_landing(run)], []),
    "clean": lambda run: ([_landing(run)], []),
    "validate_clean": partial(_of_validation, "clean"),
    "commit": _of_commit,
    chain.RELEASE: _of_release,
}
