from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from assay.cleaning import clean, fit
from assay.engine import Session


def _kept(session: Session, t: Any, p: Any) -> list[int]:
    return sorted(clean(session, t, p, fit(session, t, p)).table.to_pyarrow()["__row"].to_pylist())


def _step(**more: Any) -> dict[str, Any]:
    return {"step": "deduplicate", "keys": ["k"], "order_by": [], **more}


def test_with_an_empty_order_the_first_landed_row_stays(
    session: Session, table: Any, policy: Any
) -> None:
    t = table({"k": [2, 1, 2, 1, 3]}, {"k": "int64"})
    assert _kept(session, t, policy(_step())) == [0, 1, 4]


@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ({"column": "v", "direction": "asc"}, [1, 3]),
        ({"column": "v", "direction": "desc"}, [0, 3]),
        ({"column": "v", "direction": "asc", "nulls": "first"}, [2, 3]),
    ],
)
def test_ties_fall_to_the_landing_row(
    session: Session, table: Any, policy: Any, order: Any, kept: list[int]
) -> None:
    t = table({"k": [1, 1, 1, 2, 2, 1], "v": [9.0, 4.0, None, 5.0, 5.0, 9.0]}, {"k": "int64"})
    assert _kept(session, t, policy(_step(order_by=[order]))) == kept


def test_null_keys(session: Session, table: Any, policy: Any) -> None:
    t = table({"k": [None, None, 1, 1]}, {"k": "int64"})
    assert _kept(session, t, policy(_step())) == [0, 1, 2]
    assert _kept(session, t, policy(_step(null_keys="match"))) == [0, 2]


def test_it_is_pandas_drop_duplicates(session: Session, table: Any, policy: Any) -> None:
    frame = pd.DataFrame({"k": [i * 7 % 11 for i in range(60)], "v": [i % 5 for i in range(60)]})
    t = table({"k": frame["k"], "v": frame["v"]}, {"k": "int64", "v": "int64"})
    order = [{"column": "v", "direction": "desc"}]
    expected = frame.sort_values("v", ascending=False, kind="stable").drop_duplicates("k")
    assert _kept(session, t, policy(_step(order_by=order))) == sorted(expected.index)
