"""The same files by pandas, one after the other or in one call; or by pyarrow, block by block.

No part of Assay is imported: the files stand in a list.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

BLOCK = 65_536


def main() -> None:
    """Read all rows; the seconds are from here on, or of the second time where it is read again."""
    what, listed, *again = sys.argv[1:]
    files = json.loads(Path(listed).read_text())
    if again:
        _frame(files, what)
    began = time.perf_counter()
    read = _blocks(files) if what == "blocks" else _frame(files, what)
    print(json.dumps({"inside": time.perf_counter() - began, **read}))


def _frame(files: list[str], what: str) -> dict[str, Any]:
    if what == "all":
        frame = pd.read_parquet(files)
    else:
        frame = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    return {"rows": len(frame), "columns": frame.shape[1], "sum": float(frame["x0"].sum())}


def _blocks(files: list[str]) -> dict[str, Any]:
    rows, total, columns = 0, 0.0, 0
    for path in files:
        with pq.ParquetFile(path) as file:
            for block in file.iter_batches(BLOCK):
                rows, columns = rows + block.num_rows, block.num_columns
                total += pc.sum(block.column("x0")).as_py()
    return {"rows": rows, "columns": columns, "sum": total}


if __name__ == "__main__":
    main()
