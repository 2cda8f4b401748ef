"""Text files, written aside and published by rename."""

from __future__ import annotations

import uuid
from pathlib import Path

from assay.lake._lake import publish


def write_text(path: Path, text: str) -> None:
    """Write a text file aside (UTF-8), and rename it to its place."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    aside.write_text(text, encoding="utf-8")
    publish(aside, path)
