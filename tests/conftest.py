"""What every folder of tests may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mini_project
import pytest

TESTS = Path(__file__).parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file in tests/golden; ASSAY_WRITE_GOLDEN=1 writes the file again."""
    renew = f"ASSAY_WRITE_GOLDEN=1 pytest {request.path.relative_to(TESTS.parent)}"

    def check(name: str, text: str) -> None:
        path = TESTS / "golden" / name
        if os.environ.get("ASSAY_WRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.is_file() else None
        assert text == kept, f"differs from tests/golden/{name}; if that is meant: {renew}"

    return check


@pytest.fixture(scope="session")
def mini() -> Any:
    """The module that writes the small project and drives its runs."""
    return mini_project


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
