"""A file judged by a suite alone, or by all that a data set says of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from assay.cli._console import errors, now, open_services, print_json, progress, spill_zone
from assay.cli._options import AsJson, Data, Parameters, Redact


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
    as_json: AsJson = True,
) -> int:
    """Judge a file as a run would, or with a suite alone; prints GX's result as JSON.

    With --dataset the file is read as its contract says, and contract, suite and quality policy
    decide: rows that fail are quarantined, and only too many of them are FAIL. Values of other
    data sets are looked up in their released versions.

    With a suite alone an unmet critical expectation is FAIL (exit 1) even if its rows were
    quarantined, an unmet warning is WARN (exit 0), info changes nothing, and an expectation that
    could not be judged is INCONCLUSIVE (exit 3).

    Example: assay validate loans-2024-01-02.csv --dataset loans --quarantine bad/
    """
    del as_json  # the result is JSON, asked for or not
    from assay.quality import parameters_from

    chosen: Literal["compiled", "gx"] = "gx" if engine == "gx" else "compiled"
    if engine not in {"compiled", "gx"}:
        raise typer.BadParameter("compiled or gx", param_hint="--engine")
    more: dict[str, Any] = {"engine": chosen, "parameters": parameters_from(param or []),
                            "redact": redact or [], "quarantine": quarantine}  # fmt: skip
    if dataset is not None:
        return _as_in_a_run(data, dataset, suite or "raw", {**more, "batch": batch})
    if suite is None or batch is not None:
        raise typer.BadParameter("give --dataset, or --suite alone", param_hint="--dataset")
    return _alone(data, suite, more)


def _as_in_a_run(data: str, dataset: str, suite: str, more: Mapping[str, Any]) -> int:
    from assay.stages.authoring import try_gate

    services = open_services(dataset)
    with progress("validating"):
        found = try_gate(services, dataset, data, suite, **more)
    print_json(found.document())
    errors.print(found.text(), soft_wrap=True)
    return found.verdict.exit_code


def _alone(data: str, suite: str, more: Mapping[str, Any]) -> int:
    from assay.quality import validate_file

    with progress("validating"):
        found = validate_file(data, suite, time=now(), spill=spill_zone(), **more)
    print_json(dict(found.document))
    errors.print("\n".join(_unmet(found.document)), soft_wrap=True)
    errors.print(f"{found.outcome.value}: {suite}")
    return found.outcome.exit_code


def _unmet(document: Mapping[str, Any]) -> list[str]:
    """A line for every expectation that isn't met: which, of what, and how far; no value."""
    lines = []
    for one in document["results"]:
        if one["success"]:
            continue
        config, result = one["expectation_config"], one["result"]
        asked = config["kwargs"]
        of = asked.get("column") or asked.get("column_list") or asked.get("column_A") or "the table"
        count = result.get("unexpected_count")
        why = one["exception_info"].get("exception_message") or (
            "" if count is None else f"{count} of {result.get('element_count')} rows"
        )
        lines.append(f"  {one['verdict']} {config['type']} ({of}): {why}".rstrip(": "))
    return lines
