"""What attacks may use: the small project of ``tests/assay``, and a browser where there is one."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _fixtures_of(place: str) -> dict[str, Any]:
    """The fixtures of another folder's ``conftest.py``, which pytest shares with no sibling."""
    path = Path(__file__).parents[1] / place / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"conftest_of_{place}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: module.__dict__[name] for name in ("mini", "train", "template", "ready")}


globals().update(_fixtures_of("assay"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser that runs scripts."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium: install Debian's package")
        pytest.skip("no chromium: install Debian's package")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()
