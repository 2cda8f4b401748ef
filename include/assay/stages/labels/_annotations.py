"""Annotations from where they are, their annotators under pseudonyms."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from assay.engine import Session
from assay.errors import InputError, did_you_mean
from assay.keys import PseudonymKey
from assay.labelling import Annotations, read_annotations
from assay.privacy import pseudonym
from assay.stages.access import read_as_task
from assay.stages.services import Services
from assay.versioning import PartitionRows

DOMAIN: Final = "annotators"
_PSEUDONYM: Final = re.compile(r"v[1-9][0-9]*:[0-9a-f]{32}")


@dataclass(frozen=True)
class AnnotationColumns:
    """Where a table has its annotations.

    Parameters
    ----------
    task, annotator, label : str
        Columns.
    slices : tuple of str
        Columns that sort the tasks.
    order : tuple of str
        The labels from lowest to highest; by size or alphabet where it is empty.
    """

    task: str
    annotator: str
    label: str
    slices: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Each column once."""
        return list(dict.fromkeys((self.task, self.annotator, self.label, *self.slices)))


def annotations_of_file(
    session: Session, path: str, columns: AnnotationColumns, key: PseudonymKey | None
) -> Annotations:
    """Read annotations from CSV or Parquet.

    Parameters
    ----------
    key : PseudonymKey, optional
        That of the project, so that an annotator has one pseudonym in all files.
        Without one, pseudonyms are of this call alone.

    Raises
    ------
    InputError
        If the file or a column is missing, or the annotations contradict each other.
    """
    table = session.open_data(path)
    _check_columns(columns, list(table.columns), path)
    own = key or PseudonymKey(1, secrets.token_bytes(32))
    return _read(session.arrow(table.select(columns.names)), columns, own)


def annotations_of_dataset(
    services: Services, dataset: str, columns: AnnotationColumns
) -> Annotations:
    """Read annotations from the released snapshot of a data set.

    Annotators that the data set has under pseudonyms keep them.

    Raises
    ------
    InputError
        If a column is missing, or the annotations contradict each other.
    RegistryError
        If nothing is released.
    """
    found, versions = services.registry.partitions(dataset, None)
    files = read_as_task(services, dataset, versions, "labelling", found.number)
    rows = PartitionRows(files, frozenset(columns.names))
    _check_columns(columns, rows.columns(), dataset)
    return _read(rows.table(columns.names), columns, services.key)


def _check_columns(columns: AnnotationColumns, there: list[str], where: str) -> None:
    for name in columns.names:
        if name not in there:
            raise InputError(
                "no such column", where=Path(where).name, got=name,
                expected=f"one of: {', '.join(there)}", do=did_you_mean(name, there),
            )  # fmt: skip


def _read(rows: Any, columns: AnnotationColumns, key: PseudonymKey) -> Annotations:
    found = read_annotations(
        rows, task=columns.task, annotator=columns.annotator, label=columns.label,
        slices=columns.slices, order=columns.order,
    )  # fmt: skip
    return _under_pseudonyms(found, key)


def _under_pseudonyms(found: Annotations, key: PseudonymKey) -> Annotations:
    """Name each annotator by a pseudonym, in their order: that of the names would lead back."""
    import numpy as np

    named = [
        name if _PSEUDONYM.fullmatch(name) else str(pseudonym(name, DOMAIN, key))
        for name in found.annotators
    ]
    order = sorted(range(len(named)), key=named.__getitem__)
    place = np.argsort(np.array(order, dtype=np.intp))
    return replace(
        found, annotators=tuple(named[i] for i in order), annotator=place[found.annotator]
    )
