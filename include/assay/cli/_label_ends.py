"""How a round of labelling ends: its labels are landed, or it is dropped."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from assay.cli._console import show
from assay.cli._label_rounds import Number, Sheets, open_round
from assay.cli._options import AsJson, Author, Dataset


def land(
    dataset: Dataset,
    number: Number = None,
    sheets: Sheets = None,
    leave_waiting: Annotated[
        bool, typer.Option("--leave-waiting", help="Leave out rows that wait for an expert.")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option(help="Why labels are delivered though annotators agree too little; on "
                          "record."),
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Deliver the labels of a round to the inbox of <data set>_labels, and take the tasks away.

    The file is released like any other batch. It has the key, the label, its confidence, how many
    answered, the round, the instruction's version, why the row was chosen and with what
    probability, and whether an expert decided.

    Example: assay label land comments
    """
    from assay.stages.labels.rounds import land_labels

    folder, platform = open_round(dataset, number, sheets)
    found = land_labels(
        folder.services, folder, platform, author=author or getpass.getuser(),
        leave_waiting=leave_waiting, accept=accept,
    )  # fmt: skip
    text = [f"{found.path}: {found.rows:,} labels of round {found.round}"
            f"{'' if found.new else ', delivered before'}; {found.left_out:,} rows without one",
            f"next: release batch {found.batch} of {found.dataset}"]  # fmt: skip
    return show(found.model_dump(mode="json"), as_json, text)


def drop(
    dataset: Dataset,
    reason: Annotated[str, typer.Option(help="Why, kept on record.")],
    number: Number = None,
    sheets: Sheets = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """End a round without labels, and take its tasks away: annotators agree too little, say.

    Its records stay. The next round may ask about the same rows again.

    Example: assay label drop comments --reason "the instruction was unclear"
    """
    from assay.stages.labels.rounds import drop_round

    folder, platform = open_round(dataset, number, sheets)
    found = drop_round(
        folder.services, folder, platform, author=author or getpass.getuser(), reason=reason
    )
    text = [f"round {found.round} of {dataset} is dropped: {found.reason}",
            f"{found.answers:,} answers stay unused",
            f"next: make the instruction clearer, then assay label plan {dataset}"]  # fmt: skip
    return show(found.model_dump(mode="json"), as_json, text)
