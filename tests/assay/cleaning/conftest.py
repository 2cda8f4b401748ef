"""One engine session for all tests of the room, and tables from frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ibis
import pandas as pd
import pytest

from assay import engine
from assay.engine import Session
from assay.policy.cleaning import CleaningPolicy


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    with engine.open_session(threads=2) as opened:
        yield opened


@pytest.fixture(scope="session")
def table(session: Session) -> Callable[..., Any]:
    """A table with row numbers from columns; types by name where pandas can't tell them."""

    def make(columns: dict[str, Any], types: dict[str, str] | None = None) -> Any:
        frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in columns.items()})
        schema = {"__row": "int64", **{n: (types or {}).get(n, "float64") for n in columns}}
        rows = {"__row": range(len(frame)), **{n: list(frame[n]) for n in columns}}
        import pyarrow as pa

        arrow = pa.table(rows, schema=ibis.schema(schema).to_pyarrow())
        return session.set_aside(arrow)

    return make


@pytest.fixture(scope="session")
def policy() -> Callable[..., CleaningPolicy]:
    def make(*steps: dict[str, Any], **more: Any) -> CleaningPolicy:
        return CleaningPolicy.model_validate(
            {"on_inconclusive": "hold", "steps": list(steps), **more}
        )

    return make


@pytest.fixture(scope="session")
def rows() -> Callable[[Any], list[dict[str, Any]]]:
    def read(expression: Any) -> list[dict[str, Any]]:
        return expression.order_by("__row").to_pyarrow().to_pylist()

    return read
