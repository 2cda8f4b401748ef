"""A small project of its own, and a home in which its batches run through every stage."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


def _load(name: str) -> Any:
    """A module that lies beside this file; a subprocess runs it by its path."""
    if name not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def mini() -> Any:
    """The module that writes the small project and drives its runs."""
    return _load("mini_project")


@pytest.fixture
def train(mini: Any, tmp_path: Path) -> Any:
    """A fresh home of the small project, nothing dropped yet."""
    return mini.Train(mini.write_project(tmp_path / "project"), tmp_path / "home")


@pytest.fixture(scope="session")
def template(mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which the reference table and the two reference days are released."""
    root = tmp_path_factory.mktemp("template")
    train = mini.Train(mini.write_project(root / "project"), root / "home")
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    for day in mini.REFERENCE_DAYS:
        train.drop("visits", day, mini.visits(day))
        train.run("visits", day)
    return train


@pytest.fixture
def ready(template: Any, mini: Any, tmp_path: Path) -> Any:
    """A copy of the template for one test: equal runs in equal homes give equal versions."""
    return mini.copy(template, tmp_path)
