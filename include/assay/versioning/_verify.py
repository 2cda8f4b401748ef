"""Read everything that a registry promises again, and compare it with its hashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from assay.errors import RegistryError
from assay.lake import private_folder
from assay.records.histories import HeldVersion
from assay.records.versions import (
    VERDICTS,
    BatchVersion,
    SnapshotStep,
    StoredObject,
    Tombstone,
)
from assay.verdict import Frozen
from assay.versioning._accepted import highest_given
from assay.versioning._files import md5_of, with_nonce
from assay.versioning._git import View
from assay.versioning._process import run_git
from assay.versioning._reader import Reader
from assay.versioning._records import load_pointer, load_versions
from assay.versioning._snapshots import load_steps, map_faults
from assay.versioning._tombstones import removed_versions
from assay.versioning._uses import read_uses

_AT_ONCE: Final = 4
Copies = Callable[[BatchVersion, str], Iterable[Path]]
"""Version and object name → files that may hold the same bytes."""


class Damage(Frozen):
    """One thing that isn't as the registry promises.

    Parameters
    ----------
    what : str
        ``lost``, ``other bytes``, a size, or what a record lacks.
    batch, version, object : str, optional
        Where it is; None for a fault of the data set's records, or of Git itself.
    released : bool
        Whether a snapshot promises it; else only a candidate is hurt.
    repaired : bool
        Whether another copy has taken its place.
    """

    dataset: str
    what: str
    batch: str | None = None
    version: str | None = None
    object: str | None = None
    released: bool = True
    repaired: bool = False


class Verification(Frozen):
    """What was read, and what was damaged; read ``damages`` first."""

    versions: int
    objects: int
    bytes: int
    snapshots: int
    uses: int = 0
    damages: tuple[Damage, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged any more."""
        return all(d.repaired for d in self.damages)


def verify_registry(
    registry: Reader,
    dataset: str | None = None,
    copies: Copies | None = None,
    held: Iterable[HeldVersion] = (),
) -> Verification:
    """See :meth:`assay.versioning.Registry.verify`."""
    rewound = registry._history.state()[1]
    lost = [] if rewound is None else [Damage(dataset="*", what=rewound.problems[0].what)]
    view = registry._git.view()
    damages: list[Damage] = list(_of_git(view))
    if damages:  # records that Git itself finds damaged say nothing of their objects
        return Verification(versions=0, objects=0, bytes=0, snapshots=0, damages=(*lost, *damages))
    damages += lost
    known = _by_dataset(held)
    names = sorted({*view.folders(), *known}) if dataset is None else [dataset]
    wanted: list[tuple[BatchVersion, str, StoredObject, bool]] = []
    snapshots: list[SnapshotStep] = []
    for name in names:
        try:
            found, versions = tuple(load_steps(view, name)), load_versions(view, name)
            gone = removed_versions(view, name)
            damages += _of_records(view, name, found, versions)
            damages += _against(known.get(name, ()), versions, gone)
        except RegistryError as error:
            damages.append(Damage(dataset=name, what=str(error)))
            continue
        snapshots += found
        promised = {(b, v) for s in found for b, v in s.changed.items()}
        wanted += [
            (version, object_name, stored, (version.batch, version.version) in promised)
            for version in versions
            if version.version not in gone
            for object_name, stored in version.objects.items()
        ]
    damages += _of_objects(registry, wanted, copies)
    uses, faults = read_uses(view, dataset)
    damages += [Damage(dataset=about, what=fault) for about, fault in faults]
    return Verification(
        versions=len({(v.dataset, v.batch, v.version) for v, *_ in wanted}),
        objects=len(wanted),
        bytes=sum(stored.size for _, _, stored, _ in wanted),
        snapshots=len(snapshots),
        uses=uses,
        damages=tuple(damages),
    )


def verify_version(
    registry: Reader, version: BatchVersion, copies: Copies | None
) -> tuple[Damage, ...]:
    """See :meth:`assay.versioning.Registry.verify_version`."""
    wanted = [(version, name, stored, True) for name, stored in version.objects.items()]
    return tuple(_of_objects(registry, wanted, copies))


def _by_dataset(held: Iterable[HeldVersion]) -> dict[str, list[HeldVersion]]:
    found = defaultdict[str, list[HeldVersion]](list)
    for one in held:
        found[one.dataset].append(one)
    return found


def _against(
    held: Iterable[HeldVersion],
    versions: Iterable[BatchVersion],
    gone: Mapping[str, Tombstone],
) -> Iterator[Damage]:
    """What the catalog knows of versions, and the registry has lost or says otherwise."""
    recorded = {(v.batch, v.version): v for v in versions}
    for one in held:
        about: dict[str, Any] = {"dataset": one.dataset, "batch": one.batch, "version": one.version}
        version = recorded.get((one.batch, one.version))
        if version is None:
            yield Damage(**about, what="the catalog knows this version, and the registry doesn't")
            continue
        if one.version in gone and one.ended is None:
            yield Damage(**about, what="it has a tombstone, and no sweep of this catalog ended it")
        for name, md5 in one.objects.items():
            stored = version.objects.get(name)
            if name != VERDICTS and (stored is None or stored.md5 != md5):
                what = "the registry's record of it isn't the one that was committed"
                yield Damage(**about, object=name, what=what)


def _of_git(view: View) -> Iterator[Damage]:
    """What Git finds wrong with its own objects."""
    done = run_git(view.git_dir, "fsck", "--strict", "--no-dangling", "--no-progress")
    said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
    if done.returncode != 0:
        yield Damage(dataset="*", what=f"git fsck: {said[:500]}")


def _of_records(
    view: View,
    dataset: str,
    snapshots: tuple[SnapshotStep, ...],
    versions: tuple[BatchVersion, ...],
) -> Iterator[Damage]:
    """Snapshots and pointer that name what isn't there."""
    numbers = [s.number for s in snapshots]
    lost = highest_given(view, dataset)
    gaps = sorted({*range(lost + 1, max(numbers, default=0) + 1)} - {*numbers})
    if gaps:
        yield Damage(dataset=dataset, what=f"snapshots {gaps} are missing")
    pointer = load_pointer(view, dataset)
    if (pointer.snapshot if pointer else None) not in {*numbers, None}:
        yield Damage(dataset=dataset, what="the pointer names a snapshot that isn't there")
    if snapshots and pointer is None:
        yield Damage(dataset=dataset, what="there are snapshots and no pointer")
    for number in map_faults(view, dataset):
        yield Damage(
            dataset=dataset, what=f"the map of snapshot {number} isn't what its steps give"
        )
    known = {(v.batch, v.version) for v in versions}
    missing = {(b, v): s.number for s in reversed(snapshots) for b, v in s.changed.items()}
    for (batch, version), number in sorted(missing.items()):
        if (batch, version) not in known:
            what = f"snapshot {number} names a version that isn't there"
            yield Damage(dataset=dataset, batch=batch, version=version, what=what)


def _of_objects(
    registry: Reader,
    wanted: list[tuple[BatchVersion, str, StoredObject, bool]],
    copies: Copies | None,
) -> Iterator[Damage]:
    once = {stored.md5: stored for _, _, stored, _ in wanted}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(once, pool.map(registry._objects.damage, once.values()), strict=True))
    bearers: dict[str, list[tuple[BatchVersion, str, bool]]] = defaultdict(list)
    for version, name, stored, released in wanted:
        bearers[stored.md5].append((version, name, released))
    for md5, what in found.items():
        if what is None:
            continue
        repaired = copies is not None and any(
            _repaired(registry, version, name, once[md5], copies)
            for version, name, _ in bearers[md5]
        )
        for version, name, released in bearers[md5]:
            about: dict[str, Any] = version.model_dump(include={"dataset", "batch", "version"})
            yield Damage(**about, object=name, what=what, released=released, repaired=repaired)


def _repaired(
    registry: Reader, version: BatchVersion, name: str, stored: StoredObject, copies: Copies
) -> bool:
    """Put the first copy that has the right bytes in the object's place."""
    nonce = registry.nonce(version.version, name)
    with private_folder(registry._scratch / "commits") as folder:
        for path in (registry._objects.cached(stored), *copies(version, name)):
            if not path.is_file():
                continue
            try:
                file = path if md5_of(path) == stored.md5 else with_nonce(path, nonce, folder)
            except RegistryError:
                continue
            if md5_of(file) == stored.md5:
                registry._objects.replace(file, stored)
                return True
    return False


def render_verification(found: Verification) -> str:
    """What was read and what is damaged, a line each."""
    lines = [
        f"{found.versions} versions, {found.objects} objects, {found.bytes:,} bytes, "
        f"{found.snapshots} snapshots, {found.uses} uses read"
    ]
    for damage in found.damages:
        place = [damage.dataset, damage.batch, damage.version, damage.object]
        state = "REPAIRED" if damage.repaired else "DAMAGED"
        hurt = "" if damage.released else " (a candidate, never released)"
        lines.append(f"{state} {' '.join(p for p in place if p)}: {damage.what}{hurt}")
    if not found.sound:
        lines.append(
            "Put damaged objects back with --repair on a machine that has a copy, or restore them "
            "from a backup: see 'Silent corruption' in operating.md."
        )
    elif not found.damages:
        lines.append("Everything is as it was committed.")
    return "\n".join(lines)
