"""Labels as classes in their natural order, or as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.errors import InputError
from assay.policy.model import ModelFile, class_name

Array = np.ndarray[Any, Any]


def read_label(column: Any, model: ModelFile) -> tuple[Array, tuple[str, ...]]:
    """Turn a label (n,) into class codes and classes, or into numbers and no classes.

    A row without a label has the code -1, or NaN.

    Raises
    ------
    InputError
        If a number is asked for and the label is none, or a class and there are fewer than two, or
        the favourable one isn't among them.
    """
    if model.label.kind == "number":
        return _numbers(column), ()
    values = column.combine_chunks().dictionary_encode() if column.num_chunks else None
    levels = [] if values is None else _dictionary(values).to_pylist()
    classes = tuple(class_name(v) for v in sorted(levels))
    if len(classes) < 2:
        raise InputError(
            "the label has fewer than two classes in these rows", where="label",
            got=", ".join(classes) or "none", do="See data.batches and data.where.",
        )  # fmt: skip
    if model.label.favourable not in classes:
        raise InputError(
            "no row has the favourable class", where="label.favourable", got=model.label.favourable,
            expected="one of: " + ", ".join(classes[:40]),
        )  # fmt: skip
    place = {name: code for code, name in enumerate(classes)}
    codes = np.array([place[class_name(v)] for v in levels] + [-1], dtype=np.int64)
    return codes[_indices(values)], classes


def _dictionary(values: Any) -> Any:
    return values.dictionary if hasattr(values, "dictionary") else values.chunk(0).dictionary


def _indices(values: Any) -> Array:
    """Place of each row's level; -1 (the last) for none."""
    return np.asarray(values.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbers(column: Any) -> Array:
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        do = "Say `kind: class`, or give an expression that is a number."
        raise InputError("the label is no number", where="label", got=str(kind), do=do)
    return np.asarray(column.cast("float64").to_numpy(), dtype=np.float64)
