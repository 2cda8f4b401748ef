"""Labels: do annotators agree, one label from several annotations, labels that look wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli._console import errors, open_project, open_services, progress, show, spill_zone
from assay.cli._label_rounds import agree_on
from assay.cli._options import AsJson, Data
from assay.document import is_file

if TYPE_CHECKING:
    from assay.labelling import Annotations
    from assay.stages.labels import AnnotationColumns
    from assay.stages.labels.rounds import AgreedRound

app = typer.Typer(no_args_is_help=True, help="Labels that people gave, and whether they are good.")
Source = Annotated[
    str,
    typer.Argument(metavar="FILE|DATASET", help="CSV or Parquet by path or URL, or a data set."),
]
Task = Annotated[str, typer.Option(help="Column of the task that was labelled.")]
Annotator = Annotated[str, typer.Option(help="Column of the person who labelled it.")]
Label = Annotated[str, typer.Option(help="Column of the label; an empty one is no answer.")]
Seed = Annotated[int, typer.Option(help="Of the resampling; the same gives the same figures.")]
Alpha = Annotated[
    float, typer.Option(min=0.0001, max=0.5, help="One minus the confidence of intervals.")
]


@app.callback()
def labels() -> None:
    """Labels that people gave, and whether they are good."""


@app.command()
def agree(
    source: Source,
    task: Task = "task",
    annotator: Annotator = "annotator",
    label: Label = "label",
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Column that sorts the tasks; repeat for more.")
    ] = None,
    level: Annotated[
        Literal["nominal", "ordinal", "interval"],
        typer.Option(help="What labels are: names (`nominal`), places in an order (`ordinal`), "
                          "or numbers (`interval`)."),
    ] = "nominal",
    order: Annotated[
        str | None, typer.Option(help="Labels from lowest to highest, with commas between.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--round", help="Of a data set with rounds; by default the newest."),
    ] = None,
    alpha: Alpha = 0.05,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Say how well annotators agree who labelled the same tasks, with confidence intervals.

    Krippendorff's alpha, Fleiss' and Cohen's kappa are 1 for perfect agreement and 0 for what
    chance gives; raw agreement is the share of equal labels. Each is given over all tasks, for each
    label, for each two annotators, and for each value of the columns of `--by`. With too few tasks
    a figure is inconclusive. Annotators are shown under pseudonyms.

    Of a data set with rounds, the annotations of a round are read, and its policy's limits judged:
    only a whole interval keeps or misses one.

    Exit code 1: a limit is missed; 3: one is undecided, or no figure over all tasks is conclusive.

    Example: assay label agree annotations.csv --level ordinal --order bad,fair,good
    """
    from assay.labelling import measure_agreement, render_agreement
    from assay.stages.labels import AnnotationColumns

    if is_dataset(source) and (own := agree_on(source, number, alpha, seed)) is not None:
        return _show_round(own, as_json)
    places = tuple(part.strip() for part in order.split(",")) if order else ()
    columns = AnnotationColumns(task, annotator, label, tuple(by or ()), places)
    with progress("reading annotations") as step:
        found = read(source, columns)
        step("resampling tasks")
        report = measure_agreement(found, level=level, alpha=alpha, seed=seed)
    code = 3 if all(one.inconclusive for one in report.overall.figures.values()) else 0
    text = "" if as_json else render_agreement(report)
    return show(report.model_dump(mode="json"), as_json, text, code)


@app.command()
def aggregate(
    source: Source,
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    method: Annotated[
        Literal["dawid_skene", "majority"],
        typer.Option(help="`dawid_skene` weighs annotators by how they err, `majority` counts "
                          "them alike."),
    ] = "dawid_skene",
    task: Task = "task",
    annotator: Annotator = "annotator",
    label: Label = "label",
    gold: Annotated[
        str | None,
        typer.Option(help="Column of the answer of gold tasks, empty for all other tasks."),
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(help="Write the tasks that an expert should see here, as Parquet; needs the "
                          "three limits below."),
    ] = None,
    least_posterior: Annotated[
        float | None, typer.Option(help="For --review: a label that is less probable.")
    ] = None,
    least_agreement: Annotated[
        float | None,
        typer.Option(help="For --review: a task whose commonest label has a smaller share."),
    ] = None,
    unanimous_share: Annotated[
        float | None, typer.Option(help="For --review: this share of unanimous tasks, at random.")
    ] = None,
    seed: Seed = 1,
    alpha: Alpha = 0.05,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make one label of the annotations of each task, and say how well each annotator labels.

    The file gets the columns task, label (empty for a tie), confidence and annotations. An
    annotator's share of right labels is measured by those labels, and by gold tasks where some are
    named, with confidence intervals. Annotators are shown under pseudonyms. `--review` lists ties,
    improbable labels, disagreements and a random share of unanimous tasks for an expert.

    Example: assay label aggregate annotations.csv --out labels.parquet --gold known_answer
    """
    from assay.engine import open_session
    from assay.labelling.aggregation import (
        choose_for_review,
        dawid_skene,
        majority_vote,
        measure_annotators,
        render_aggregation,
    )
    from assay.stages.labels import (
        AnnotationColumns,
        gold_answers,
        write_labels,
        write_review,
    )

    limits = least_posterior, least_agreement, unanimous_share
    if review is not None and None in limits:
        raise typer.BadParameter(
            "needs --least-posterior, --least-agreement and --unanimous-share",
            param_hint="--review",
        )
    columns = AnnotationColumns(task, annotator, label, (gold,) if gold else ())
    with progress("reading annotations") as step:
        found = read(source, columns)
        known = gold_answers(found, gold) if gold else None
        step("weighing annotators")
        if method == "majority":
            made = majority_vote(found)
        else:
            made = dawid_skene(found, known=known).aggregated
        people = measure_annotators(found, made.posterior, alpha=alpha, known=known)
    with open_session(spill_zone()) as session:
        written = write_labels(session, found, made, out)
        if review is not None:
            chosen = choose_for_review(
                found, made, least_posterior=least_posterior or 0.0,
                least_agreement=least_agreement or 0.0, unanimous_share=unanimous_share or 0.0,
                seed=seed,
            )  # fmt: skip
            write_review(session, found, chosen, review)
    result = {
        "tasks": len(found.tasks), "ties": int((made.label < 0).sum()),
        "annotators": [one.model_dump(mode="json") for one in people],
        "out": {"path": str(out), "rows": written.rows, "sha256": written.sha256},
    }  # fmt: skip
    text = [render_aggregation(found, made, people), "", f"wrote {out}: {written.rows:,} rows"]
    return show(result, as_json, text)


@app.command()
def noise(
    data: Data,
    label: Label = "label",
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Column of whose levels the share is shown; repeat for more."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Column to leave out, such as a key; repeat for more."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the suspects' row numbers here, as Parquet.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Models, each for the rows of one fold.")] = 5,
    alpha: Alpha = 0.05,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> int:
    """Find labels that don't fit the other columns: they are probably wrong (confident learning).

    Each row is predicted by a model that was fitted on other rows. A suspect isn't an error: a
    person should look at it. Nothing is changed.

    Example: assay label noise people.parquet --label income --by sex --without id
    """
    from assay.engine import open_session
    from assay.labelling.noise import render_noise
    from assay.stages.labels import find_label_noise, write_suspects

    with progress("fitting models"), open_session(spill_zone()) as session:
        found, suspects, left_out = find_label_noise(
            session, data, label=label, by=by or (), without=without or (), folds=folds,
            alpha=alpha, seed=seed,
        )  # fmt: skip
        if out is not None:
            write_suspects(session, suspects, out)
    for name in left_out:
        errors.print(f"{name} is a date or has too many levels: the model doesn't learn from it.")
    result = {
        "share": found.share, "by_class": found.by_class, "by_group": found.by_group,
        "estimated": found.estimated, "left_out": left_out,
    }  # fmt: skip
    return show(result, as_json, render_noise(found, alpha))


def is_dataset(source: str) -> bool:
    """Whether a source is the name of a data set, and no address or file."""
    return "://" not in source and not is_file(Path(source)) and source in open_project().datasets()


def _show_round(found: AgreedRound, as_json: bool) -> int:
    from assay.labelling import render_agreement

    figures = found.report.overall.figures
    some = any(not one.inconclusive for one in figures.values())
    text = [render_agreement(found.report), ""]
    text += [f"{one.outcome}: {one.figure} at least {one.least:g}" for one in found.limits]
    code = found.outcome.exit_code or (0 if some else 3)
    return show(found.model_dump(mode="json"), as_json, text, code)


def read(source: str, columns: AnnotationColumns) -> Annotations:
    """Read annotations from a file, or from a released data set of that name."""
    from assay.engine import open_session
    from assay.stages.labels import annotations_of_dataset, annotations_of_file

    if is_dataset(source):
        return annotations_of_dataset(open_services(source), source, columns)
    spill = spill_zone()
    key = None if spill is None else open_services().key
    if key is None:
        errors.print("Without a project, pseudonyms are of this call alone.")
    with open_session(spill) as session:
        return annotations_of_file(session, source, columns, key)
