"""What lies in the zones that have a maximum age, and what is known of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import Field

from assay.errors import InputError
from assay.lake import ZONES, Lake
from assay.records.indexing import CommittedVersion, ReleasedVersion
from assay.records.runs import Arrival
from assay.records.trash import TrashedObject
from assay.records.versions import VersionKey
from assay.retention._history import History, summarise_history
from assay.retention._tree import Tree, measure_tree
from assay.retention._versions import VersionItem
from assay.verdict import Frozen

SweptZone = Literal[
    "landing",
    "quarantine",
    "audit",
    "work",
    "labelling",
    "spill",
    "reports",
    "messages",
    "archive",
]
ZoneT = TypeVar("ZoneT", bound=SweptZone)
BATCH_ZONES: Final[tuple[SweptZone, ...]] = (
    "landing", "quarantine", "audit", "work", "labelling", "reports", "archive",
)  # fmt: skip
"""Zones laid out as ``<zone>/<data set>/<batch>/<input or version>/``."""
WRITTEN_ZONES: Final[tuple[Literal["spill", "messages"], ...]] = ("spill", "messages")
_LINK: Final = "it is a link, and no sweep follows one"
_INCIDENT: Final = re.compile(r"([a-z][a-z0-9_]*)-incident-\d+-")
"""How a message about one data set's incident is named; every other one may be about several."""
REMOVING: Final = ".removing-"
"""Names what an interrupted sweep has already taken out of its place."""


class Item(Frozen):
    """The smallest thing that is kept or removed as a whole: a folder of a batch, or one file.

    Parameters
    ----------
    path : str
        Below the home, with ``/``.
    dataset, batch : str or None
        None where it belongs to none.
    landed_at, released_at, batch_end : datetime or None
        The moments that a period may count from.
    needed_by : tuple of str
        What must have it: a run that works on the batch, a snapshot that has no other copy.
    fingerprint : str
        Changes when a file in it is added, removed or written.
    """

    zone: SweptZone
    path: str
    dataset: str | None
    batch: str | None
    landed_at: datetime
    released_at: datetime | None = None
    batch_end: datetime | None = None
    needed_by: tuple[str, ...] = ()
    files: int = 1
    bytes: int = 0
    fingerprint: str


class Inventory(Frozen):
    """All that a sweep may look at.

    Parameters
    ----------
    items : tuple of Item
        What lies in the zones.
    unclaimed : tuple of str
        Files that no zone, or no place in a zone, claims.
    problems : tuple of str
        What can't be planned, and why.
    versions : tuple of VersionItem
        What the registry holds.
    latest : dict
        Data set → its highest snapshot number.
    objects : tuple of str
        Names of objects in the registry's store that no live version refers to.
    trash : tuple of TrashedObject
        What lies aside in that store.
    needed : frozenset of str
        Which of these a version needs after all.
    """

    items: tuple[Item, ...]
    unclaimed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    versions: tuple[VersionItem, ...] = ()
    latest: dict[str, int] = Field(default_factory=dict)
    objects: tuple[str, ...] = ()
    trash: tuple[TrashedObject, ...] = ()
    needed: frozenset[str] = frozenset()


def take_inventory(
    lake: Lake,
    arrivals: Iterable[Arrival],
    released: Iterable[ReleasedVersion],
    *,
    latest: Mapping[str, int],
    pointers: Mapping[str, int],
    live: Mapping[tuple[str, str], str],
    committed: Iterable[CommittedVersion],
    batch_end: Callable[[str, str], datetime | None],
    stays: Mapping[str, date] | None = None,
    objects: Iterable[str] = (),
    pinned: Mapping[VersionKey, str] | None = None,
    trash: Iterable[TrashedObject] = (),
    needed: Collection[str] = (),
) -> Inventory:
    """Look at the zones; nothing is changed.

    An input landed when the catalog says that its first run began, or when its oldest file was
    written, whichever is earlier: a repeated run doesn't make it younger.

    Parameters
    ----------
    arrivals : iterable of Arrival
        The attempts at batches of all data sets.
    released : iterable of ReleasedVersion
        Every version that a snapshot of any data set ever held.
    latest : mapping
        Data set to its highest snapshot number.
    pointers : mapping
        Data set to the number of its live snapshot.
    live : mapping
        (data set, batch) to the owner of its live lease: what is worked on now.
    committed : iterable of CommittedVersion
        All versions whose objects the registry holds.
    batch_end : callable
        Data set and batch to the end of the batch, by the contract; None where there is none.
    stays : mapping, optional
        Version to the date until which it was brought back.
    objects : iterable of str
        Objects of the registry's store that no live version refers to.
    pinned : mapping, optional
        Version to a run at work that reads it.
    trash : iterable of TrashedObject
        What lies aside in the store.
    needed : collection of str
        Objects that versions need.
    """
    stored, releases = list(committed), list(released)
    keys = {v.key for v in stored}
    history = summarise_history(arrivals, releases, pointers, live, keys)
    items: list[Item] = []
    problems: list[str] = []
    unclaimed = list(_outside_zones(lake, problems))
    for zone, folder in _folders(lake, BATCH_ZONES, problems):
        units = _units(folder, unclaimed, problems, lake)
        for path, seen in _measured(units, problems, lake):
            items.append(_batch_item(lake, zone, path, seen, history, batch_end))
    for zone, folder in _folders(lake, WRITTEN_ZONES, problems):
        for path, seen in _measured(_children(folder, problems, lake), problems, lake):
            items.append(_written_item(lake, zone, path, seen))
    return Inventory(
        items=tuple(sorted(items, key=lambda i: i.path)),
        unclaimed=tuple(sorted(unclaimed)),
        problems=tuple(sorted(problems)),
        versions=tuple(
            _version_items(
                stored, releases, pointers, history, batch_end, stays or {}, pinned or {}
            )
        ),
        latest=dict(latest),
        objects=tuple(sorted(objects)),
        trash=(entries := tuple(trash)),
        needed=frozenset(e.md5 for e in entries if e.md5 in needed),
    )


def _version_items(
    stored: Iterable[CommittedVersion],
    releases: Iterable[ReleasedVersion],
    pointers: Mapping[str, int],
    history: History,
    batch_end: Callable[[str, str], datetime | None],
    stays: Mapping[str, date],
    pinned: Mapping[VersionKey, str],
) -> Iterator[VersionItem]:
    held = {one[:3]: one for one in releases}
    for one in stored:
        key = one.key
        release = held.get(key)
        yield VersionItem(
            dataset=one.dataset,
            batch=one.batch,
            version=one.version,
            landed_at=min(one.at, history.landed.get(key, one.at)),
            released_at=history.released.get(key),
            batch_end=batch_end(one.dataset, one.batch),
            pointed=release is not None and release.is_in(pointers.get(one.dataset)),
            spans=release.spans if release else (),
            working=history.live.get((one.dataset, one.batch)) or pinned.get(key),
            stay=stays.get(one.version),
            bytes=one.size,
        )


def _outside_zones(lake: Lake, problems: list[str]) -> Iterator[str]:
    """What lies in the home outside every zone."""
    known = {zone.name for zone in ZONES}
    children = _children(lake.home, problems, lake)
    yield from (_relative(lake, p) for p in children if p.name not in known)


def _folders(
    lake: Lake, zones: Iterable[ZoneT], problems: list[str]
) -> Iterator[tuple[ZoneT, Path]]:
    """The folder of each zone; one that is a link is a problem, and stops no other."""
    for zone in zones:
        try:
            yield zone, lake.path(zone)
        except InputError:
            problems.append(f"{zone}: {_LINK}")


def _units(zone: Path, unclaimed: list[str], problems: list[str], lake: Lake) -> Iterator[Path]:
    """Folders at the depth of a batch's input or version; files above it are unclaimed."""

    def below(folder: Path) -> list[Path]:
        return _children(folder, problems, lake) if folder.is_dir() else [folder]

    for dataset in _children(zone, problems, lake):
        for batch in below(dataset):
            for unit in below(batch):
                if unit.is_dir():
                    yield unit
                else:
                    unclaimed.append(_relative(lake, unit))


def _children(folder: Path, problems: list[str], lake: Lake) -> list[Path]:
    if folder.is_symlink() and folder != lake.home:
        problems.append(f"{_relative(lake, folder)}: {_LINK}")
        return []
    try:
        return sorted(
            p for p in folder.iterdir() if not p.name.startswith(REMOVING) and p.name != ".lock"
        )
    except FileNotFoundError:
        return []
    except OSError as exc:
        problems.append(_unreadable(lake, folder, exc))
        return []


def _measured(
    paths: Iterable[Path], problems: list[str], lake: Lake
) -> Iterator[tuple[Path, Tree]]:
    """What has files; what can't be read or named is a problem, and stops nothing else."""
    for path in paths:
        try:
            path.as_posix().encode()
            seen = measure_tree(path)
        except (OSError, UnicodeError) as exc:
            problems.append(_unreadable(lake, path, exc))
            continue
        if seen is not None:
            yield path, seen


def _unreadable(lake: Lake, path: Path, exc: OSError | UnicodeError) -> str:
    why = exc.strerror if isinstance(exc, OSError) else "its name isn't UTF-8"
    return f"{_relative(lake, path)}: can't be read: {why}"


def _relative(lake: Lake, path: Path) -> str:
    return os.fsencode(path.relative_to(lake.home)).decode(errors="backslashreplace")


def _batch_item(
    lake: Lake,
    zone: SweptZone,
    path: Path,
    seen: Tree,
    history: History,
    batch_end: Callable[[str, str], datetime | None],
) -> Item:
    dataset, batch, name = path.parts[-3:]
    key = (dataset, batch, name)
    needed = [f"run {history.live[dataset, batch]}"] if (dataset, batch) in history.live else []
    if zone == "work" and key in history.needed:
        needed.append(history.needed[key])
    return Item(
        zone=zone,
        path=_relative(lake, path),
        dataset=dataset,
        batch=batch,
        landed_at=min(seen.oldest, history.landed.get(key, seen.oldest)),
        released_at=history.released.get(key),
        batch_end=batch_end(dataset, batch),
        needed_by=tuple(needed),
        files=seen.files,
        bytes=seen.bytes,
        fingerprint=seen.fingerprint,
    )


def _written_item(lake: Lake, zone: Literal["spill", "messages"], path: Path, seen: Tree) -> Item:
    """A file, or an engine's spill folder, which is as young as the youngest file in it."""
    named = _INCIDENT.match(path.name.lstrip(".")) if zone == "messages" else None
    return Item(
        zone=zone,
        path=_relative(lake, path),
        dataset=named[1] if named else None,
        batch=None,
        landed_at=seen.newest if zone == "spill" else seen.oldest,
        files=seen.files,
        bytes=seen.bytes,
        fingerprint=seen.fingerprint,
    )
