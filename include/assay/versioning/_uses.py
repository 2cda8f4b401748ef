"""Uses of released data in the registry: one small file each, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from assay.errors import RegistryError
from assay.lake import private_folder
from assay.records.uses import Origin, SnapshotPart, Use, UseKind
from assay.records.versions import StoredObject
from assay.versioning._dvc import REPOSITORY
from assay.versioning._files import load_stored, with_nonce
from assay.versioning._git import Change, View
from assay.versioning._ids import keyed
from assay.versioning._keys import Fence
from assay.versioning._layout import snapshot_file, use_file, uses_folder, version_file
from assay.versioning._reader import Reader
from assay.versioning._records import load_records, parse_record, render_record


class UseRecords(Reader):
    """What released data was used for, on record beside the versions."""

    def record_use(
        self, use: Use, *, at: datetime | None = None, fence: Fence | None = None
    ) -> Use:
        """Record what released data was used for; a use that is on record stays as it is.

        Index it afterwards with ``assay.stages.index.follow_registry(services, wholly=False)``, so
        that the catalog knows it at once; the next who asks the catalog for a list does it else.

        Parameters
        ----------
        use : Use
            Its id must derive from what it is (a training run's from snapshot, model file and
            code), so that a repeated run finds it.
        at : datetime, optional
            Time of the commit; the use's own by default.
        fence : callable, optional
            As for :meth:`Registry.release`.

        Returns
        -------
        Use
            As it is on record: with the author and the time of who was first.

        Raises
        ------
        RegistryError
            If a use of this kind and id says something else, or if a snapshot, version or use that
            it names isn't in the registry.
        RegistryUnavailable
            If a remote doesn't answer; calling again continues.
        """
        return self._writer.write(partial(plan_use, use=use), at or use.at, fence)

    def find_use(self, kind: UseKind, name: str) -> Use | None:
        """One use; None where there is none of this kind and id."""
        return load_use(self._git.view(), kind, name)

    def uses(self, kind: UseKind | None = None) -> tuple[Use, ...]:
        """All uses of a kind, or all, by kind and id: of many, ask the catalog."""
        found = load_records(Use, self._git.view(), uses_folder(kind))
        return tuple(sorted(found, key=lambda u: (u.kind, u.id)))

    def use_id(self, kind: UseKind, ingredients: Any) -> str:
        """The id of a use of these ingredients, whether or not it is on record.

        32 hex digits of HMAC-SHA-256 under the registry key: equal for equal ingredients.

        Parameters
        ----------
        ingredients : JSON value
            All that the use derives from, and nothing else: no time, no run id, no host.
        """
        return keyed(self._key, f"use {kind}", ingredients)

    def keep_objects(self, use_id: str, files: Mapping[str, Path]) -> dict[str, StoredObject]:
        """Upload files that a use keeps; those that the store has are found.

        Record them in the use's ``objects``: what no record names is removed in the end.

        Parameters
        ----------
        use_id : str
            32 hex digits. Each file holds the :meth:`nonce` of this and its name; a ``.json``
            file that lacks it gets it in a copy.
        files : mapping of str to Path
            Name of the object → file.
        """
        self._writer.view()
        with private_folder(self._scratch / "commits") as folder:
            nonces = {name: self.nonce(use_id, name) for name in files}
            whole = {n: with_nonce(p, nonces[n], folder) for n, p in files.items()}
            stored = {n: load_stored(p, n, nonces[n]) for n, p in whole.items()}
            for name, path in whole.items():
                self._objects.add(path, stored[name])
        return stored

    def mark(self, sha256: str) -> str:
        """What a use says of a file that it delivers, from the SHA-256 of its bytes.

        32 hex digits of HMAC-SHA-256 under the registry key: a plain hash of a small file would
        confirm guesses of its content for ever.
        """
        return keyed(self._key, "delivered file", [sha256])


def plan_use(view: View, use: Use) -> tuple[Change | None, Use]:
    """Record a use, unless the registry has it."""
    known = load_use(view, use.kind, use.id)
    if known is not None:
        return None, _same_use(known, use)
    missing = list(_missing(view, use))
    if missing:
        raise RegistryError(
            f"{use.kind} {use.id} comes from what the registry doesn't have", got=missing[0],
            do="Record what it comes from first.",
        )  # fmt: skip
    files = {use_file(use.kind, use.id): render_record(use)}
    if view.head is None:
        files = {**REPOSITORY, **files}
    return Change(files, f"Record {use.kind} {use.id} of {use.subject}"), use


def load_use(view: View, kind: UseKind, name: str) -> Use | None:
    """One use, None where the registry lacks it."""
    path = use_file(kind, name)
    content = view.read(path)
    return None if content is None else parse_record(Use, path, content)


def read_uses(view: View, dataset: str | None = None) -> tuple[int, list[tuple[str, str]]]:
    """How many uses are on record, and each fault with the data set or subject that it is about.

    Parameters
    ----------
    dataset : str, optional
        Only uses that read this data set.
    """
    paths = view.paths()
    wanted = [path for path in paths if path.startswith(f"{uses_folder()}/")]
    contents = view.contents(paths[path] for path in wanted)
    count, faults = 0, list[tuple[str, str]]()
    for path, content in zip(wanted, contents, strict=True):
        try:
            use = parse_record(Use, path, content)
        except RegistryError as error:
            faults.append((dataset or "*", str(error)))
            continue
        read = [part.dataset for part in use.reads]
        if dataset is not None and dataset not in read:
            continue
        count += 1
        about = read[0] if read else use.subject
        faults += [(about, fault) for fault in _faults(use, path, paths)]
    return count, faults


def _faults(use: Use, path: str, paths: Collection[str]) -> Iterator[str]:
    if use_file(use.kind, use.id) != path:
        yield f"the record of {use.kind} {use.id} isn't at its place: {path}"
    for place, name in _places(use):
        if place not in paths:
            yield f"{use.kind} {use.id} comes from {name}, which isn't there"


def _same_use(known: Use, wanted: Use) -> Use:
    if known.says_the_same(wanted):
        return known
    mine, theirs = wanted.model_dump(), known.model_dump()
    differs = next(name for name in mine if mine[name] != theirs[name])
    raise RegistryError(
        f"{known.kind} {known.id} is on record, and says otherwise", where=differs,
        got=mine[differs], expected=f"{theirs[differs]!r}",
        do="Whatever differs between two uses belongs in what their ids derive from.",
    )  # fmt: skip


def _missing(view: View, use: Use) -> Iterator[str]:
    """What a use names and the registry lacks."""
    places = list(_places(use))
    contents = view.read_each(path for path, _ in places)
    yield from (name for (_, name), c in zip(places, contents, strict=True) if c is None)


def _places(use: Use) -> Iterator[tuple[str, str]]:
    """The files of what a use names, each with a name for people."""
    yield from map(_snapshot, use.reads)
    yield from map(_origin, use.of)


def _snapshot(part: SnapshotPart) -> tuple[str, str]:
    return snapshot_file(part.dataset, part.number).path, f"{part.dataset}@{part.number}"


def _origin(origin: Origin) -> tuple[str, str]:
    name = f"{origin.kind} {origin.id}"
    if origin.kind == "version":
        return version_file(*origin.version).path, name
    return use_file(origin.kind, origin.id), name
