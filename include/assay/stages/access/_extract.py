"""Rows and columns of a version as a role sees them, in a file of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assay.access import View
from assay.errors import AccessError, AssayError
from assay.policy.privacy import Bins, DatePart, Generalise, Prefix

if TYPE_CHECKING:
    from ibis import Table

    from assay.engine import Session
    from assay.stages.services import Services

_FITS: Final[dict[type, Callable[[Any], bool]]] = {
    Bins: lambda kind: kind.is_numeric(),
    DatePart: lambda kind: kind.is_date() or kind.is_timestamp(),
    Prefix: lambda kind: kind.is_string(),
}
"""What a generalisation can be made of; the released column may have another type than the
contract's."""


@dataclass(frozen=True)
class Extract:
    """A file of a version, what is seen of it, and the file that holds that."""

    source: Path
    view: View
    path: Path


def write_extracts(services: Services, extracts: Sequence[Extract]) -> None:
    """Write files that hold what is seen, in the order of the version's rows.

    Raises
    ------
    AccessError
        If a mask or a filter doesn't fit the rows: nothing is written then.
    """
    if not extracts:
        return
    with services.session() as session:
        for extract in extracts:
            _write(session, extract)


def _write(session: Session, extract: Extract) -> None:
    from assay.engine import ID

    view = extract.view
    if not any(not c.name.startswith("__") for c in view.seen):
        raise AccessError("the role sees no column of the rows", where=view.dataset, got=view.role)
    rows = session.read_parquet(extract.source)
    rows = seen_rows(rows, view)
    seen = seen_columns(rows, view)
    if ID not in rows.columns:
        # A version from before rows had numbers: an order that follows from what is seen alone.
        session.write_parquet(rows.select(**seen), extract.path, list(seen))
        return
    hidden = () if ID in seen else (ID,)
    numbered = rows.select(**{ID: rows[ID], **seen})
    session.write_parquet(numbered, extract.path, [ID], presorted=True, without=hidden)


def seen_columns(rows: Table, view: View) -> dict[str, Any]:
    """The columns that a role sees, each in its form.

    Raises
    ------
    AccessError
        If a treatment doesn't fit a column.
    """
    from assay.privacy import treated_values

    found = {}
    for column in view.seen:
        values = rows[column.name]
        if column.treatment is not None:
            _check_fit(column.treatment, values.type(), view, column.name)
            values = treated_values(column.treatment, values)
        found[column.name] = values
    return found


def _check_fit(treatment: Any, kind: Any, view: View, name: str) -> None:
    fits = _FITS.get(type(treatment.to)) if isinstance(treatment, Generalise) else None
    if fits is not None and not fits(kind):
        raise AccessError(
            f"generalisation {treatment.to.kind!r} doesn't fit the released column",
            where=f"{view.dataset} access roles.{view.role}.columns.{name}", got=str(kind),
            do="Mask it, drop it, or generalise it otherwise.",
        )  # fmt: skip


def seen_rows(rows: Table, view: View) -> Table:
    """The rows that a role sees; where its filter is null it doesn't.

    Raises
    ------
    AccessError
        If the filter doesn't fit the rows.
    """
    if view.rows is None:
        return rows
    from assay.expression import compile_expression

    where = f"{view.dataset} access roles.{view.role}.rows"
    try:
        condition: Any = compile_expression(view.rows, rows)
    except AssayError as error:
        raise AccessError(f"the filter can't be used: {error}", where=where) from error
    if not condition.type().is_boolean():
        raise AccessError("the filter is no condition", where=where, got=view.rows,
                          expected="a comparison, such as `age > 60`")  # fmt: skip
    return rows.filter(condition.fill_null(False))
