"""Feedback: a model's released predictions beside what became of the rows."""

from __future__ import annotations

import getpass
import shutil
from pathlib import Path
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
    from assay.stages.feedback import FeedbackSummary
    from assay.stages.feedback._spec import JudgedBatch
    from assay.stages.services import Services


def feedback(
    model: Annotated[str, typer.Argument(help="Name of the model: its file in include/models.")],
    batch: Annotated[
        str | None,
        typer.Option(help="Judge this batch now; without it, what is on record is listed."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Copy the page of the batch to here.")] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Judge a model's released predictions by the outcomes that have come.

    Predictions and outcomes are joined by key and judged by the section `feedback` of the model
    file. Until enough outcomes are there, the figures are estimated from the probabilities. The
    same versions give the same result, which is then found. Where a data set of outcomes is joined
    by the key of a row, `--batch` may name one of its batches: each batch of predictions that it
    tells of is judged.

    Exit code 1: a figure is beyond its limit; 3: inconclusive.

    Example: assay feedback late_arrival --batch 2013-02-12
    """
    if batch is None:
        if html is not None:
            raise InputError("a page is of one batch", where="--html", do="Add --batch.")
        return _history(open_services(reading=True), model, as_json)
    return _judge(open_services(), model, batch, html, author or getpass.getuser(), as_json)


def _history(services: Services, model: str, as_json: bool) -> int:
    from assay.stages.feedback import feedback_history

    found = feedback_history(services, model)
    if as_json:
        return print_json({"model": model, "batches": [f.model_dump(mode="json") for f in found]})
    if not found:
        results.print(f"No feedback on {model} yet: assay feedback {model} --batch KEY")
        return 0
    table = table_of(
        ("batch", "", "predictions", "with outcome", "figures", "reasons"),
        right=("predictions", "with outcome"), title=f"Feedback on {model}",
    )  # fmt: skip
    for one in found:
        table.add_row(*_row(one))
    results.print(table)
    return 0


def _row(one: FeedbackSummary) -> tuple[Any, ...]:
    figures = "; ".join(f"{name} {text}" for name, text in list(one.metrics.items())[:3])
    word = coloured(one.outcome, OUTCOMES)
    return (one.batch, word, f"{one.predicted:,}", f"{one.labelled:,}", figures,
            " ".join(one.reasons))  # fmt: skip


def _judge(
    services: Services, model: str, batch: str, html: Path | None, author: str, as_json: bool
) -> int:
    from assay.stages.feedback import feedback as judge
    from assay.stages.work import DoesNotApply
    from assay.verdict import worst

    try:
        with progress(f"{model}: feedback") as step:
            found = judge(
                services, model, batch, f"command {author}", by=author,
                progress=lambda key: step(f"{model}: {key}"),
            )  # fmt: skip
    except DoesNotApply as why:
        raise InputError(
            "there is nothing to judge", where=f"{model} {batch}", got=str(why)
        ) from None
    _keep_events(services, model, found.batches)
    if html is not None:
        _copy(services, found.batches, html)
    if as_json:
        bodies = [_body(services, judged) for judged in found.batches]
        print_json({"model": model, "batches": bodies})
    else:
        for judged in found.batches:
            _print(services, judged)
    return worst(j.finished.verdict.outcome for j in found.batches if j.finished.verdict).exit_code


def _keep_events(services: Services, model: str, judged: tuple[JudgedBatch, ...]) -> None:
    from assay.stages.openlineage import data_of_feedback

    keep_events(
        services, f"feedback__{model}", lambda: data_of_feedback(judged),
        min(one.spec.started for one in judged),
        failed=any(one.finished.result.holds for one in judged),
    )  # fmt: skip


def _copy(services: Services, judged: tuple[JudgedBatch, ...], html: Path) -> None:
    if len(judged) != 1:
        raise InputError("a page is of one batch", where="--html", got=f"{len(judged)} batches")
    shutil.copyfile(services.project.home.joinpath(str(judged[0].finished.result.report)), html)


def _body(services: Services, judged: JudgedBatch) -> dict[str, Any]:
    """What was found of a batch, as JSON data."""
    import json

    page = services.project.home.joinpath(str(judged.finished.result.report))
    rows = json.loads(page.with_name("misclassified.json").read_bytes())
    verdict = judged.finished.verdict
    return {
        "feedback": judged.spec.feedback,
        "batch": judged.spec.batch,
        "verdict": verdict.model_dump(mode="json") if verdict else None,
        "misclassified": rows,
        "report": judged.finished.result.report,
    }


def _print(services: Services, judged: JudgedBatch) -> None:
    page = services.project.home.joinpath(str(judged.finished.result.report))
    text = page.with_name("feedback.txt").read_text(encoding="utf-8")
    results.print(text.rstrip(), soft_wrap=True)
    results.print(f"report: {page}", soft_wrap=True)
    if judged.finished.result.holds:
        errors.print("include/docs/runbooks says what to do for each reason.")
