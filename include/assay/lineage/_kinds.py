"""The kinds of nodes: how each is written for people and drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from assay.records.uses import UseKind

NodeKind = (
    UseKind
    | Literal["source", "landing", "version", "snapshot", "contract", "suite", "policy", "key"]
)
_SHORT: Final = 12


@dataclass(frozen=True)
class Kind:
    """How nodes of a kind are shown.

    Parameters
    ----------
    word, plural : str
        Its name in a sentence, and of several.
    shape : str
        Graphviz' name of its shape.
    part : str
        What it belongs to: ``origin``, ``data`` or ``use``; a page colours by it.
    label : callable
        Name → the name as people read it.
    """

    word: str
    plural: str
    shape: str
    part: Literal["origin", "data", "use"]
    label: Callable[[str], str] = str


def short(name: str) -> str:
    """Shorten the hashes in a name.

    Examples
    --------
    >>> short("flights/2013-02-08/" + "ab" * 16)
    'flights 2013-02-08 (abababababab)'
    >>> short("ab" * 32), short("late_arrival@3")
    ('abababababab', 'late_arrival@3')
    """
    *place, last = name.split("/")
    if place:
        return f"{' '.join(place)} ({last[:_SHORT]})"
    is_hash = len(last) >= 2 * _SHORT and all(c in "0123456789abcdef" for c in last)
    return last[:_SHORT] if is_hash else last


KINDS: Final[dict[NodeKind, Kind]] = {
    "source": Kind("source file", "source files", "note", "origin", short),
    "landing": Kind("landing", "landings", "folder", "origin", short),
    "version": Kind("version", "versions", "box", "data", short),
    "snapshot": Kind("snapshot", "snapshots", "box3d", "data"),
    "training_run": Kind("training run", "training runs", "ellipse", "use", short),
    "model_version": Kind("model version", "model versions", "component", "use", short),
    "promotion": Kind("promotion", "promotions", "ellipse", "use", short),
    "prediction_batch": Kind("prediction batch", "prediction batches", "ellipse", "use", short),
    "feedback": Kind("feedback", "feedback records", "ellipse", "use", short),
    "label_round": Kind("label round", "label rounds", "ellipse", "use", short),
    "synthetic_set": Kind("synthetic set", "synthetic sets", "ellipse", "use", short),
    "report": Kind("report", "reports", "note", "use", short),
    "extract": Kind("extract", "extracts", "note", "use", short),
    "recall": Kind("recall", "recalls", "octagon", "use", short),
    "recall_lifted": Kind("lifted recall", "lifted recalls", "octagon", "use", short),
    "hold_placed": Kind("legal hold", "legal holds", "octagon", "use", short),
    "hold_lifted": Kind("lifted hold", "lifted holds", "octagon", "use", short),
    "contract": Kind("contract", "contracts", "note", "origin", short),
    "suite": Kind("suite", "suites", "note", "origin", short),
    "policy": Kind("policy", "policies", "note", "origin", short),
    "key": Kind("key", "keys", "note", "origin", short),
}
"""In the order in which neighbours are shown: data, what came of it, and the rules last."""
