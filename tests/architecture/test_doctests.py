"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

INCLUDE = Path(__file__).parents[2] / "include"
MODULES = sorted(
    ".".join(path.relative_to(INCLUDE).with_suffix("").parts).removesuffix(".__init__")
    for package in ("assay", "demo", "docgen")
    for path in (INCLUDE / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert result.failed == 0
