"""Counts of references that were kept are believed only as this installation kept them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from assay.statistics.sketches import SketchFolder


def test_any_byte_of_kept_counts_matters(tmp_path: Path) -> None:
    shelf, chance = SketchFolder(tmp_path, b"k"), random.Random(2)
    shelf.keep_values("values x", np.arange(5, dtype=np.float64))
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        found = shelf.values("values x")
        assert found is None or found.tolist() == [0, 1, 2, 3, 4], place


def test_counts_under_another_key_or_name_are_not_believed(tmp_path: Path) -> None:
    shelf = SketchFolder(tmp_path, b"k")
    shelf.keep_counts("rows", 500)
    assert shelf.counts("rows") == 500
    assert SketchFolder(tmp_path).counts("rows") is None
    (file,) = tmp_path.iterdir()
    shelf.keep_counts("rows of a", 7)
    (other,) = (path for path in tmp_path.iterdir() if path != file)
    file.write_bytes(other.read_bytes())
    assert shelf.counts("rows") is None
