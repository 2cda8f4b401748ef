"""Who only looks at a home makes no folder in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli._main import run


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "status flights",
        "incidents list",
        "digest --all",
        "quality history flights",
        "versions list flights",
        "check --no-gx",
    ],
)
def test_a_verb_that_looks_makes_nothing(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    assert run(words.split()) == 0
    assert list(tmp_path.iterdir()) == []
