"""A model that isn't fitted yet, for rows that aren't its training table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.policy.model import ModelFile
from assay.training._pipeline import build_pipeline
from assay.training._table import frame_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def unfitted(model: ModelFile, rows: pa.Table) -> tuple[Any, pd.DataFrame]:
    """Build the pipeline of a model file, and the rows as it takes them.

    Parameters
    ----------
    rows : pyarrow.Table
        With the features of the model file.

    Raises
    ------
    InputError
        If a column has a type that no model sees, or a step applies the released scaler.
    PolicyError
        If the file names a class or parameter that doesn't exist.
    """
    return build_pipeline(model, None), frame_of(rows, model.features)
