"""Training: a model on a released snapshot, judged by its gates."""

from __future__ import annotations

import getpass
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import (
    OUTCOMES,
    coloured,
    errors,
    open_services,
    print_json,
    progress,
    results,
    table_of,
)
from assay.cli._events import keep_events
from assay.cli._options import AsJson, Author
from assay.errors import InputError

if TYPE_CHECKING:
    from assay.stages.models import Training
    from assay.stages.models._spec import TrainingSpec
    from assay.stages.services import Services
    from assay.stages.tracking import TrackedRun

Model = Annotated[str, typer.Argument(help="Name of the model: its file in include/models.")]
_SPAN = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")


def train(
    model: Model,
    snapshot: Annotated[
        int | None,
        typer.Option(min=1, help="Number of the snapshot; the one that readers get by default."),
    ] = None,
    snapshots: Annotated[
        str | None,
        typer.Option(
            metavar="FIRST..LAST",
            help="One version for each of several snapshots, the earliest first: the history of a "
            "model over its data.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained, and write nothing.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why, kept on record.")] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Train a model on a released snapshot, judge it by its gates, and promote it or hold it.

    The rows are those of one snapshot, and the test rows follow from a rule: the same snapshot,
    model file and code give the same model, which is then found and not trained again. A version
    that passes becomes the champion, if the model file leaves that to the gates; a held one leaves
    the champion in place, and an incident is open.

    Exit code 1: a gate holds the version.

    Example: assay train late_arrival --snapshot 12
    """
    from assay.stages.second_process import SecondProcess

    if dry_run:
        services = open_services(reading=True)
        return _plan(services, model, _numbers(services, model, snapshot, snapshots), as_json)
    with SecondProcess(_get_ready_to_keep_models) as second:
        services = replace(open_services(), second=second)
        numbers = _numbers(services, model, snapshot, snapshots)
        return _train_each(services, model, numbers, reason, author, as_json)


def _train_each(
    services: Services, model: str, numbers: list[int | None], reason: str | None,
    author: str | None, as_json: bool,
) -> int:  # fmt: skip
    done = [_train(services, model, n, reason, author or getpass.getuser()) for n in numbers]
    for run in done:
        _keep_events(services, run)
    if as_json:
        print_json({"runs": [body_of(run) for run in done]})
    else:
        for run in done:
            print_run(services, run)
    show_tracked(services)
    return 1 if any(run.done["promote"].holds for run in done) else 0


def show_tracked(services: Services) -> None:
    """Let MLflow show what was trained; say on stderr what waits for it."""
    with progress("sending to MLflow"):
        found = services.beside(_track)
    for one in found:
        if one.state == "later":
            errors.print(f"MLflow doesn't show {one.key} yet: {one.error}", soft_wrap=True)


def _get_ready_to_keep_models() -> None:
    from assay.stages.models import get_ready_to_keep_models

    get_ready_to_keep_models()


def _get_ready_to_track() -> None:
    from assay.stages.tracking import get_ready_to_track

    get_ready_to_track()


def _track() -> list[TrackedRun]:
    import os

    from assay.stages.tracking import track

    return track(open_services(), os.environ, f"command {os.getpid()}")


def _numbers(
    services: Services, model: str, snapshot: int | None, span: str | None
) -> list[int | None]:
    """The snapshots that are asked for; None for the one that readers get."""
    if span is None:
        return [snapshot]
    found = _SPAN.fullmatch(span)
    if found is None or snapshot is not None:
        raise InputError(
            "no range of snapshots", where="--snapshots", got=span,
            expected="FIRST..LAST, such as 5..12, and no --snapshot beside it",
        )  # fmt: skip
    first, last = int(found[1]), int(found[2] or found[1])
    dataset = services.project.model(model).data.dataset
    there = {s.number for s in services.registry.snapshots(dataset)}
    return [number for number in range(first, last + 1) if number in there]


def _train(
    services: Services, model: str, snapshot: int | None, reason: str | None, author: str
) -> Training:
    from assay.stages.models import TrainingAsked, chain, train

    asked = TrainingAsked(by=author, reason=reason)
    with progress(f"training {model}") as show:

        def step(stage: str) -> None:
            show(f"{model}: {stage}")
            if stage == chain.gates()[0] and services.second is not None:  # models are read by now
                services.second.begin(_get_ready_to_track)

        return train(
            services, model, f"command {author}", snapshot=snapshot, asked=asked, progress=step
        )


def _keep_events(services: Services, run: Training) -> None:
    from assay.stages.openlineage import data_of_training

    decided = run.done["promote"]
    keep_events(
        services, f"train__{run.model}", lambda: data_of_training(run, decided), run.spec.started,
        failed=decided.holds,
    )  # fmt: skip


def _plan(services: Services, model: str, numbers: list[int | None], as_json: bool) -> int:
    from assay.stages.models import plan_training

    plans = [plan_training(services, model, number) for number in numbers]
    if as_json:
        return print_json({"plans": [plan.model_dump(mode="json") for plan in plans]})
    for plan in plans:
        results.print("\n".join(_planned(plan)))
    return 0


def _planned(plan: TrainingSpec) -> list[str]:
    lines = [f"{plan.model}: training run {plan.training_run[:12]}"]
    for used in plan.ingredients.data:
        keys = sorted(used.versions)
        part = "" if used.whole else ", a part of the snapshot"
        lines.append(f"  {used.name}: {len(keys)} batches, {keys[0]} … {keys[-1]}{part}")
    lines.append(f"  champion: {plan.champion or 'none yet'}")
    lines.append(f"  trained before as {plan.known}: nothing would be done" if plan.known
                 else "  not trained before")  # fmt: skip
    return lines


def body_of(run: Training) -> dict[str, Any]:
    """What became of a training run, as JSON data."""
    decided = run.done["promote"]
    return {
        "model": run.model,
        "training_run": run.version,
        "data": [{"dataset": u.dataset, "snapshot": u.number, "digest": u.digest}
                 for u in run.spec.ingredients.data],
        "known": run.spec.known is not None,
        "version": decided.version,
        "state": decided.state,
        "champion_before": run.spec.champion,
        "report": decided.report,
        "gates": {n: r.model_dump(mode="json") for n, r in run.done.items() if r.outcome},
        "figures": figures(run),
    }  # fmt: skip


def figures(run: Training) -> dict[str, Any]:
    """The figures that the run has measured, by name; those of its version if it was known."""
    import json

    from assay.stages.models import find_version

    if run.spec.known:
        return dict(find_version(run.services, run.spec.known).metrics)
    content = json.loads(run.workspace.figures.path.read_bytes())
    return {"model": content["metrics"], "champion": content["champion"]}


def print_run(services: Services, run: Training) -> None:
    """Print a table of the figures, the verdicts, and what became of the version."""
    from assay.stages.models import chain

    decided = run.done["promote"]
    if run.spec.known:
        results.print(f"{run.name}: {decided.messages[0]}")
        return
    _print_figures(run)
    table = table_of(("gate", "", "found"), title="Gates")
    for name in chain.gates():
        result = run.done[name]
        table.add_row(name, coloured(result.word, OUTCOMES), "; ".join(result.messages[:3]))
    results.print(table)
    results.print(decided.messages[0], soft_wrap=True)
    results.print(f"report: {services.project.home.joinpath(str(decided.report))}", soft_wrap=True)
    if decided.holds:
        errors.print("The version is held. include/docs/runbooks says what to do for each reason.")


def _print_figures(run: Training) -> None:
    from assay.records.models import Figure

    found = figures(run)
    heads = ["metric", "value", "interval", "rows"]
    table = table_of(
        [*heads, *([run.spec.champion or "champion"] if found["champion"] else [])],
        right=("value", "rows"), title=f"{run.name}, test rows",
    )  # fmt: skip
    for name, body in found["model"].items():
        figure = Figure(**body)
        ends = "" if figure.low is None else f"{figure.low:.4g} to {figure.high:.4g}"
        value = "–" if figure.value is None else f"{figure.value:.4g}"
        champion = found["champion"].get(name)
        more = [Figure(**champion).text] if champion else [""] if found["champion"] else []
        table.add_row(name, value, ends or figure.how, f"{figure.n or 0:,}", *more)
    results.print(table)
