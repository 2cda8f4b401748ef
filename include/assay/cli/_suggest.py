"""A suite proposed from data, with evidence, backtest and mutation score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from assay.cli._console import open_services, print_json, progress, results, spill_zone
from assay.cli._options import (
    AsJson,
    DataList,
    Decimal,
    Delimiter,
    Encoding,
    Redact,
    tab_for,
)
from assay.cli._suite_tables import print_remarks, print_score, proposals_table, short

if TYPE_CHECKING:
    from assay.engine import Session
    from assay.onboarding import Proposal
    from assay.stages.authoring import Suggested

_MOST_SHOWN = 12
_EVERY, _ROWS = 20, 50_000


def suggest(
    data: DataList,
    dataset: Annotated[
        str | None,
        typer.Option(help="A data set; its contract, suite and earlier versions are used."),
    ] = None,
    stage: Annotated[
        str,
        typer.Option(help="With --dataset: rows as they arrive (`raw`) or as released (`clean`)."),
    ] = "raw",
    suite: Annotated[
        Path | None, typer.Option(help="An existing suite; only what it lacks is proposed.")
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(help="The batch that DATA holds; by default the only key in the file's name."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Batch for the backtest; repeat for more. By default all earlier ones."),
    ] = None,
    redact: Redact = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    guess: Annotated[
        bool, typer.Option(help="Without --dataset: hide columns whose names suggest people.")
    ] = True,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Plant faults and count those that the proposals find.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the proposals as a new suite.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Add the proposals to the suite; the rest stays.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Propose expectations that data meet, with the evidence, and run them on earlier versions.

    What a contract or suite states already isn't proposed again; if the data contradict it, it is
    listed. For columns about people it reads only counts. Use complete, normal batches, one or
    several: all proposals fit them. Several files have the key of their batch in their names, or
    are given as a pattern with `{batch}` in it.

    Example: assay suggest loans-2024-01.csv --out suite.json
    """
    from assay import engine
    from assay.engine.text_form import TextForm
    from assay.stages.authoring import suggest_suite

    if stage not in {"raw", "clean"}:
        raise typer.BadParameter("raw or clean", param_hint="--stage")
    which: Literal["raw", "clean"] = "clean" if stage == "clean" else "raw"
    if against and dataset is None:
        raise typer.BadParameter("needs --dataset", param_hint="--against")
    services = open_services(dataset) if dataset is not None else None
    if services is not None and dataset is not None:
        suite = suite or services.project.suite(dataset, which)
    if write and suite is None:
        raise typer.BadParameter("needs --suite or --dataset", param_hint="--write")
    with progress("reading the data") as step, engine.open_session(spill_zone()) as session:
        found = suggest_suite(
            session, data, services=services, dataset=dataset, which=which, suite=suite,
            batch=batch, against=against or [], redact=redact or [], guess=guess, progress=step,
            form=TextForm(tab_for(delimiter), encoding, decimal),
        )  # fmt: skip
        # Their own data meet all proposals, unless two engines differ.
        pairs = zip(found.suggestion.proposals, found.own, strict=True)
        proposals = [p for p, judged in pairs if judged.met]
        score = _score(found, proposals, session, step) if mutate and proposals else None
    written = _written(proposals, out, suite if write else None)
    if as_json:
        return print_json(_document(found, score, written))
    _print(found, score, written, taken=not against)
    return 0


def _score(found: Suggested, proposals: Sequence[Proposal], session: Session, progress: Any) -> Any:
    """The mutation score of the proposals on their own data."""
    from assay.quality.mutation import measure_mutation
    from assay.stages.authoring import proposed

    of, suite = found.table, proposed(session, proposals)
    return measure_mutation(session, of, suite, every=_EVERY, most_rows=_ROWS, progress=progress)


def _written(proposals: Sequence[Proposal], out: Path | None, into: Path | None) -> dict[str, Any]:
    from assay.onboarding import merge_suite, write_suite

    written: dict[str, Any] = {}
    if out is not None:
        written["out"] = {"path": out, "expectations": write_suite(out, out.stem, proposals)}
    if into is not None:
        written["added"] = {"path": into, "expectations": merge_suite(into, proposals)}
    return written


def _document(found: Suggested, score: Any, written: dict[str, Any]) -> dict[str, Any]:
    suggestion = found.suggestion
    return {
        "rows": suggestion.rows,
        "batches": suggestion.batches,
        "batch": found.batch,
        "proposals": [
            {"label": own.label, "stage": p.stage, **p.expectation()}
            for own, p in zip(found.own, suggestion.proposals, strict=True)
        ],
        "remarks": suggestion.remarks,
        "contradicted": found.contradicted,
        "own": found.own,
        "backtest": found.past,
        **({"mutation": score.document()} if score is not None else {}),
        **written,
    }


def _print(found: Suggested, score: Any, written: dict[str, Any], *, taken: bool) -> None:
    """The result for a person; ``taken`` where no version was named for the backtest."""
    suggestion = found.suggestion
    of = f"{suggestion.rows:,} rows"
    if suggestion.batches > 1:
        of += f" and {suggestion.batches - 1} more batches"
    if suggestion.proposals:
        results.print(f"{len(suggestion.proposals)} expectations proposed from {of}")
        results.print(proposals_table(suggestion.proposals))
    else:
        results.print(f"{of}: no expectation to add.")
    print_remarks(suggestion.remarks)
    _contradicted(found)
    if taken and found.past and found.batch is None:
        results.print("Batch not known, so every version counts as earlier. Name it by --batch.")
    if found.past and suggestion.proposals:
        results.print("On earlier versions (· is met; a number is the rows that it flags):")
        results.print(_backtest(found))
    if score is not None:
        print_score(score)
    for what, suite in written.items():
        verb = "wrote" if what == "out" else "added to"
        results.print(f"{verb} {suite['path']}: {suite['expectations']} expectations")
    if not written and suggestion.proposals:
        results.print("Nothing is written: --out FILE makes a suite of these, --write adds them to "
                      "the suite.")  # fmt: skip


def _contradicted(found: Suggested) -> None:
    """The stated expectations that the data don't meet; nothing where none is stated."""
    if found.contradicted:
        results.print("\nStated already, and contradicted by these data:")
        for j in found.contradicted:
            why = j.problem or ("" if j.flagged is None else f"{j.flagged} rows")
            results.print(f"  {j.label}: {why}".rstrip(": "))
    elif found.stated:
        results.print("\nNothing that is stated already is contradicted by these data.")
    results.print("")


def _backtest(found: Suggested) -> Table:
    """What each proposal would have flagged: one column for each version, or a summary of many."""
    past = found.past
    table = Table(box=None)
    table.add_column("expectation", overflow="fold")
    few = len(past) <= _MOST_SHOWN
    for name in [p.batch for p in past] if few else ["met", "unmet", "most rows flagged", "in"]:
        table.add_column(name, justify="right")
    for i, own in enumerate(found.own):
        judged = [p.judged[i] for p in past]
        cells = map(_cell, judged) if few else _summary(past, judged)
        table.add_row(Text(short(own.label)), *cells)
    if few:
        table.add_section()
        for name in ("state", "table"):
            table.add_row(name, *(getattr(p, name) for p in past), style="dim")
    return table


def _cell(judged: Any) -> str | Text:
    if judged.problem is not None:
        return "?"
    flagged = f"{judged.flagged:,}" if judged.flagged else ""
    return f"· {flagged}".rstrip() if judged.met else Text(flagged or "unmet", style="red")


def _summary(past: Any, cells: Any) -> tuple[str, str | Text, str, str]:
    met = sum(c.met for c in cells)
    unmet = len(cells) - met
    if not unmet:
        return str(met), "0", "", ""
    worst = max(range(len(cells)), key=lambda i: (not cells[i].met, cells[i].flagged or 0))
    flagged = f"{cells[worst].flagged or ''}"
    return str(met), Text(str(unmet), style="red"), flagged, past[worst].batch
