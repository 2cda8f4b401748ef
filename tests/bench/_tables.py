"""The tables that the sides work on, made block by block from a seed, once for each size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
KEY = "id"
FLOATS = tuple(f"x{i}" for i in range(12))
CATEGORIES = tuple(f"c{i}" for i in range(4))
LEVELS = tuple("abcdefgh")
BLOCK = 122_880
"""Rows of a row group."""


def wide(rows: int, seed: int = 1, shift: float = 0.0) -> Path:
    """18 columns: a unique key, 12 floats, 4 categories and a date, in the key's order.

    Floats are normal about their own number, plus ``shift``; 1 % of them are null, and one in a
    thousand lies far outside. Another seed is another table of the same laws.
    """
    name = f"wide-{rows}-{seed}-{shift:g}"
    return _written(name, rows, seed, lambda rng, start, n: _block(rng, start, n, shift))


def _block(rng: np.random.Generator, start: int, n: int, shift: float) -> pa.Table:
    columns: dict[str, pa.Array] = {KEY: pa.array(np.arange(start, start + n))}
    for i, name in enumerate(FLOATS):
        spread = np.where(rng.random(n) < 0.001, 12.0, 1.0)
        values = i + shift + spread * rng.standard_normal(n)
        columns[name] = pa.array(values, mask=rng.random(n) < 0.01)
    for name in CATEGORIES:
        codes = (len(LEVELS) * rng.random(n) ** 2).astype(np.int8)
        columns[name] = pa.DictionaryArray.from_arrays(codes, list(LEVELS)).cast(pa.string())
    columns["day"] = pa.array(rng.integers(19723, 19723 + 366, n, dtype=np.int32)).cast(pa.date32())
    return pa.table(columns)


GROUPS = {
    "sex": ("male", "female"),
    "race": ("white", "black", "asian", "native", "other"),
    "age": ("25-45", "below 25", "above 45"),
}
"""Protected attributes of :func:`people`, each with its levels."""


def people(rows: int, seed: int = 1) -> Path:
    """A key, three protected attributes, label and prediction, whose rates differ by group."""
    return _written(f"people-{rows}-{seed}", rows, seed, _people)


def _people(rng: np.random.Generator, start: int, n: int) -> pa.Table:
    columns: dict[str, pa.Array] = {KEY: pa.array(np.arange(start, start + n))}
    good = np.full(n, 0.5)
    for name, levels in GROUPS.items():
        codes = (len(levels) * rng.random(n) ** 1.5).astype(np.int8)
        good -= 0.04 * codes
        columns[name] = pa.DictionaryArray.from_arrays(codes, list(levels)).cast(pa.string())
    label = rng.random(n) < good
    columns["label"] = pa.array(label.astype(np.int8))
    columns["prediction"] = pa.array((rng.random(n) < 0.2 + 0.6 * label).astype(np.int8))
    return pa.table(columns)


def _written(
    name: str, rows: int, seed: int, block: Callable[[np.random.Generator, int, int], pa.Table]
) -> Path:
    """The file of that name, written block by block unless it is there."""
    path = CACHE / f"{name}.parquet"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, BLOCK):
        made = block(np.random.default_rng([seed, start]), start, min(BLOCK, rows - start))
        texts = [f.name for f in made.schema if pa.types.is_string(f.type)]
        writer = writer or pq.ParquetWriter(
            aside, made.schema, compression="zstd", use_dictionary=texts
        )
        writer.write_table(made)
    if writer is not None:
        writer.close()
    aside.replace(path)
    return path
