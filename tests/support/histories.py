"""Random histories of a registry, made by its own plans, beside a model that is easy to believe.

Commits go straight into the bare repository, by one process each: a push for each would take most
of the time and isn't what is tried here.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay.records.uses import SnapshotPart, Use
from assay.records.versions import BatchVersion, Snapshot, StoredObject, Tombstone
from assay.versioning import _changes, _tombstones
from assay.versioning._git import Change, View, _stream, make_bare
from assay.versioning._layout import pointer_file, snapshot_file, tombstone_file, version_file
from assay.versioning._migration import LAYOUT
from assay.versioning._process import git
from assay.versioning._records import load_pointer, render_record
from assay.versioning._uses import plan_use

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
NAME = "flights"


def hexed(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@dataclass
class History:
    """A bare repository that grows, and what each of its snapshots must hold."""

    git_dir: Path
    dataset: str = NAME
    maps: dict[int, tuple[dict[str, str], set[str]]] = field(default_factory=dict)
    now: datetime = AT

    def view(self) -> View:
        heads = git(self.git_dir, "for-each-ref", "--format=%(objectname)", "refs/heads/main")
        return View(str(self.git_dir), heads.decode().strip() or None)

    def commit(self, change: Change | None) -> None:
        if change is not None:
            view = self.view()
            files = {**({} if view.head else LAYOUT), **change.files}
            change = Change(files, change.message, change.moved, change.removed, change.check)
            self.now += timedelta(seconds=1)
            git(self.git_dir, "fast-import", "--quiet", "--done",
                given=_stream(view.head, change, self.now))  # fmt: skip

    def version(self, batch: str, code: int) -> str:
        version = hexed(self.dataset, batch, code)
        stored = StoredObject(file="data.parquet", md5=hexed("md5", version), size=7)
        wanted = BatchVersion(
            dataset=self.dataset, batch=batch, version=version, objects={"data": stored},
            counts={"rows_in": 1, "held": 1}, at=self.now,
        )  # fmt: skip
        self.commit(_changes.plan_commit(self.view(), wanted)[0])
        return version

    def use(self, chance: random.Random) -> None:
        """A training run on one of the snapshots, and the model version that it gives."""
        number = chance.choice(sorted(self.maps))
        name = hexed("run", number, self.now)
        about = {"subject": "late", "author": "a", "at": self.now}
        part = SnapshotPart(dataset=self.dataset, number=number, digest="d" * 64)
        run = Use(kind="training_run", id=name, reads=(part,), **about)
        version = Use(kind="model_version", id=f"late@{name[:8]}", of=(run.origin,), **about)
        for one in (run, version):
            self.commit(plan_use(self.view(), one)[0])

    def release(self, batch: str, code: int, *, forced: bool = False) -> None:
        version = self.version(batch, code)
        order = _changes.Release(
            self.dataset, batch, version, reason="r", author="a", at=self.now, forced=forced
        )
        change, made = _changes.plan_release(self.view(), order)
        if change is not None:
            batches, was = self.pointed()
            self.maps[made.number] = (
                {**batches, batch: version},
                (was - {batch}) | ({batch} if forced else set()),
            )
        self.commit(change)

    def rollback(self, number: int) -> None:
        change, pointer = _changes.plan_rollback(
            self.view(), self.dataset, number, reason="back", author="a", at=self.now
        )
        self.commit(change)
        if pointer.snapshot not in self.maps:
            batches, forced = self.maps[number]
            gone = {t.version for t in _tombstones.load_tombstones(self.view(), self.dataset)}
            left = {b: v for b, v in batches.items() if v not in gone}
            self.maps[pointer.snapshot] = (left, forced & {*left})

    def withdraw(self, names: list[str]) -> None:
        batches, forced = self.pointed()
        going = {b: batches[b] for b in names if b in batches}
        change, made = _tombstones.plan_withdrawal(
            self.view(), self.dataset, going, reason="w", author="a", at=self.now
        )
        self.commit(change)
        if change is not None and made is not None:
            left = {b: v for b, v in batches.items() if b not in going}
            self.maps[made.number] = (left, forced & {*left})

    def remove(self, batch: str, code: int) -> None:
        version = hexed(self.dataset, batch, code)
        if self.pointed()[0].get(batch) != version:
            stone = Tombstone(
                dataset=self.dataset, batch=batch, version=version, kind="expired", why="w",
                at=self.now,
            )  # fmt: skip
            self.commit(_tombstones.plan_removal(self.view(), stone)[0])

    def pointed(self) -> tuple[dict[str, str], set[str]]:
        pointer = load_pointer(self.view(), self.dataset)
        return self.maps[pointer.snapshot] if pointer else ({}, set())

    def walk(self, chance: random.Random, steps: int, batches: int = 9) -> None:
        """Go on at random: mostly releases, some of all else."""
        for _ in range(steps):
            batch, code = f"2013-{chance.randrange(batches):02}", chance.randrange(3)
            kind = chance.random()
            if kind < 0.7 or not self.maps:
                if not self.removed(batch, code):
                    self.release(batch, code, forced=chance.random() < 0.2)
            elif kind < 0.82:
                self.rollback(chance.choice(sorted(self.maps)))
            elif kind < 0.92:
                self.withdraw([batch, f"2013-{chance.randrange(batches):02}"])
            elif self.view().read(
                *version_file(self.dataset, batch, hexed(self.dataset, batch, code))
            ):
                self.remove(batch, code)

    def removed(self, batch: str, code: int) -> bool:
        version = hexed(self.dataset, batch, code)
        return _tombstones.load_tombstone(self.view(), self.dataset, batch, version) is not None


def new_history(folder: Path, dataset: str = NAME) -> History:
    make_bare(folder)
    return History(folder, dataset)


def earlier_layout(history: History, folder: Path) -> View:
    """The newest state of a history as code of before the layout 2 wrote it."""
    from assay.versioning._snapshots import load_snapshots

    make_bare(folder)
    view, files = history.view(), dict[str, bytes]()
    for path in view.paths():
        parts = path.split("/")
        if parts[1] in {"versions", "tombstones"}:
            name = parts[-1].split(".")[0]
            place = (version_file if parts[1] == "versions" else tombstone_file)(
                history.dataset, parts[-2], name
            )
            files[place.earlier] = view.read(path) or b""
    for snapshot in load_snapshots(view, history.dataset):
        files[snapshot_file(history.dataset, snapshot.number).earlier] = render_record(snapshot)
    pointer = load_pointer(view, history.dataset)
    if pointer is not None:
        files[pointer_file(history.dataset)] = render_record(pointer)
    git(folder, "fast-import", "--quiet", "--done", given=_stream(None, Change(files, "x"), AT))
    return History(folder, history.dataset).view()


def as_model(snapshots: Iterator[Snapshot]) -> dict[int, tuple[dict[str, str], set[str]]]:
    return {s.number: (dict(s.batches), set(s.forced)) for s in snapshots}
