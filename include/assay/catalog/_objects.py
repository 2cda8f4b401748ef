"""The objects of versions as they were committed, so that nobody's word but ours lets one go.

The index of the registry follows the registry. This table doesn't: a person who can write to Git
can bury a version or change its record, and its objects are kept all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from assay.catalog._safeguards import HeldObjects
from assay.catalog._store import Store, upsert_all
from assay.records.histories import HeldVersion
from assay.records.versions import VERDICTS, VersionKey

Hashes = Mapping[VersionKey, Mapping[str, str]]
"""Version → object name → MD5."""
_DECODER: Final = msgspec.json.Decoder(dict[str, str])
_FEW: Final = 500
"""Batches that are named in one query."""
_COLUMNS: Final = (
    HeldObjects.dataset, HeldObjects.batch, HeldObjects.version,
    cast(HeldObjects.objects, Text), HeldObjects.ended,
)  # fmt: skip


@dataclass(frozen=True)
class Objects:
    """Objects of versions, and which versions have ended."""

    store: Store

    def learn(self, versions: Hashes) -> None:
        """Remember the objects of live versions; of a known one only its verdicts may change.

        Parameters
        ----------
        versions : mapping
            Version → object name → MD5.
        """
        with self.store.session(writes=True) as session:
            known = {held.key: held for held in _held_of(session, versions)}
            learned = []
            for key, found in versions.items():
                held = known.get(key)
                if held is None or _merged(found, held.objects) != held.objects:
                    names = dict(zip(("dataset", "batch", "version"), key, strict=True))
                    objects = _merged(found, held.objects if held else {})
                    ended = held.ended if held else None
                    learned.append({**names, "objects": objects, "ended": ended})
            upsert_all(session, HeldObjects, learned, update=("objects", "ended"))

    def learn_news(self, versions: Hashes) -> frozenset[str]:
        """As :meth:`learn`, where most are known: looking these up lets no other writer wait.

        Returns
        -------
        frozenset of str
            As :meth:`needed`, from the same look.
        """
        known: dict[VersionKey, Mapping[str, str]] = {}
        ended = set[VersionKey]()
        with self.store.session(writes=False) as session:
            for dataset, batch, version, text, end in session.execute(select(*_COLUMNS)).tuples():
                known[dataset, batch, version] = _DECODER.decode(text)
                if end is not None:
                    ended.add((dataset, batch, version))
        news = {k: found for k, found in versions.items() if _is_news(found, known.get(k))}
        if news:
            self.learn(news)
            known |= {key: _merged(found, known.get(key, {})) for key, found in news.items()}
        needed = (objects.values() for key, objects in known.items() if key not in ended)
        return frozenset(md5 for hashes in needed for md5 in hashes)

    def end(self, key: VersionKey, at: datetime) -> None:
        """Record the decision that a version goes, before the registry buries it."""
        self._set_ended(key, at)

    def bring_back(self, key: VersionKey) -> None:
        """Record that a version stays, or is back."""
        self._set_ended(key, None)

    def find(self) -> list[HeldVersion]:
        """All versions of which the objects are known."""
        with self.store.session(writes=False) as session:
            return [_record(*row) for row in session.execute(select(*_COLUMNS))]

    def needed(self) -> frozenset[str]:
        """The objects, by their MD5, of the versions that haven't ended."""
        wanted = select(cast(HeldObjects.objects, Text)).where(HeldObjects.ended.is_(None))
        texts = self.store.all(wanted)
        return frozenset(md5 for text in texts for md5 in _DECODER.decode(text).values())

    def _set_ended(self, key: VersionKey, at: datetime | None) -> None:
        with self.store.session(writes=True) as session:
            if (row := session.get(HeldObjects, key)) is not None:
                row.ended = at


def _held_of(session: Session, keys: Collection[VersionKey]) -> Iterator[HeldVersion]:
    """What is known of these versions, and of others of their batches."""
    batches = defaultdict[str, set[str]](set)
    for dataset, batch, _ in keys:
        batches[dataset].add(batch)
    for dataset, wanted in batches.items():
        named = sorted(wanted)
        for start in range(0, len(named), _FEW):
            some = HeldObjects.batch.in_(named[start : start + _FEW])
            found = select(*_COLUMNS).where(HeldObjects.dataset == dataset, some)
            yield from (_record(*row) for row in session.execute(found))


def _record(
    dataset: str, batch: str, version: str, objects: str, ended: datetime | None
) -> HeldVersion:
    return HeldVersion(dataset, batch, version, _DECODER.decode(objects), ended)


def _is_news(found: Mapping[str, str], held: Mapping[str, str] | None) -> bool:
    """Whether a version's objects add to those that are known of it."""
    return held is None or (found != held and _merged(found, held) != held)


def _merged(found: Mapping[str, str], held: Mapping[str, str]) -> Mapping[str, str]:
    """The objects that are held from now on: those that were, and the newest verdicts."""
    if found == held:
        return held
    verdicts = {name: md5 for name, md5 in found.items() if name == VERDICTS}
    return {**found, **held, **verdicts}
