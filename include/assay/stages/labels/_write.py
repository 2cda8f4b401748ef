"""One label for each task, and the tasks for an expert, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.engine import FileDigest, Session
from assay.errors import InputError
from assay.labelling import Annotations
from assay.labelling.aggregation import REASONS, Aggregated, Review


def gold_answers(annotations: Annotations, column: str) -> np.ndarray[Any, Any]:
    """The place of each task's known answer among the labels (t,); -1 where it isn't known.

    Parameters
    ----------
    column : str
        One of the annotations' slices, which has the answer.

    Raises
    ------
    InputError
        If an answer is a label that nobody gave.
    """
    one = annotations.slices[column]
    places = {str(name): i for i, name in enumerate(annotations.labels)}
    if unknown := [level for level in one.levels if str(level) not in places]:
        raise InputError(
            "a known answer is a label that nobody gave", where=column, got=unknown,
            expected=f"one of: {', '.join(places)}",
        )  # fmt: skip
    of_level = np.array([*(places[str(level)] for level in one.levels), -1], dtype=np.intp)
    return of_level[one.of_task]


def write_labels(
    session: Session, annotations: Annotations, aggregated: Aggregated, path: Path
) -> FileDigest:
    """Write ``task``, ``label`` (null for a tie), ``confidence`` and ``annotations``, as Parquet.

    Rows are in the order of the tasks' names.
    """
    number = np.bincount(annotations.task, minlength=len(annotations.tasks))
    names = [*annotations.labels, None]
    rows = pa.table({
        "task": pa.array(annotations.tasks),
        "label": pa.array([names[place] for place in aggregated.label]),
        "confidence": pa.array(np.round(aggregated.confidence, 12)),
        "annotations": pa.array(number),
    })  # fmt: skip
    return session.write_parquet(session.set_aside(rows), path, order_by=["task"])


def write_review(
    session: Session, annotations: Annotations, review: Review, path: Path
) -> FileDigest:
    """Write the tasks that an expert should see, as Parquet.

    Columns are ``place`` (0 is the first to be seen), ``task``, ``reason`` and ``inclusion``, the
    probability with which the task was chosen. No annotator and no label is in it: an expert
    decides without them.
    """
    rows = pa.table({
        "place": pa.array(np.arange(len(review.task))),
        "task": pa.array([annotations.tasks[place] for place in review.task]),
        "reason": pa.array([REASONS[place] for place in review.reason], pa.string()),
        "inclusion": pa.array(review.inclusion),
    })  # fmt: skip
    return session.write_parquet(session.set_aside(rows), path, order_by=["place"])
