"""All marks of the rows of one batch, and why some can't be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError
from assay.stages.feedback._spec import FeedbackWork
from assay.stages.feedback.marks._cleaning import cleaned_rows
from assay.stages.feedback.marks._drift import drifted_rows
from assay.stages.feedback.marks._limits import rows_near_limits
from assay.stages.feedback.marks._suspected_labels import rows_of_suspected_label

if TYPE_CHECKING:
    import pyarrow as pa

Found = Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class MarkedRows:
    """Which rows have which mark.

    Parameters
    ----------
    rows : mapping
        Mark → numbers of rows (``__id``), in the order of the marks' names; none is empty.
    notes : tuple of str
        Which marks couldn't be found, and why.
    """

    rows: Found
    notes: tuple[str, ...] = ()

    def masks(self, numbers: Any) -> dict[str, Any]:
        """Mark → which of some rows (n,) have it; a negative number is of no row."""
        import numpy as np

        return {
            name: np.isin(numbers, np.fromiter(ids, dtype=np.int64, count=len(ids)))
            for name, ids in self.rows.items()
        }


def find_marked_rows(work: FeedbackWork, labelled: pa.Table, version: str | None) -> MarkedRows:
    """Find the rows of a batch that were changed by cleaning, or are suspect.

    Parameters
    ----------
    labelled : pyarrow.Table
        The joined rows whose outcome has come.
    version : str or None
        The model version whose fit is repeated to suspect labels; None for predictions that were
        made elsewhere.
    """
    services, described = work.services, work.spec.sources.described
    finders: dict[str, Callable[[], Iterator[tuple[str, frozenset[int]]]]] = {
        "changed by cleaning": lambda: cleaned_rows(services, described),
        "in a column that drifted": lambda: drifted_rows(services, described),
    }
    checks = work.policy.row_checks
    if checks and checks.near_limit:
        reach = checks.near_limit
        finders["near quarantine"] = lambda: rows_near_limits(services, described, reach)
    if checks and checks.label_folds:
        folds = checks.label_folds
        finders["of a suspected label"] = lambda: rows_of_suspected_label(
            work, labelled, version, folds
        )
    found: dict[str, frozenset[int]] = {}
    notes = []
    for kind, find in finders.items():
        try:
            for name, ids in find():
                found[name] = found.get(name, frozenset()) | ids
        except AssayError as error:
            notes.append(f"Which rows are {kind} can’t be found: {error}")
    return MarkedRows({name: found[name] for name in sorted(found) if found[name]}, tuple(notes))
