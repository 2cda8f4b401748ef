"""What a person sees of a row."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.labelling.rounds.records import Task
from assay.policy import level_text
from assay.policy.labelling import ShownColumn

_MASKED: Final = {True: "(hidden)", False: "(empty)"}
_KINDS: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture, and the end of its file's name."""

    content: bytes
    kind: str


@dataclass(frozen=True)
class Card:
    """What is shown of one task: titles and values, in the policy's order.

    Parameters
    ----------
    task : str
        Id of the task.
    cells : mapping of str to str or Picture
        Title to what is shown.
    score : float, optional
        For the order alone; it isn't shown.
    """

    task: str
    cells: Mapping[str, str | Picture]
    score: float | None = None


def make_cards(
    tasks: Sequence[Task], rows: Mapping[tuple[Any, ...], Mapping[str, Any]],
    show: Sequence[ShownColumn],
) -> list[Card]:  # fmt: skip
    """Make the cards of tasks, in their order; a row that isn't there any more has none.

    Parameters
    ----------
    rows : mapping
        Key of a row to its columns; of ``image_path`` the picture's bytes.
    show : sequence of ShownColumn
        What the policy shows; of a masked column only whether there is a value.

    Examples
    --------
    >>> task = Task(id="t", key=(7,), place=0, reason="random", annotators=("A",))
    >>> show = [ShownColumn(column="late", display="value", title="Late?"),
    ...         ShownColumn(column="name", display="masked")]
    >>> dict(make_cards([task], {(7,): {"late": True, "name": "Ada"}}, show)[0].cells)
    {'Late?': 'true', 'name': '(hidden)'}
    """
    return [
        Card(
            task.id,
            {one.title or one.column: _cell(rows[task.key].get(one.column), one) for one in show},
            task.score,
        )
        for task in sorted(tasks, key=lambda one: one.place)
        if task.key in rows
    ]


def _cell(value: Any, shown: ShownColumn) -> str | Picture:
    empty = value is None or value != value  # noqa: PLR0124 - NaN
    if shown.display == "masked":
        return _MASKED[not empty]
    if empty:
        return ""
    if shown.display.startswith("image") and (content := _bytes(value)) is not None:
        kind = next((name for start, name in _KINDS.items() if content.startswith(start)), "bin")
        return Picture(content, kind)
    text = str(level_text(value))
    return text if shown.display == "long_text" else " ".join(text.split())


def _bytes(value: Any) -> bytes | None:
    """The bytes of a picture, which a released row has as Base64; None of any other text."""
    if not isinstance(value, str):
        return value if isinstance(value, bytes) else None
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return None
