"""A file judged by a suite alone, or by all that a data set says of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text

from assay.cli._console import (
    OUTCOMES,
    coloured,
    errors,
    now,
    open_services,
    print_json,
    progress,
    results,
    spill_zone,
    table_of,
)
from assay.cli._options import AsJson, Data, Parameters, Redact

if TYPE_CHECKING:
    from assay.quality import Validation


def validate(
    data: Data,
    suite: Annotated[
        str | None,
        typer.Option(
            help="A suite file. With --dataset: `raw` (default) or `clean` takes the data set's "
            "own suite."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="A data set: its contract, suite and quality policy judge, as in a run."),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(help="Key of the batch in DATA. By default it is read from the file name."),
    ] = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="Folder for the failing rows, with all their reasons.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="`compiled` (one scan) or `gx` (Great Expectations itself).")
    ] = "compiled",
    param: Parameters = None,
    redact: Redact = None,
    as_json: AsJson = False,
) -> int:
    """Judge a file as a run would, or with a suite alone.

    It prints what isn't met as a table, the worst first; with --json Great Expectations' result.

    With --dataset the file is read as its contract says, and contract, suite and quality policy
    decide: rows that fail are quarantined, and only too many of them are FAIL. Values of other
    data sets are looked up in their released versions.

    With a suite alone an unmet critical expectation is FAIL (exit 1) even if its rows were
    quarantined, an unmet warning is WARN (exit 0), info changes nothing, and an expectation that
    could not be judged is INCONCLUSIVE (exit 3).

    Example: assay validate loans-2024-01-02.csv --dataset loans --quarantine bad/
    """
    from assay.quality import parameters_from

    chosen: Literal["compiled", "gx"] = "gx" if engine == "gx" else "compiled"
    if engine not in {"compiled", "gx"}:
        raise typer.BadParameter("compiled or gx", param_hint="--engine")
    more: dict[str, Any] = {"engine": chosen, "parameters": parameters_from(param or []),
                            "redact": redact or [], "quarantine": quarantine}  # fmt: skip
    if dataset is not None:
        return _as_in_a_run(data, dataset, suite or "raw", {**more, "batch": batch}, as_json)
    if suite is None or batch is not None:
        raise typer.BadParameter("give --dataset, or --suite alone", param_hint="--dataset")
    return _alone(data, suite, more, as_json)


def _as_in_a_run(
    data: str, dataset: str, suite: str, more: Mapping[str, Any], as_json: bool
) -> int:
    from assay.stages.authoring import try_gate

    services = open_services(dataset)
    with progress("validating"):
        found = try_gate(services, dataset, data, suite, **more)
    if as_json:
        print_json(found.document())
        errors.print("\n".join([*found.lines(), *found.notes]), soft_wrap=True)
        return found.verdict.exit_code
    if found.validation is not None:
        _print(found.validation)
    results.print("\n".join(found.lines()), soft_wrap=True)
    for note in found.notes:
        errors.print(note, soft_wrap=True)
    return found.verdict.exit_code


def _alone(data: str, suite: str, more: Mapping[str, Any], as_json: bool) -> int:
    from assay.quality import validate_file

    with progress("validating"):
        found = validate_file(data, suite, time=now(), spill=spill_zone(), **more)
    if as_json:
        print_json(dict(found.document))
    else:
        _print(found.validation)
    judged = f"{found.outcome.value}: {suite}"
    (errors if as_json else results).print(judged, soft_wrap=True)
    return found.outcome.exit_code


def _print(found: Validation) -> None:
    """What isn't met as a table, then how much is met, and where the rows are."""
    table = table_of(("verdict", "expectation", "rows", "what was found"), right=["rows"])
    unmet = found.unmet()
    for verdict, *cells in unmet:
        table.add_row(coloured(verdict, OUTCOMES), *map(Text, cells))
    if unmet:
        results.print(table)
        results.print()
    findings = found.findings
    silent = sum(f.not_judged is not None for f in findings) + len(found.not_judged)
    met = sum(f.success and f.not_judged is None for f in findings)
    not_judged = f", {silent} not judged" if silent else ""
    dropped = f", {found.dropped:,} dropped as exact duplicates" if found.dropped else ""
    results.print(
        f"{met} of {len(findings)} expectations are met{not_judged}. {found.rows_left:,} of "
        f"{found.rows_in:,} rows go on, {found.quarantined:,} quarantined{dropped}."
    )
