"""One engine session for all tests of expressions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay import engine
from assay.engine import Session


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    with engine.open_session(threads=2) as opened:
        yield opened
