"""Rows of a suspected label: a fit on the other rows of the batch contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.feedback import SUSPECTED_LABEL, suspect_labels
from assay.policy.model import Label, ModelFile
from assay.stages.feedback._join import ROW, TRUTH
from assay.stages.feedback._spec import FeedbackWork
from assay.stages.models._data import ID, read_blocks
from assay.stages.models._made_rows import learned_rows
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._table import needed_columns, table_of_blocks
from assay.stages.models._versions import find_version

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import Fitted, TrainingTable


def rows_of_suspected_label(
    work: FeedbackWork, labelled: pa.Table, version: str | None, folds: int
) -> Iterator[tuple[str, frozenset[int]]]:
    """``suspected label`` → the rows whose outcome a fit on the other rows contradicts.

    The model's own pipeline is fitted on the batch alone, out of fold; the version's own
    predictions, which are what is judged, have no part in it.

    Parameters
    ----------
    labelled : pyarrow.Table
        The joined rows whose outcome has come.
    version : str or None
        The version whose file and parameters are fitted again.

    Raises
    ------
    InputError
        If no model file has fitted the version, or a class has too few rows.
    """
    if version is None:
        raise InputError("the predictions were made elsewhere, so no fit can be repeated")
    known = find_version(work.services, version)
    record, fitted = load_record(work.services, known), load_fitted(work.services, known)
    if record.own_code:
        raise InputError("own code has fitted it, so it can't be refitted", got=version)
    file = _with_outcome(load_file(work.services, known))
    described = work.spec.sources.described
    blocks = read_blocks(work.services, described, needed_columns(file), "feedback")
    blocks = {batch: _beside_outcome(block, labelled) for batch, block in blocks.items()}
    table = table_of_blocks(work.services, (described, *record.data[1:]), file, blocks)
    suspected = suspect_labels(
        table.label, len(table.classes), _refits(file, table, fitted), folds=folds,
        seed=file.estimator.seed, groups=table.unit,
    )  # fmt: skip
    yield SUSPECTED_LABEL, frozenset(table.id[suspected].tolist())


def _with_outcome(file: ModelFile) -> ModelFile:
    """The model file with the outcome, as it has come, for its label."""
    label = Label.model_validate(
        {"column": TRUTH, **file.label.model_dump(exclude={"column", "expression"})}
    )
    return file.model_copy(update={"label": label})


def _beside_outcome(block: pa.Table, labelled: pa.Table) -> pa.Table:
    """The rows of a block with their outcomes; null where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(block[ID], pc.cast(labelled[ROW], pa.int64()))
    if TRUTH in block.column_names:
        block = block.drop_columns([TRUTH])
    return block.append_column(TRUTH, labelled[TRUTH].combine_chunks().take(places))


def _refits(file: ModelFile, table: TrainingTable, fitted: Fitted) -> Any:
    """Fit the model on some rows of the table, and predict the probabilities of others."""
    import numpy as np

    from assay.training import predict, refit

    def fit_and_predict(learned: Any, left: Any) -> Any:
        again = refit(file, learned_rows(file, table.only(learned)), fitted.best_params)
        given = predict(again, table.only(left).features).probability
        if given is None:
            raise InputError("the model gives no probabilities", where=file.estimator.name)
        if given.ndim == 2:
            return given
        first = table.classes.index(str(file.label.favourable)) == 0
        return np.column_stack([given, 1 - given] if first else [1 - given, given])

    return fit_and_predict
