"""What every folder of tests may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

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
