"""One row of a version: the landed row that it was, and the rules that touched it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.engine import ID, ROW, Session
from assay.errors import InputError
from assay.records.versions import VersionKey
from assay.stages.services import Services
from assay.stages.versions import find_rows


@dataclass(frozen=True)
class RowLineage:
    """Where a row of a version comes from.

    Parameters
    ----------
    row : int
        Its number in the version, ``__id``.
    landed : int
        Its number in the landing, ``__row``: 0 is the source's first record.
    changes : tuple of dict
        Each change that cleaning made to it: step, rule and column; the value is in no log.
    """

    row: int
    landed: int
    changes: tuple[dict[str, Any], ...]

    def lines(self) -> list[str]:
        """The lineage as lines."""
        found = [f"row {self.row} is landed row {self.landed} (0 is the source's first record)"]
        for change in self.changes:
            place = f" of column {change['column']}" if change["column"] else ""
            found.append(f"  {change['step']}, rule {change['rule']}{place}")
        return found if self.changes else [*found, "  no rule of cleaning changed it"]


def trace_row(services: Services, session: Session, key: VersionKey, row: int) -> RowLineage:
    """Trace one row of a version; for those who may read landing.

    Raises
    ------
    InputError
        If the version has no such row.
    """
    (found,) = find_rows(services, session, *key, [row])
    version = services.registry.find(*key)
    if version is None or "changes" not in version.objects:
        raise InputError("the version has no log of changes", where=" ".join(key))
    log = session.read_parquet(services.registry.open(version.objects["changes"]))
    number = ID if ID in log.columns else ROW
    wanted = found["id"] if number == ID else found["landed"]
    rows = log.filter(log[number] == wanted).order_by("step", "column")
    changes = session.rows(rows.select("step", "rule", "column"))
    return RowLineage(row, found["landed"], tuple(changes))
