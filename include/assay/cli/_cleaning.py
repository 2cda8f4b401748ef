"""What cleaning changed in a version: see it, undo a rule, apply the log again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import open_services, progress, show
from assay.cli._options import AsJson, Dataset
from assay.cli._versions import find_version
from assay.errors import InputError

if TYPE_CHECKING:
    from assay.engine import Session
    from assay.stages.versions import CleanedVersion

app = typer.Typer(
    no_args_is_help=True,
    help="What cleaning changed in a version, cell by cell: see it, undo a rule, replay the log.",
)
_SHOWN = 8
Which = Annotated[
    str, typer.Argument(help="A batch (its released version), or a version id (or its beginning).")
]


@app.command("log")
def show_log(
    dataset: Dataset,
    batch: Which,
    rule: Annotated[
        str | None, typer.Option(help="Only this rule, by its name in the change log.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="Only changes of this column.")] = None,
    values: Annotated[
        bool,
        typer.Option(
            "--values",
            help="Every change with its values before and after, for those who may read the "
            "restricted zone; the policy must keep them (change_log: values).",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show what each rule changed: its columns, its counts and its row numbers.

    Example: assay cleaning log planes 2013 --rule impute.median --column year
    """
    with _open(dataset, batch, "reading the change log") as (session, cleaned):
        found = (cleaned.values if values else cleaned.changes)(session, rule, column)
    count = len(found) if values else sum(one["changes"] for one in found)
    lines = [f"{cleaned.name}: {_counted(count, 'change')}"]
    for one in found:
        lines += [_of_cell(one)] if values else _of_rule(one)
    return show({"version": cleaned.version, "changes": found}, as_json, lines)


def _of_rule(one: Mapping[str, Any]) -> list[str]:
    rows = one["rows"][:_SHOWN] + ["…"] * (len(one["rows"]) > _SHOWN)
    step = f"  step {one['step']}  {one['rule']}  {one['column'] or '(row dropped)'}"
    return [f"{step}: {one['changes']}", f"      rows {', '.join(map(str, rows))}"]


def _of_cell(one: Mapping[str, Any]) -> str:
    cell = f"  {one['column']}: {one['before']!r} → {one['after']!r}" if one["column"] else ""
    row = one["__id"] if "__id" in one else one["__row"]  # versions of before have landing numbers
    return f"  row {row}  step {one['step']}  {one['rule']}{cell}"


@app.command("undo")
def undo_rule(
    dataset: Dataset,
    batch: Which,
    rule: Annotated[
        str | None,
        typer.Option(
            help="The rule to leave out, by its name in the change log; all rules by default."
        ),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Only for this column; for all columns by default.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Parquet file for the table without the rule.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show the table without a rule: what differs, and with --to the table itself.

    The other steps run again, with the same fitted numbers. Nothing is
    released. To leave a rule out of the next version, remove it from the policy and run the batch.

    Example: assay cleaning undo planes 2013 --rule impute.median --column year --to out.parquet
    """
    if rule is None and column is None:
        raise typer.BadParameter("give --rule, --column or both", param_hint="--rule")
    with _open(dataset, batch, "cleaning without the rule") as (session, cleaned):
        found = cleaned.undo(session, rule, column, to)
    lines = [
        f"{cleaned.name} without {rule or 'any rule'}{f' on {column}' if column else ''}:",
        f"  rows back: {found.back}; rows that a later step drops: {found.gone}",
        *_differing(found.cells),
        *(f"  {name}: the column isn't there" for name in found.columns),
    ]
    if not (found.back or found.gone or found.cells or found.columns):
        lines.append("  nothing differs")
    return _show_with_file(cleaned, found, lines, to, as_json)


@app.command("replay")
def replay_log(
    dataset: Dataset,
    batch: Which,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Only this rule, by its name in the change log; repeatable."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Only changes of this column; repeatable.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Parquet file for the table with these rules alone.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Apply the change log to the observed table again: does it give the bytes of the version?

    Exit code 0 if it does, 1 if it doesn't. With --rule or --column only those changes are
    applied, and their effect is shown; --to writes that table, which is neither validated nor
    released.

    Example: assay cleaning replay planes 2013 --rule impute.median --column year
    """
    if to is not None and not (rule or column):
        raise typer.BadParameter("goes with --rule or --column", param_hint="--to")
    with _open(dataset, batch, "replaying") as (session, cleaned):
        if rule or column:
            return _replay_only(session, cleaned, rule or [], column or [], to, as_json)
        found = cleaned.replay(session)
    other = f"NOT the version's ({found.expected[:12]})"
    text = (
        f"{cleaned.name}: {_counted(found.changes, 'change')} replayed over {found.rows_in} rows; "
        f"{found.set_aside} rows that validation set aside afterwards left out.\n"
        f"  {found.rows} rows, sha256 {found.sha256[:12]}: "
        + ("the bytes of the version" if found.same else other)
    )
    return show({"version": cleaned.version, **vars(found)}, as_json, text, int(not found.same))


def _replay_only(
    session: Session, cleaned: CleanedVersion, rules: list[str], columns: list[str],
    to: Path | None, as_json: bool,
) -> int:  # fmt: skip
    found = cleaned.replay_only(session, rules, columns, to)
    which = " and ".join(rules) or "any rule"
    which += f" on {' and '.join(columns)}" if columns else ""
    rows, changes = _counted(found.rows_in, "row"), _counted(found.changes, "change")
    first = f"{cleaned.name} with {which} alone: {changes} replayed over {rows}"
    lines = [first, f"  rows dropped: {found.dropped}", *_differing(found.cells)]
    return _show_with_file(cleaned, found, lines, to, as_json)


def _differing(cells: Mapping[str, int]) -> Iterator[str]:
    return (f"  {name}: {_counted(count, 'cell')} differ" for name, count in cells.items())


def _show_with_file(
    cleaned: CleanedVersion, found: Any, lines: list[str], to: Path | None, as_json: bool
) -> int:
    lines += [f"  {to} (not validated, not released)"] if to else []
    return show({"version": cleaned.version, **vars(found), "to": to}, as_json, lines)


@app.command("export-scaled")
def export_scaled(
    dataset: Dataset,
    batch: Which,
    to: Annotated[Path, typer.Option(help="Parquet file to write.")],
    as_json: AsJson = False,
) -> int:
    """Write a version's rows with the policy's scaling applied, for training.

    The release keeps natural units; the scaler was fitted on the reference and saved beside the
    version.

    Example: assay cleaning export-scaled planes 2013 --to scaled.parquet
    """
    with _open(dataset, batch, "scaling") as (session, cleaned):
        rows, columns = cleaned.export_scaled(session, to)
    body = {"version": cleaned.version, "to": to, "rows": rows, "scaled": columns}
    return show(body, as_json, f"{to}: {rows} rows of {cleaned.name}, scaled: {', '.join(columns)}")


@contextmanager
def _open(dataset: str, which: str, doing: str) -> Iterator[tuple[Session, CleanedVersion]]:
    from assay.stages.access import check_right, person
    from assay.stages.versions import open_cleaned

    services = open_services(dataset)
    check_right(services, dataset, "read_raw", person())
    if which.startswith("@"):
        raise InputError("cleaning is shown for one batch", got=which, do="Name one batch.")
    with progress(doing), services.session() as session:
        batch, version = find_version(services, dataset, which)
        yield session, open_cleaned(services, dataset, batch, version)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
