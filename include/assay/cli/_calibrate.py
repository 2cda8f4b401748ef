"""Limits of a drift policy from the distances between ordinary batches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli._console import AsJson, check_dataset, errors, open_services, progress, show


def calibrate(
    dataset: Annotated[str, typer.Argument(help="A data set with a drift policy.")],
    rate: Annotated[
        float,
        typer.Option(help="False-alarm rate: the share of ordinary batches in which one column may "
                     "reach its limit."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the batches' files, named by their keys. Without it, released "
                     "batches are compared."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the proposals into the policy; comments stay.")
    ] = False,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Propose limits from the distances between the policy's bootstrap batches.

    Rows within a batch depend on each other, so two ordinary batches differ by more than chance.
    Each bootstrap batch is compared with the other pinned batches. The proposed limit is a
    distance that they exceed no more often than the rate. With too few batches for the rate, the
    largest distance is proposed, with a note.

    Example: assay drift calibrate flights --rate 0.03 --data .assay/inbox/flights
    """
    from assay.drift.calibration import render_calibration_json, render_calibration_text
    from assay.stages.authoring import calibrate_drift, write_calibration

    services = open_services()
    check_dataset(services, dataset)
    with progress("comparing ordinary batches"):
        found = calibrate_drift(services, dataset, rate, data)
    show_json = render_calibration_json(found)
    show(show_json, as_json, render_calibration_text(found))
    if write:
        for line in write_calibration(services, found):
            errors.print(f"wrote {line}")
    return 0
