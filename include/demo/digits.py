"""Handwritten digits as scikit-learn ships them: what people are asked about, and what they see."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from demo.drop import drop_text

if TYPE_CHECKING:
    import numpy as np

DATASET: Final = "digits"
BATCH: Final = "1998"
_INK: Final = 16
_ENLARGED: Final = 96


def drop_digits(inbox: Path) -> bool:
    """Put the digits into the inbox, without their labels; whether they weren't there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "picture", *(f"p{y}{x}" for y in range(8) for x in range(8))])
    for number, (picture, pixels, _) in enumerate(_digits()):
        writer.writerow([number, picture, *(int(ink) for ink in pixels.ravel())])
    return drop_text(inbox / DATASET / f"{BATCH}.csv", out.getvalue())


@cache
def digit_of_picture() -> dict[str, str]:
    """The digit that each picture shows: what a person knows who looks at it."""
    return {picture: str(digit) for picture, _, digit in _digits()}


def _digits() -> Iterator[tuple[str, np.ndarray[Any, Any], int]]:
    """Each digit as a picture, as its pixels (8, 8), and as a number."""
    from sklearn.datasets import load_digits

    found = load_digits()
    for pixels, digit in zip(found.images, found.target, strict=True):
        yield _picture(pixels), pixels, int(digit)


def _picture(pixels: np.ndarray[Any, Any]) -> str:
    """A digit as a PNG that is large enough to be read, in Base64."""
    from PIL import Image

    grey = Image.fromarray((255 - pixels / _INK * 255).astype("uint8"))
    out = io.BytesIO()
    grey.resize((_ENLARGED, _ENLARGED), Image.Resampling.NEAREST).save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()
