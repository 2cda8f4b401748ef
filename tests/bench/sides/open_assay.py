"""`assay.open` of a data set: as a frame of pandas, or as a stream of blocks."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pyarrow.compute as pc

import assay


def main() -> None:
    """Read all rows; the seconds are from here on, or of the second time where it is read again."""
    what, name, *again = sys.argv[1:]
    if again:
        _frame(name)
    began = time.perf_counter()
    read = {"frame": _frame, "blocks": _blocks}[what](name)
    print(json.dumps({"inside": time.perf_counter() - began, **read}))


def _frame(name: str) -> dict[str, Any]:
    frame = assay.open(name).to_pandas()
    return {"rows": len(frame), "columns": frame.shape[1], "sum": float(frame["x0"].sum())}


def _blocks(name: str) -> dict[str, Any]:
    rows, total, columns = 0, 0.0, 0
    for block in assay.open(name).blocks():
        rows, columns = rows + block.num_rows, block.num_columns
        total += pc.sum(block.column("x0")).as_py()
    return {"rows": rows, "columns": columns, "sum": total}


if __name__ == "__main__":
    main()
