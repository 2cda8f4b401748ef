"""Keys that rise from row to row, and what follows from one that does."""

from __future__ import annotations

import pytest

from assay.quality._rising import rising_keys

COLUMNS = {
    "id": [1, 2, 5, 9], "day": [1, 1, 2, 2], "n": [1, 2, 1, 2], "x": [None, 3.0, 3.0, 3.0],
}  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "rising"),
    [
        ([("id",)], [("id",)]),
        ([("x",)], []),
        ([("day",), ("day", "n")], [("day", "n")]),
        # A key with a column that rises is unique, wherever the column stands, missing or not.
        ([("id",), ("x", "id"), ("day", "x", "id")], [("id",), ("x", "id"), ("day", "x", "id")]),
        # Of two keys of the same columns one rises; the other holds no value twice either.
        ([("day", "n"), ("n", "day")], [("day", "n"), ("n", "day")]),
        ([("n", "x"), ("x", "n")], []),
        ([("id", "gone")], []),
    ],
)
def test_a_key_that_contains_a_rising_one_needs_no_scan(session, make, keys, rising):
    assert rising_keys(session, make(**COLUMNS), keys) == frozenset(rising)
