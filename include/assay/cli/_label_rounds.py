"""Rounds of labelling: plan, publish, collect, status, adjudicate."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli._console import (
    OUTCOMES,
    coloured,
    errors,
    open_services,
    print_json,
    progress,
    results,
    show,
    table_of,
)
from assay.cli._options import AsJson, Author, Dataset

if TYPE_CHECKING:
    from rich.text import Text

    from assay.labelling.aggregation import AnnotatorQuality
    from assay.labelling.platforms import Platform
    from assay.policy.labelling import Platform as PlatformName
    from assay.stages.labels.rounds import AgreedRound
    from assay.stages.labels.rounds._folder import RoundFolder
    from assay.stages.labels.rounds._status import RoundStatus
    from assay.statistics.scores.estimate import Estimate

Number = Annotated[
    int | None, typer.Option("--round", help="Number of the round; by default the newest.")
]
Sheets = Annotated[
    Path | None,
    typer.Option(help="Folder of the sheets; by default `sheets` in the round's own folder."),
]
_SHOWN = len("v1:") + 8


def plan(
    dataset: Dataset,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Rows to ask about; by default the policy's.")
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(help="User id of who is asked; repeat for more. By default the policy's."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="A file with the key and the labels so far; by default the released rows "
                          "of <data set>_labels."),
    ] = None,
    gold: Annotated[
        str | None,
        typer.Option(help="A file with the key and `label` of rows whose answer is known; experts' "
                          "answers of earlier rounds are known without it."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Plan it though the policy's stop rule says enough.")
    ] = False,
    author: Author = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Plan the next round: choose rows by the labelling policy and share them among annotators.

    A random share of the rows goes to two people, and gold tasks to everybody. A round that hasn't
    landed is found, not planned again. Names of annotators stay in the round's own folder;
    everything else has pseudonyms.

    Example: assay label plan comments --annotator ada --annotator grace
    """
    from assay.stages.labels.rounds import plan_round

    services = open_services(dataset)
    with progress("choosing rows") as step:
        found = plan_round(
            services, dataset, author=author or getpass.getuser(), budget=budget,
            annotators=annotator or (), labels=labels, gold=gold, anyway=anyway, progress=step,
        )  # fmt: skip
    for said in found.round.said:
        errors.print(said, soft_wrap=True)
    one = found.round
    asked = sum(len(task.annotators) for task in found.tasks)
    golden = sum(task.gold is not None for task in found.tasks)
    result = {**one.model_dump(mode="json"), "tasks": len(found.tasks), "asked": asked,
              "gold": golden, "new": found.new}  # fmt: skip
    text = [
        f"{dataset} round {one.number}: {'planned' if found.new else 'is there already'}",
        f"{len(found.tasks):,} tasks ({golden:,} gold), {asked:,} answers of "
        f"{len(one.annotators)} annotators until {one.deadline:%Y-%m-%d %H:%M} UTC",
        f"next: assay label publish {dataset}",
    ]
    return show(result, as_json, text)


def publish(
    dataset: Dataset,
    number: Number = None,
    platform: Annotated[
        Literal["sheets", "label_studio"] | None,
        typer.Option(help="Where people answer: CSV files, or Label Studio. By default as the "
                          "policy says, or where the round was published before."),
    ] = None,
    sheets: Sheets = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Show each annotator their own tasks: on a sheet each, or in a project each of Label Studio.

    A sheet is a CSV file with an empty column `answer`. Give each person their file,
    `instruction.txt` and, where there is one, the folder `pictures`. What is there already stays as
    it is, so that no answer is lost. In Label Studio annotators are named by the e-mail address of
    their account; it is the home's own (`assay up --labelling`) or that of
    `ASSAY_LABEL_STUDIO_URL` and `ASSAY_LABEL_STUDIO_TOKEN`.

    Example: assay label publish comments --sheets /srv/labelling

    Example: assay label publish comments --platform label_studio
    """
    from assay.stages.labels.rounds import publish_round

    folder, where = open_round(dataset, number, sheets, platform)
    with progress("publishing tasks"):
        sent = publish_round(folder.services, folder, where)
    place = _place(folder, where)
    result = {"round": folder.number, "platform": where.name, "place": place, **sent.model_dump()}
    text = [f"{place}: written for {sent.made} people, found for {sent.found}",
            f"next, when they have answered: assay label collect {dataset}"]  # fmt: skip
    return show(result, as_json, text)


def collect(
    dataset: Dataset,
    number: Number = None,
    sheets: Sheets = None,
    close: Annotated[
        bool, typer.Option("--close", help="Close the round after it: later answers are refused.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Take the answers from the sheets or from Label Studio, as often as you like.

    An answer that was taken before isn't taken twice; one that was changed is another annotation,
    and stands. An answer to another person's task, or that isn't among the policy's, is refused
    with a reason. In `--sheets` answers lie in `<data set>-<round>/<annotator>.csv`.

    Example: assay label collect comments --close
    """
    from assay.stages.labels.rounds import collect_answers

    folder, platform = open_round(dataset, number, sheets)
    found = collect_answers(folder.services, folder, platform, close=close)
    missing = found.progress.asked - found.progress.given
    text = [f"{dataset} round {found.round}: {found.new:,} new annotations, {found.edited:,} of "
            f"them changed; {missing:,} of {found.progress.asked:,} are missing"]  # fmt: skip
    text += [f"refused: {count:,} {reason.replace('_', ' ')}"
             for reason, count in sorted(found.refused.items())]  # fmt: skip
    if found.closed:
        text.append("the round is closed")
    return show(found.model_dump(mode="json"), as_json, text)


def status(dataset: Dataset, as_json: AsJson = False) -> int:
    """Show each round: how far it is, who has answered how much, agreement, what waits.

    Annotators are shown under pseudonyms. Exit code 3: a round is past its deadline and open.

    Example: assay label status comments
    """
    from assay.stages.labels.rounds import round_status

    found = round_status(open_services(dataset, reading=True), dataset)
    code = 3 if any(one.over for one in found) else 0
    if as_json:
        return print_json([one.model_dump(mode="json") for one in found], code)
    if not found:
        results.print(f"No round of {dataset} yet: assay label plan {dataset}")
        return code
    heads = ("round", "state", "tasks done", "answers", "agreement", "for experts", "labels",
             "deadline")  # fmt: skip
    table = table_of(heads, right=heads[2:4] + heads[5:7], title=f"Rounds of {dataset}")
    for one in found:
        table.add_row(*_row(one))
    results.print(table)
    _print_people(found[0])
    results.print(f"cost: {found[0].cost.said}", soft_wrap=True)
    return code


def adjudicate(
    dataset: Dataset, number: Number = None, sheets: Sheets = None, as_json: AsJson = False
) -> int:
    """Ask the experts about doubtful tasks, and take what they have answered.

    Ties, improbable labels, disagreements and a random share of unanimous tasks go to
    `<data set>-<round>-review`; an expert sees nobody's answer. Call it again once
    they have answered: an expert's answer stands. Then each annotator's share of right labels
    is shown, with its interval.

    Example: assay label adjudicate comments
    """
    from assay.stages.labels.rounds import adjudicate_round

    folder, platform = open_round(dataset, number, sheets)
    with progress("weighing annotators"):
        found = adjudicate_round(folder.services, folder, platform)
    text = [f"{dataset} round {found.round}: {found.answered:,} tasks decided by experts, "
            f"{found.corrected:,} labels corrected, {found.waiting:,} tasks wait"]  # fmt: skip
    text += [f"  {count:,} {reason.replace('_', ' ')}" for reason, count in found.chosen.items()]
    text += [f"  {_person(one)}" for one in found.annotators]
    text.append(
        f"for the experts: {_place(folder, platform, '-review')}" if found.waiting
        else f"next: assay label land {dataset}"
    )  # fmt: skip
    return show(found.model_dump(mode="json"), as_json, text)


def draft(dataset: Dataset, as_json: AsJson = False) -> int:
    """Write contract, suites and policies of <data set>_labels, ready to be read and tightened.

    Periods and alerts are those of the data set itself. Nothing is overwritten.

    Example: assay label draft comments
    """
    from assay.stages.labels.rounds import draft_labels

    written = [str(path) for path in draft_labels(open_services(dataset), dataset)]
    text = [*(f"wrote {path}" for path in written), "next: read them, then assay check"]
    return show({"written": written}, as_json, text)


def agree_on(dataset: str, number: int | None, alpha: float, seed: int) -> AgreedRound | None:
    """The agreement of a round; None where the data set has no rounds and none is asked for."""
    from assay.stages.labels.rounds import agree_on_round, find_round, rounds_of

    services = open_services(dataset, reading=True)
    if number is None and not rounds_of(services, dataset):
        return None
    return agree_on_round(find_round(services, dataset, number), alpha=alpha, seed=seed)


def open_round(
    dataset: str, number: int | None, sheets: Path | None, named: PlatformName | None = None
) -> tuple[RoundFolder, Platform]:
    """A round, and the platform that it is on."""
    from assay.stages.labels.rounds import find_round, open_platform

    folder = find_round(open_services(dataset), dataset, number)
    return folder, open_platform(folder, os.environ, named=named, sheets=sheets)


def _place(folder: RoundFolder, platform: Platform, asking: str = "") -> str:
    """Where people find their tasks."""
    from assay.labelling.platforms import LabelStudio, Sheets

    project = f"{folder.round.name}{asking}"
    if isinstance(platform, LabelStudio):
        return f"{platform.url} {project}"
    return str(platform.folder / project) if isinstance(platform, Sheets) else project


def _row(one: RoundStatus) -> tuple[str | Text, ...]:
    done = one.progress
    state = f"{one.state}, overdue" if one.over else one.state
    figures = "; ".join(f"{name} {_figure(found)}" for name, found in one.agreement.items()
                        if name in {"krippendorff_alpha", "raw_agreement"})  # fmt: skip
    return (
        str(one.round), coloured(state, {f"{one.state}, overdue": OUTCOMES["INCONCLUSIVE"]}),
        f"{done.answered:,} of {done.tasks:,}", f"{done.given:,} of {done.asked:,}",
        figures or "–", f"{one.waiting:,}", "–" if one.labels is None else f"{one.labels:,}",
        f"{one.deadline:%Y-%m-%d}",
    )  # fmt: skip


def _figure(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "inconclusive"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _print_people(one: RoundStatus) -> None:
    table = table_of(("annotator", "answers", "of"), right=("answers", "of"),
                     title=f"Annotators of round {one.round}")  # fmt: skip
    for who, (given, asked) in one.progress.by_annotator.items():
        table.add_row(who[:_SHOWN], f"{given:,}", f"{asked:,}")
    results.print(table)
    for reason, count in sorted(one.refused.items()):
        results.print(f"refused at the last collection: {count:,} {reason.replace('_', ' ')}")


def _person(one: AnnotatorQuality) -> str:
    gold = "" if one.gold.value is None else f", gold tasks {_figure(one.gold)}"
    return (
        f"{one.annotator[:_SHOWN]}: {one.annotations:,} labels, right {_figure(one.accuracy)}{gold}"
    )
