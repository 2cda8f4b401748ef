"""What these attacks may use: the small project of ``tests/assay``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


def _fixtures_of(place: str) -> dict[str, Any]:
    """The fixtures of another folder's ``conftest.py``, which pytest shares with no sibling."""
    path = Path(__file__).parents[2] / place / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"conftest_of_{place}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: module.__dict__[name] for name in ("mini", "train", "template", "ready")}


globals().update(_fixtures_of("assay"))
