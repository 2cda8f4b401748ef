"""How much a plan takes, by zone and classification, and what keeps the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from assay.retention._plan import RetentionPlan
from assay.retention._precedence import RULES, Rule
from assay.retention._versions import UNCLASSIFIED
from assay.verdict import Frozen

__all__ = ["UNCLASSIFIED", "Kept", "Total", "freed", "keeps", "size_text", "totals"]
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
REGISTRY: Final = "registry"
"""The zone of versions."""


class Total(Frozen):
    """What goes from one zone, of data sets of one classification.

    Parameters
    ----------
    items : int
        Folders, files or versions.
    bytes : int
        What is freed; the objects of versions lie in the trash first.
    """

    zone: str
    classification: str
    items: int
    files: int
    bytes: int


class Kept(Frozen):
    """How much one rule of the precedence keeps past its maximum age."""

    rule: Rule
    items: int
    bytes: int


def totals(plan: RetentionPlan) -> tuple[Total, ...]:
    """Count what goes, by zone and classification."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for zone, label, files, size in _parts(plan):
        for place, count in enumerate((1, files, size)):
            sums[zone, label][place] += count
    return tuple(
        Total(zone=zone, classification=label, items=items, files=files, bytes=size)
        for (zone, label), (items, files, size) in sorted(sums.items())
    )


def _parts(plan: RetentionPlan) -> Iterator[tuple[str, str, int, int]]:
    for item in plan.removals:
        yield item.zone, item.classification, item.files, item.bytes
    for one in plan.versions:
        if "remove" in one.actions:
            yield REGISTRY, one.classification, 0, one.bytes


def keeps(plan: RetentionPlan) -> tuple[Kept, ...]:
    """Count what is past its maximum age and stays, by the strongest rule; in their order."""
    sizes: dict[Rule, list[int]] = defaultdict(list)
    kept = [(d.rule, d.bytes) for d in plan.delayed] + [(k.rule, k.bytes) for k in plan.kept]
    for rule, size in kept:
        sizes[rule].append(size)
    return tuple(
        Kept(rule=rule, items=len(sizes[rule]), bytes=sum(sizes[rule]))
        for rule in RULES if rule in sizes
    )  # fmt: skip


def freed(plan: RetentionPlan) -> int:
    """The bytes that a plan frees, those of versions included."""
    return sum(total.bytes for total in totals(plan))


def size_text(count: float) -> str:
    """Bytes for a person.

    Examples
    --------
    >>> [size_text(n) for n in (0, 999, 1000, 1536000, 2.5e9)]
    ['0 B', '999 B', '1.0 kB', '1.5 MB', '2.5 GB']
    """
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"
