"""Rows of a version: the landed rows that they were, and the rules that changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from assay.engine import ID, ROW, Session
from assay.errors import InputError
from assay.records.versions import VersionKey
from assay.stages.services import Services
from assay.stages.versions import find_rows
from assay.wording import printable


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

    def lines(self, file: str = "") -> list[str]:
        """The lineage as lines; ``file`` is the name of the landed file, where it is known."""
        of = f" of {printable(file)}" if file else ""
        found = [f"row {self.row} is landed row {self.landed}{of} (0 is the first record)"]
        for change in self.changes:
            place = f" of column {change['column']}" if change["column"] else ""
            found.append(f"  {change['step']}, rule {change['rule']}{place}")
        return found if self.changes else [*found, "  no rule of cleaning changed it"]


def trace_rows(
    services: Services, session: Session, key: VersionKey, rows: Collection[int]
) -> list[RowLineage]:
    """Trace rows of one version, by their numbers there; for those who may read landing.

    Returns
    -------
    list of RowLineage
        In the order of ``__id``.

    Raises
    ------
    InputError
        If the version has no such row.
    """
    found = find_rows(services, session, *key, rows)
    version = services.registry.find(*key)
    if version is None or "changes" not in version.objects:
        raise InputError("the version has no log of changes", where=" ".join(key))
    log = session.read_parquet(services.registry.open(version.objects["changes"]))
    number, by = (ID, "id") if ID in log.columns else (ROW, "landed")
    wanted = log.filter(log[number].isin([row[by] for row in found]))
    changes = defaultdict[int, list[dict[str, Any]]](list)
    for change in session.rows(
        wanted.order_by(number, "step", "column").select(number, "step", "rule", "column")
    ):
        changes[change.pop(number)].append(change)
    return [RowLineage(r["id"], r["landed"], tuple(changes[r[by]])) for r in found]
