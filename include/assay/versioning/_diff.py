"""What changed between two versions: schema, rows by key, distributions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Final, Literal

import ibis
from ibis.expr.datatypes import DataType

from assay.engine import Session, data_columns
from assay.errors import InputError
from assay.verdict import Frozen
from assay.versioning._summary import ColumnSummary, measure_columns

_HERE: Final = "here"


class ColumnDiff(Frozen):
    """One column on both sides.

    ``changed`` counts the rows of equal key whose values differ; None without a key, for a column
    of the key, and where the types can't be compared.
    """

    column: str
    status: Literal["same", "added", "removed", "retyped"]
    classified: bool
    left_type: str | None
    right_type: str | None
    changed: int | None
    left: ColumnSummary | None
    right: ColumnSummary | None


class RowDiff(Frozen):
    """Rows by key: ``left = removed + changed + unchanged``, ``right = added + changed + …``.

    Without a key whole rows are compared, as often as they occur, and none counts as changed.
    """

    key: tuple[str, ...]
    left: int
    right: int
    added: int
    removed: int
    changed: int
    unchanged: int


class VersionDiff(Frozen):
    """The difference of two versions; columns as the right side has them, removed ones last."""

    rows: RowDiff
    columns: tuple[ColumnDiff, ...]

    @property
    def same(self) -> bool:
        """Whether schema and rows are equal."""
        moved = self.rows.added + self.rows.removed + self.rows.changed
        return moved == 0 and all(c.status == "same" for c in self.columns)


def diff_versions(
    session: Session,
    left: ibis.Table,
    right: ibis.Table,
    key: Sequence[str],
    classified: Collection[str] = (),
) -> VersionDiff:
    """Compare two versions of a data set.

    Read ``same`` first, then ``rows``, then the columns whose status isn't ``same`` or whose
    ``changed`` isn't 0.

    Parameters
    ----------
    session : Session
        The session of both tables.
    left, right : ibis.Table
        The earlier and the later version. System columns (``__…``) take no part.
    key : sequence of str
        The primary key, unique on each side; null equals null. Empty: whole rows are compared.
    classified : collection of str
        Columns of which only counts are shown: no mean, no quantile, no extreme.

    Raises
    ------
    InputError
        If the key isn't a column of both sides, of one type, or isn't unique.

    Notes
    -----
    Columns that a side lacks, or whose types differ, don't count as a change of a row. One scan a
    side for the distributions and one full outer join for the rows, all by exact aggregates.
    """
    mine, theirs = left.select(data_columns(left)), right.select(data_columns(right))
    types = dict(mine.schema().items()), dict(theirs.schema().items())
    shared = [n for n in theirs.columns if n in types[0] and types[0][n] == types[1][n]]
    for side in (mine, theirs):
        _check_key(session, side, key, shared)
    values = [n for n in shared if n not in key]
    rows, changed = (
        _by_key(session, mine, theirs, key, values)
        if key
        else _by_row(session, mine, theirs, shared)
    )
    sides = measure_columns(session, mine, classified), measure_columns(session, theirs, classified)
    names = [*theirs.columns, *(n for n in mine.columns if n not in types[1])]
    return VersionDiff(
        rows=rows,
        columns=tuple(
            ColumnDiff(
                column=n,
                status=_status(types[0].get(n), types[1].get(n)),
                classified=n in classified,
                left_type=str(types[0][n]) if n in types[0] else None,
                right_type=str(types[1][n]) if n in types[1] else None,
                changed=changed.get(n),
                left=sides[0].get(n),
                right=sides[1].get(n),
            )
            for n in names
        ),
    )


def _status(
    left: DataType | None, right: DataType | None
) -> Literal["same", "added", "removed", "retyped"]:
    if left is None:
        return "added"
    if right is None:
        return "removed"
    return "same" if left == right else "retyped"


def _check_key(
    session: Session, table: ibis.Table, key: Sequence[str], shared: Sequence[str]
) -> None:
    for name in key:
        if name not in shared:
            raise InputError(
                "the key must be a column of both versions, of one type",
                got=name,
                expected="one of: " + ", ".join(shared),
            )
    if not key:
        return
    groups = table.group_by(list(key)).agg(n=lambda t: t.count())
    twice = session.value(groups.filter(groups.n > 1).count())
    if twice:
        raise InputError(
            "the key isn't unique",
            got=f"{twice} keys with more than one row",
            expected="at most one row for each " + ", ".join(key),
        )


def _by_key(
    session: Session, left: ibis.Table, right: ibis.Table, key: Sequence[str], values: Sequence[str]
) -> tuple[RowDiff, Mapping[str, int]]:
    # Columns get names of our own: a table may have a column of any name.
    keys, cells = [f"k{i}" for i in range(len(key))], [f"v{i}" for i in range(len(values))]
    old = _named(left, "l", key, values)
    new = _named(right, "r", key, values)
    joined = old.join(new, [old[f"l{k}"].identical_to(new[f"r{k}"]) for k in keys], how="outer")
    was, now = joined[f"l{_HERE}"].notnull(), joined[f"r{_HERE}"].notnull()
    differs = {v: was & now & ~joined[f"l{v}"].identical_to(joined[f"r{v}"]) for v in cells}
    any_differs = reduce(or_, differs.values(), was & ~was)
    counts = {
        "left": was.sum(),
        "right": now.sum(),
        "added": (now & ~was).sum(),
        "removed": (was & ~now).sum(),
        "changed": any_differs.sum(),
        **{v: test.sum() for v, test in differs.items()},
    }
    found = _counted(session, joined.aggregate(**counts))
    unchanged = found["left"] - found["removed"] - found["changed"]
    changed = {name: found.pop(v) for name, v in zip(values, cells, strict=True)}
    return RowDiff(key=tuple(key), unchanged=unchanged, **found), changed


def _named(table: ibis.Table, side: str, key: Sequence[str], values: Sequence[str]) -> ibis.Table:
    columns = {f"{side}k{i}": table[n] for i, n in enumerate(key)}
    columns |= {f"{side}v{i}": table[n] for i, n in enumerate(values)}
    return table.select(**columns, **{f"{side}{_HERE}": ibis.literal(True)})


def _by_row(
    session: Session, left: ibis.Table, right: ibis.Table, shared: Sequence[str]
) -> tuple[RowDiff, Mapping[str, int]]:
    columns = {f"c{i}": n for i, n in enumerate(shared)}
    sides = [
        table.select(
            **{c: table[n] for c, n in columns.items()},
            old=ibis.literal(old).cast("int64"),
            new=ibis.literal(1 - old).cast("int64"),
        )
        for table, old in ((left, 1), (right, 0))
    ]
    both = ibis.union(*sides)
    groups = both.group_by(list(columns)).agg(old=both.old.sum(), new=both.new.sum())
    found = _counted(
        session,
        groups.aggregate(
            left=groups.old.sum(),
            right=groups.new.sum(),
            unchanged=ibis.least(groups.old, groups.new).sum(),
        ),
    )
    same = found["unchanged"]
    return RowDiff(
        key=(), changed=0, added=found["right"] - same, removed=found["left"] - same, **found
    ), {}


def _counted(session: Session, aggregate: ibis.Table) -> dict[str, int]:
    row = session.one(aggregate)
    return {name: int(value or 0) for name, value in row.items()}
