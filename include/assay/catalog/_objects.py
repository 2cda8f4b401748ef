"""The objects of versions as they were committed, so that nobody's word but ours lets one go.

The index of the registry follows the registry. This table doesn't: a person who can write to Git
can bury a version or change its record, and its objects are kept all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from assay.catalog._safeguards import HeldObjects
from assay.catalog._store import Store, record_of, upsert_all
from assay.records.histories import HeldVersion
from assay.records.versions import VERDICTS, BatchVersion, VersionKey


@dataclass(frozen=True)
class Objects:
    """Objects of versions, and which versions have ended."""

    store: Store

    def learn(self, versions: Iterable[BatchVersion]) -> None:
        """Remember the objects of live versions; of a known one only its verdicts may change."""
        with self.store.session(writes=True) as session:
            known = {held.key: held for held in self.find()}
            learned = []
            for version in versions:
                key = (version.dataset, version.batch, version.version)
                found = {name: stored.md5 for name, stored in version.objects.items()}
                held = known.get(key)
                if held is not None:
                    verdicts = {n: md5 for n, md5 in found.items() if n == VERDICTS}
                    found = {**found, **held.objects, **verdicts}
                if held is None or found != held.objects:
                    names = dict(zip(("dataset", "batch", "version"), key, strict=True))
                    ended = held.ended if held else None
                    learned.append({**names, "objects": found, "ended": ended})
            upsert_all(session, HeldObjects, learned, update=("objects", "ended"))

    def end(self, key: VersionKey, at: datetime) -> None:
        """Record the decision that a version goes, before the registry buries it."""
        self._set_ended(key, at)

    def bring_back(self, key: VersionKey) -> None:
        """Record that a version stays, or is back."""
        self._set_ended(key, None)

    def find(self) -> list[HeldVersion]:
        """All versions of which the objects are known."""
        return [record_of(HeldVersion, row) for row in self.store.all(select(HeldObjects))]

    def needed(self) -> frozenset[str]:
        """The objects, by their MD5, of the versions that haven't ended."""
        held = self.store.all(select(HeldObjects.objects).where(HeldObjects.ended.is_(None)))
        return frozenset(md5 for objects in held for md5 in objects.values())

    def _set_ended(self, key: VersionKey, at: datetime | None) -> None:
        with self.store.session(writes=True) as session:
            if (row := session.get(HeldObjects, key)) is not None:
                row.ended = at
