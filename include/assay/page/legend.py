"""Keys of a drawing's signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from assay.page.draw import bar_shape, line_shape, point_shape

_HEIGHT: Final = 12
_POINTS: Final = {"PASS", "INCONCLUSIVE", "WARN", "FAIL"}
_LINES: Final = {"limit", "nought"}


def legend(words: str, signs: Mapping[str, str]) -> Markup:
    """Explain a drawing: a sentence, then each sign with its meaning.

    Parameters
    ----------
    words : str
        How to read the drawing.
    signs : mapping of str to str
        Kind of the sign to its meaning: an outcome is a point, ``limit`` and ``nought`` are lines,
        ``ref``, ``cur``, ``mix`` and ``chance`` are bars.
    """
    keys = (
        Markup('<span class="key"><svg height="{}">{}</svg>{}</span>').format(
            _HEIGHT, _sign(kind), meaning
        )
        for kind, meaning in signs.items()
    )
    return Markup(" ").join([Markup("{}").format(words), *keys])


def _sign(kind: str) -> Markup:
    if kind in _POINTS:
        return point_shape(50, kind, _HEIGHT // 2)
    if kind in _LINES:
        return line_shape(50, kind, (0, _HEIGHT))
    return bar_shape(0, 100, kind, 1, _HEIGHT - 2)
