"""What attacks may use: a browser where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chromium import open_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser that runs scripts."""
    with open_browser() as browser:
        yield browser
