"""A home with a model and two days of released predictions that it hasn't learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mini_feedback
import mini_model
import mini_project
import pytest


@pytest.fixture(scope="session")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which nothing is judged yet; nobody changes it."""
    root = tmp_path_factory.mktemp("predicted")
    train = mini_project.Train(mini_project.write_project(root / "project"), root / "home")
    mini_model.release_days(train)
    mini_feedback.prepare(train)
    return train


@pytest.fixture
def home(predicted: Any, tmp_path: Path) -> Any:
    """A copy of it for one test."""
    return mini_project.copy(predicted, tmp_path)
