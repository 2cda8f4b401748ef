"""When inputs and versions landed and were released, from the catalog and the registry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assay.records.indexing import ReleasedVersion
from assay.records.runs import Arrival


@dataclass(frozen=True)
class History:
    """When inputs and versions landed and were released, and what needs them.

    The keys are data set, batch, and input or version; of ``live``, data set and batch.
    """

    landed: Mapping[tuple[str, str, str], datetime]
    released: Mapping[tuple[str, str, str], datetime]
    live: Mapping[tuple[str, str], str]
    needed: Mapping[tuple[str, str, str], str]


def summarise_history(
    arrivals: Iterable[Arrival],
    releases: Iterable[ReleasedVersion],
    pointers: Mapping[str, int],
    live: Mapping[tuple[str, str], str],
    committed: Collection[tuple[str, str, str]],
) -> History:
    """When inputs and versions landed and were released, and what a live snapshot must have."""
    released: dict[tuple[str, str, str], datetime] = {}
    needed: dict[tuple[str, str, str], str] = {}
    for one in releases:
        key, pointed = one[:3], pointers.get(one.dataset)
        released[key] = one.at
        if key not in committed and one.is_in(pointed):
            needed[key] = f"snapshot {pointed}, whose version is nowhere else"
    landed: dict[tuple[str, str, str], datetime] = {}
    for dataset, batch, input_sha, version, started in sorted(arrivals, key=lambda a: a.started):
        input_key = (dataset, batch, input_sha)
        first = landed.setdefault(input_key, started)
        if version is None:
            continue
        version_key = (dataset, batch, version)
        landed.setdefault(version_key, first)
        if version_key in released:
            at = released[version_key]
            released[input_key] = min(at, released.get(input_key, at))
    return History(landed, released, live, needed)
