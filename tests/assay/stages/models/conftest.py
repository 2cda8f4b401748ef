"""A home in which four days of visits are released, for training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mini_model
import mini_project
import pytest


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with the register and four days; nobody trains in it."""
    root = tmp_path_factory.mktemp("released")
    train = mini_project.Train(mini_project.write_project(root / "project"), root / "home")
    mini_model.release_days(train)
    mini_model.write_model(train.project)
    return train


@pytest.fixture
def home(released: Any, tmp_path: Path) -> Any:
    """A copy of it for one test."""
    return mini_project.copy(released, tmp_path)


@pytest.fixture(scope="session")
def model() -> Any:
    """The module that writes the small model and trains it."""
    return mini_model
