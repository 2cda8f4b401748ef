"""A registry whose history is written at once, in the registry's own records."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from assay.records.versions import BatchVersion, Pointer, Snapshot, StoredObject
from assay.stages.services import Services
from assay.verdict import Measurement, Verdict
from assay.versioning import _dvc, _git
from assay.versioning._layout import pointer_file, version_file
from assay.versioning._migration import LAYOUT
from assay.versioning._packing import pack_if_due
from assay.versioning._process import git
from assay.versioning._records import render_pointer
from assay.versioning._snapshots import Stored, step_files

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 5, tzinfo=UTC)
_SECONDS = count()
"""Times of commits rise, whatever data set they are about."""


def project_of(root: Path, names: Sequence[str]) -> Path:
    """A project whose data sets are copies of the flights."""
    given = ROOT / "include"
    contract = (given / "contracts" / "flights.odcs.yaml").read_text()
    (root / "include" / "contracts").mkdir(parents=True)
    for name in names:
        for folder in ("policies", "suites"):
            shutil.copytree(given / folder / "flights", root / "include" / folder / name)
        text = contract.replace("\nname: flights\n", f"\nname: {name}\n")
        (root / "include" / "contracts" / f"{name}.odcs.yaml").write_text(text)
    return root


class History:
    """A history of one data set that grows by whole streams of commits.

    Parameters
    ----------
    rows : callable, optional
        Number of a batch, from 0, to the Parquet file of its rows; by default a few bytes that
        nobody reads as rows.
    """

    def __init__(
        self, services: Services, name: str, rows: Callable[[int], Path] | None = None
    ) -> None:
        services.registry.agree("registry's own", "fingerprint", at=START)
        self._name = name
        self._rows = rows
        self._git = services.lake.path("registry") / "git"
        self._store = services.lake.path("registry") / "objects"
        self._lineage = self._object("lineage", {"input_sha256": "i", "contract": "c",
                                      "transform_version": "1"})  # fmt: skip
        measured = tuple(Measurement(name=f"m{i}", value=i / 7, unit="", n=1) for i in range(10))
        verdict = Verdict(gate="drift", outcome="PASS", measurements=measured, policy_hash="p",
                          on_inconclusive="hold")  # fmt: skip
        self._verdicts = self._object(
            "verdicts", {"verdicts": {"drift": verdict.model_dump(mode="json")}}
        )
        self._last: Stored | None = None
        self._batches: dict[str, str] = {}

    def batch(self, number: int) -> str:
        """The key of a batch: a day."""
        return str(date(1990, 1, 1) + timedelta(days=number))

    def grow(self, size: int) -> None:
        """Release one batch after the other until there are so many snapshots."""
        head = git(self._git, "rev-parse", "main").decode().strip()
        number = self._last.snapshot.number if self._last else 0
        parts = []
        while number < size:
            number += 1
            files = self._release(number, self.batch(number - 1))
            files |= LAYOUT if number == 1 else {}
            change = _git.Change(files, f"Release {number}")
            at = START + timedelta(seconds=next(_SECONDS))
            stream = _git._stream(None if parts else head, change, at)
            parts.append(stream.removesuffix(b"done\n"))
        if parts:
            given = b"".join([*parts, b"done\n"])
            git(self._git, "fast-import", "--quiet", "--done", given=given)
            pack_if_due(self._git)
            # As packing does it, which isn't due where one stream wrote all at once.
            git(self._git, "commit-graph", "write", "--reachable", "--split")

    def took(self, version: str) -> None:
        """Go on from a snapshot that the registry made itself."""
        number = self._last.snapshot.number + 1 if self._last else 1
        batch = self.batch(number - 1)
        self._step(number, batch, version)

    def _release(self, number: int, batch: str) -> dict[str, bytes]:
        version = hashlib.sha256(f"{self._name} {batch}".encode()).hexdigest()[:32]
        data = self._data(number - 1)
        made = BatchVersion(
            dataset=self._name, batch=batch, version=version, counts={"rows_in": 9, "held": 9},
            objects={"data": data, "lineage": self._lineage, "verdicts": self._verdicts},
            at=START, judged={"drift": START},
        )  # fmt: skip
        pointer = Pointer(dataset=self._name, snapshot=number, latest=number)
        return {
            version_file(self._name, batch, version).path: _dvc.render_dvc(made),
            pointer_file(self._name): render_pointer(pointer),
            **self._step(number, batch, version),
        }

    def _step(self, number: int, batch: str, version: str) -> dict[str, bytes]:
        self._batches = {**self._batches, batch: version}
        snapshot = Snapshot.model_construct(
            dataset=self._name, number=number, parent=number - 1 or None, batches=self._batches,
            batch=batch, forced=(), withdrawn=(), reason="every gate let it out", author="a",
            at=START + timedelta(seconds=number),
        )  # fmt: skip
        files, self._last = step_files(snapshot, self._last)
        return files

    def _data(self, number: int) -> StoredObject:
        if self._rows is None:
            return self._object("data", {"batch": self.batch(number)})
        return self._stored("data.parquet", self._rows(number).read_bytes())

    def _object(self, name: str, content: dict[str, object]) -> StoredObject:
        return self._stored(f"{name}.json", json.dumps(content).encode())

    def _stored(self, file: str, data: bytes) -> StoredObject:
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        path = self._store / "files" / "md5" / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return StoredObject(file=file, md5=md5, size=len(data))
