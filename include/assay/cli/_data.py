"""Verbs on a file: clean, drift and its calibration, fairness."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli._console import errors, open_services, progress, show, spill_zone
from assay.cli._options import AsJson, Data, Policy, Report

drift_app = typer.Typer(invoke_without_command=True)


def clean(
    data: Data,
    policy: Policy,
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    reference: Annotated[
        str | None, typer.Option(help="What to fit on; without it DATA, and scaling is refused.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Where to write the report, HTML or JSON by its ending; state and change "
            "log beside."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Clean a file by a policy's steps, every changed cell counted and logged.

    Example: assay clean day.csv --policy cleaning.yaml --out day.parquet --reference last.csv
    """
    from assay.cleaning import clean_file, render_text

    with progress("cleaning"):
        cleaned = clean_file(
            data, policy, out, reference=reference, report=report, spill=spill_zone()
        )
    result = {
        "verdict": cleaned.verdict,
        "report": cleaned.report,
        "out": {"path": out, "rows": cleaned.out.rows, "sha256": cleaned.out.sha256},
        "beside": dict(cleaned.beside),
    }
    lines = [
        render_text(cleaned.verdict, cleaned.report),
        "",
        f"wrote {out}: {cleaned.out.rows:,} rows",
        *(f"wrote {path}: {name.replace('_', ' ')}" for name, path in cleaned.beside.items()),
    ]
    return show(result, as_json, lines, cleaned.verdict.exit_code)


@drift_app.callback()
def drift(
    ctx: typer.Context,
    reference: Annotated[str | None, typer.Option(help="The file to compare with.")] = None,
    current: Annotated[
        str | None, typer.Option(help="The file to judge.", show_default="required")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="The drift policy.", show_default="required")
    ] = None,
    report: Report = None,
    rows: Annotated[
        Path | None,
        typer.Option(help="Write the numbers of the rows behind a shift here, as Parquet."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Judge one file against another: did the data change, by how much, and why?

    Each column gets one test (corrected for the number of columns) and one measure of change,
    which has a limit. With too few rows the result is INCONCLUSIVE, never PASS. For a column that
    fails, the shift is split over the segments of the policy's `segments`: their mix changed, or
    rows within them did.

    Example: assay drift --reference jan.parquet --current feb.parquet --policy drift.yaml
    """
    from assay.drift import compare_files, render_html, render_json, render_text
    from assay.page import PageContext

    if ctx.invoked_subcommand is not None:
        return 0
    if current is None or policy is None:
        given = {"--current": current, "--policy": policy}
        ctx.fail("Missing option " + " and ".join(repr(n) for n, v in given.items() if v is None))
    with progress("comparing"):
        verdict, found = compare_files(reference, current, policy, rows, spill_zone())
    if report is not None:
        page = render_html(verdict, found, PageContext(Path(current).name))
        report.write_text(page, encoding="utf-8")
    text = render_text(verdict, found)
    return show(render_json(verdict, found), as_json, text, verdict.exit_code)


def fairness(data: Data, policy: Policy, report: Report = None, as_json: AsJson = False) -> int:
    """Compare outcomes between groups of people, with confidence intervals.

    Example: assay fairness scored.parquet --policy fairness.yaml
    """
    from assay.engine import open_session
    from assay.fairness import (
        FairnessReport,
        judge_fairness,
        measure_fairness,
        render_html,
        render_text,
    )
    from assay.page import PageContext
    from assay.policy import load_policy
    from assay.policy.fairness import FairnessPolicy

    loaded = load_policy(policy, FairnessPolicy)
    with progress("comparing groups"), open_session(spill_zone()) as session:
        measured = measure_fairness(session.open_data(data), loaded)
        verdict = judge_fairness(measured, loaded)
    found = FairnessReport.of(verdict)
    if report is not None:
        page = render_html(verdict, found, PageContext(Path(data).name))
        report.write_text(page, encoding="utf-8")
    return show(verdict, as_json, render_text(verdict, found), verdict.exit_code)


@drift_app.command()
def calibrate(
    dataset: Annotated[str, typer.Argument(help="A data set with a drift policy.")],
    rate: Annotated[
        float,
        typer.Option(help="False-alarm rate: the share of normal batches in which one column may "
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

    Rows within a batch depend on each other, so two normal batches differ by more than chance.
    Each bootstrap batch is compared with the other pinned batches. Normal batches pass the
    proposed limit except in at most --rate of cases. With too few batches for the rate, the
    largest distance is proposed, with a note.

    Limits of columns and of the classifier are proposed. Those of `concept` are not: how much worse
    a model may be is for its users to decide.

    Example: assay drift calibrate flights --rate 0.03 --data .assay/inbox/flights
    """
    from assay.drift.calibration import render_calibration_json, render_calibration_text
    from assay.stages.authoring import calibrate_drift, write_calibration

    services = open_services(dataset)
    with progress("comparing ordinary batches"):
        found = calibrate_drift(services, dataset, rate, data)
    show(render_calibration_json(found), as_json, render_calibration_text(found))
    if write:
        for line in write_calibration(services, found):
            errors.print(f"wrote {line}")
    return 0
