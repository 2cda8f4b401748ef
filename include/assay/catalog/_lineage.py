"""The index asked for a whole level of a lineage at once, in a bounded number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import select, tuple_

from assay.catalog._memberships import held_at
from assay.catalog._registry_schema import Membership, Version
from assay.catalog._schema import Edge
from assay.catalog._store import Store, record_of
from assay.catalog._use_schema import OriginRow, ReadRow, UseRow
from assay.catalog._uses import Name, as_use, reads_held
from assay.records.lineage import LineageEdge
from assay.records.uses import Use
from assay.records.versions import VersionKey

T = TypeVar("T")
_NAMED: Final = 300
"""Names in one query."""
Number = tuple[str, int]
"""Data set and number of a snapshot."""
Span = tuple[int, int | None]
"""First and last number; None where it goes on."""


@dataclass(frozen=True)
class Lineage:
    """What versions and uses come from, and what comes from them."""

    store: Store

    def edges(self, keys: Collection[VersionKey]) -> list[tuple[VersionKey, LineageEdge]]:
        """What some versions were made from."""
        columns = tuple_(Edge.dataset, Edge.batch, Edge.version)
        found = []
        for some in _parts(sorted(keys)):
            rows = self.store.all(select(Edge).where(columns.in_(some)))
            found += [(_key(row), record_of(LineageEdge, row)) for row in rows]
        return found

    def made_from(self, names: Collection[tuple[str, str]]) -> list[tuple[VersionKey, LineageEdge]]:
        """The versions made from some things, each a data set's name and a hash or version id."""
        columns = tuple_(Edge.name, Edge.ref)
        found = []
        for some in _parts(sorted(names)):
            rows = self.store.all(select(Edge).where(columns.in_(some)))
            found += [(_key(row), record_of(LineageEdge, row)) for row in rows]
        return found

    def keys(self, ids: Collection[tuple[str, str]]) -> list[VersionKey]:
        """The versions of some ids, each with its data set; removed ones among them."""
        columns = tuple_(Version.dataset, Version.version)
        found: list[VersionKey] = []
        with self.store.session(writes=False) as session:
            for some in _parts(sorted(ids)):
                wanted = select(Version.dataset, Version.batch, Version.version)
                found += session.execute(wanted.where(columns.in_(some))).tuples()
        return found

    def held(self, dataset: str, number: int) -> dict[str, str]:
        """Batch → version of all that a snapshot holds."""
        with self.store.session(writes=False) as session:
            return {b: v for b, (v, _) in held_at(session, dataset, number).items()}

    def reads(self, keys: Collection[VersionKey]) -> list[tuple[VersionKey, int, Name]]:
        """The uses that read some versions, each with the number of the snapshot."""
        columns = tuple_(Membership.dataset, Membership.batch, Membership.version)
        read = (ReadRow.number, ReadRow.kind, ReadRow.id)
        found = list[tuple[VersionKey, int, Name]]()
        with self.store.session(writes=False) as session:
            for some in _parts(sorted(keys)):
                wanted = select(Membership.dataset, Membership.batch, Membership.version, *read)
                joined = wanted.join_from(ReadRow, Membership, reads_held())
                for d, b, v, number, kind, name in session.execute(
                    joined.where(columns.in_(some)).distinct()
                ).tuples():
                    found.append(((d, b, v), number, (kind, name)))
        return found

    def spans(self, keys: Collection[VersionKey]) -> dict[VersionKey, list[Span]]:
        """Version → first and last number of each run of snapshots that holds it."""
        columns = tuple_(Membership.dataset, Membership.batch, Membership.version)
        found = defaultdict[VersionKey, list[Span]](list)
        for some in _parts(sorted(keys)):
            wanted = select(Membership).where(columns.in_(some)).order_by(Membership.first)
            for row in self.store.all(wanted):
                found[row.dataset, row.batch, row.version].append((row.first, row.last))
        return found

    def removed(self, keys: Collection[VersionKey]) -> set[VersionKey]:
        """Those of some versions that were removed."""
        columns = tuple_(Version.dataset, Version.batch, Version.version)
        found = set[VersionKey]()
        for some in _parts(sorted(keys)):
            wanted = select(Version).where(columns.in_(some), Version.removed.is_(True))
            found |= {(row.dataset, row.batch, row.version) for row in self.store.all(wanted)}
        return found

    def readers(self, numbers: Collection[Number]) -> list[Use]:
        """The uses that read some snapshots."""
        columns = tuple_(ReadRow.dataset, ReadRow.number)
        found = dict[tuple[str, str], Use]()
        for some in _parts(sorted(numbers)):
            names = select(ReadRow.kind, ReadRow.id).where(columns.in_(some))
            rows = self.store.all(select(UseRow).where(tuple_(UseRow.kind, UseRow.id).in_(names)))
            found |= {(row.kind, row.id): as_use(row) for row in rows}
        return list(found.values())

    def uses(self, names: Collection[Name]) -> list[Use]:
        """Some uses, by kind and id."""
        columns = tuple_(UseRow.kind, UseRow.id)
        found = []
        for some in _parts(sorted(names)):
            rows = self.store.all(select(UseRow).where(columns.in_(some)))
            found += [as_use(row) for row in rows]
        return found

    def following(self, names: Collection[Name]) -> list[Use]:
        """The uses that come from some others, or from versions, each by its kind and id."""
        columns = tuple_(OriginRow.origin_kind, OriginRow.origin_id)
        found = dict[tuple[str, str], Use]()
        for some in _parts(sorted(names)):
            after = select(OriginRow.kind, OriginRow.id).where(columns.in_(some))
            rows = self.store.all(select(UseRow).where(tuple_(UseRow.kind, UseRow.id).in_(after)))
            found |= {(row.kind, row.id): as_use(row) for row in rows}
        return list(found.values())

    def delivering(self, batches: Collection[tuple[str, str]]) -> list[Use]:
        """The uses that delivered some batches, each with its data set."""
        columns = tuple_(UseRow.output_dataset, UseRow.output_batch)
        found = []
        for some in _parts(sorted(batches)):
            rows = self.store.all(select(UseRow).where(columns.in_(some)))
            found += [as_use(row) for row in rows]
        return found

    def of_batches(self, batches: Collection[tuple[str, str]]) -> list[VersionKey]:
        """All versions of some batches, each with its data set."""
        columns = tuple_(Version.dataset, Version.batch)
        found: list[VersionKey] = []
        with self.store.session(writes=False) as session:
            for some in _parts(sorted(batches)):
                wanted = select(Version.dataset, Version.batch, Version.version)
                found += session.execute(wanted.where(columns.in_(some))).tuples()
        return found


def _key(row: Edge) -> VersionKey:
    return row.dataset, row.batch, row.version


def _parts(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """Names in parts that one query can take."""
    yield from (names[i : i + _NAMED] for i in range(0, len(names), _NAMED))
