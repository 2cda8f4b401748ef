"""The tables that the sides work on, made block by block from a seed, once for each size."""

from __future__ import annotations

import os
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
    path = CACHE / f"wide-{rows}-{seed}-{shift:g}.parquet"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, BLOCK):
        block = _block(np.random.default_rng([seed, start]), start, min(BLOCK, rows - start), shift)
        writer = writer or pq.ParquetWriter(
            aside, block.schema, compression="zstd", use_dictionary=list(CATEGORIES)
        )
        writer.write_table(block)
    if writer is not None:
        writer.close()
    aside.replace(path)
    return path


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
