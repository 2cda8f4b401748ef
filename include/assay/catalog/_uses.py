"""The index of uses: what released data was used for, and which models learned from a recalled one.

The registry's Git remote is the truth for these; ``rebuild`` restores them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from assay.catalog._registry_schema import Membership
from assay.catalog._store import Store, upsert_all
from assay.catalog._use_schema import OriginRow, ReadRow, UseRow
from assay.records.uses import Origin, Use, UseKind
from assay.records.versions import VersionKey

T = TypeVar("T")
_MOST: Final = 1000
_NAMED: Final = 500
"""Names in one query."""
_LEARNING: Final = ("training_run", "model_version", "label_round", "synthetic_set")
"""What carries data on into a model."""
Name = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True)
class Uses:
    """Uses of released data; every list has at most so many, the newest first."""

    store: Store

    def get(self, kind: UseKind, name: str) -> Use | None:
        """One use, None where none is indexed."""
        with self.store.session(writes=False) as session:
            row = session.get(UseRow, (kind, name))
            return as_use(row) if row else None

    def find(
        self, kind: UseKind | None = None, subject: str | None = None, *, most: int = _MOST
    ) -> list[Use]:
        """Uses of a kind, of a subject, or all."""
        conditions = [UseRow.kind == kind] if kind else []
        conditions += [UseRow.subject == subject] if subject else []
        return self._listed(select(UseRow).where(*conditions), most)

    def of_subject(
        self, subject: str, kind: UseKind | None = None, *, most: int = _MOST
    ) -> list[Use]:
        """What is on record about a model, a label project or another subject."""
        return self.find(kind, subject, most=most)

    def of_snapshot(self, dataset: str, number: int, *, most: int = _MOST) -> list[Use]:
        """The uses that read a snapshot, or a part of it."""
        reads = select(ReadRow.kind, ReadRow.id).where(
            ReadRow.dataset == dataset, ReadRow.number == number
        )
        return self._listed(_named_by(reads), most)

    def of_version(self, dataset: str, batch: str, version: str, *, most: int = _MOST) -> list[Use]:
        """The uses that read a version by way of any snapshot, or come from it."""
        origin = _name(Origin.of_version(dataset, batch, version))
        read = _readers([(dataset, batch, version)])
        return self._listed(select(UseRow).where(or_(_in(read), _in(_followers([origin])))), most)

    def following(self, origin: Origin, *, most: int = _MOST) -> list[Use]:
        """The uses that come from another one, or from a version, by name."""
        return self._listed(_named_by(_followers([_name(origin)])), most)

    def delivered_to(self, dataset: str, batch: str, *, most: int = _MOST) -> list[Use]:
        """The uses that delivered a batch of a data set."""
        wanted = select(UseRow).where(
            UseRow.output_dataset == dataset, UseRow.output_batch == batch
        )
        return self._listed(wanted, most)

    def counted(self) -> dict[str, int]:
        """Kind → how many uses are indexed."""
        wanted = select(UseRow.kind, func.count()).group_by(UseRow.kind)
        with self.store.session(writes=False) as session:
            return dict(session.execute(wanted).tuples().all())

    def recalls(self) -> list[Use]:
        """The recalls that are in force."""
        lifted = select(OriginRow.origin_id).where(
            OriginRow.kind == "recall_lifted", OriginRow.origin_kind == "recall"
        )
        wanted = select(UseRow).where(UseRow.kind == "recall", UseRow.id.not_in(lifted))
        return [as_use(row) for row in self.store.all(wanted.order_by(UseRow.at, UseRow.id))]

    def recalled(self, model: str | None = None) -> dict[str, tuple[Use, ...]]:
        """The model versions that learned from recalled data, each with the recalls.

        A version on this list must not be promoted. It is derived from the recalls in force, so a
        model that is registered after the recall is on it, too.

        Parameters
        ----------
        model : str, optional
            Versions of this model only.
        """
        found = defaultdict[str, list[Use]](list)
        for recall in self.recalls():
            with self.store.session(writes=False) as session:
                for name in _learned(session, recall.of, model):
                    found[name].append(recall)
        return {name: tuple(recalls) for name, recalls in sorted(found.items())}

    def _listed(self, wanted: Select[UseRow], most: int) -> list[Use]:
        order = (UseRow.at.desc(), UseRow.kind, UseRow.id)
        rows = self.store.all(wanted.order_by(*order).limit(most))
        return [as_use(row) for row in rows]


def add_uses(session: Session, uses: Sequence[Use]) -> None:
    """Index uses; one that is there stays."""
    upsert_all(session, UseRow, [_row(use) for use in uses], update=())
    upsert_all(session, ReadRow, [row for use in uses for row in _read_rows(use)], update=())
    upsert_all(session, OriginRow, [row for use in uses for row in _origin_rows(use)], update=())


def _row(use: Use) -> dict[str, Any]:
    output = use.delivers
    return {
        **_names(use), "subject": use.subject, "author": use.author, "at": use.at,
        "output_dataset": output.dataset if output else None,
        "output_batch": output.batch if output else None, "body": use.model_dump(mode="json"),
    }  # fmt: skip


def _read_rows(use: Use) -> Iterable[dict[str, Any]]:
    for part in use.reads:
        about = {**_names(use), "dataset": part.dataset, "number": part.number}
        yield from ({**about, "batch": batch} for batch in part.batches or ("",))


def _origin_rows(use: Use) -> Iterable[dict[str, Any]]:
    for origin in use.of:
        yield {**_names(use), "origin_kind": origin.kind, "origin_id": origin.id}


def _names(use: Use) -> Mapping[str, str]:
    return {"kind": use.kind, "id": use.id}


def _name(origin: Origin) -> Name:
    return origin.kind, origin.id


def as_use(row: UseRow) -> Use:
    """A row as the record."""
    return Use.model_validate_json(json.dumps(row.body))


def _named_by(names: Select[str, str]) -> Select[UseRow]:
    return select(UseRow).where(_in(names))


def _in(names: Select[str, str]) -> ColumnElement[bool]:
    return tuple_(UseRow.kind, UseRow.id).in_(names)


def _readers(versions: Collection[VersionKey]) -> Select[str, str]:
    """The uses that read one of some versions by way of a snapshot."""
    columns = tuple_(Membership.dataset, Membership.batch, Membership.version)
    read = select(ReadRow.kind, ReadRow.id).join(Membership, reads_held())
    return read.where(columns.in_(versions))


def reads_held() -> ColumnElement[bool]:
    """The condition that a use read what a span of snapshots holds."""
    return and_(
        Membership.dataset == ReadRow.dataset,
        Membership.first <= ReadRow.number,
        or_(Membership.last.is_(None), Membership.last >= ReadRow.number),
        or_(ReadRow.batch == "", ReadRow.batch == Membership.batch),
    )


def _followers(origins: Collection[Name]) -> Select[str, str]:
    """The uses that come from one of some origins."""
    columns = tuple_(OriginRow.origin_kind, OriginRow.origin_id)
    return select(OriginRow.kind, OriginRow.id).where(columns.in_(origins))


def _learned(session: Session, origins: Sequence[Origin], model: str | None) -> list[str]:
    """The model versions that come from some origins by way of what carries data into a model."""
    versions = [o.version for o in origins if o.kind == "version"]
    known = {_name(o) for o in origins if o.kind in _LEARNING}
    for some in _parts(versions):
        known |= _carrying(session, _readers(some))
    fresh = known | {_name(o) for o in origins}
    while fresh:
        names = [n for some in _parts(sorted(fresh)) for n in _carrying(session, _followers(some))]
        fresh = {*names} - known
        known |= fresh
    return _versions_of(session, model, [n for kind, n in sorted(known) if kind == "model_version"])


def _carrying(session: Session, names: Select[str, str]) -> set[Name]:
    """Those of some uses that carry data on into a model."""
    found = session.execute(names).tuples()
    return {(kind, name) for kind, name in found if kind in _LEARNING}


def _versions_of(session: Session, model: str | None, names: Sequence[str]) -> list[str]:
    """Those of some model versions that are of a model."""
    if model is None:
        return list(names)
    wanted = select(UseRow.id).where(UseRow.subject == model, UseRow.kind == "model_version")
    return [
        name
        for some in _parts(names)
        for name in session.scalars(wanted.where(UseRow.id.in_(some)).order_by(UseRow.id))
    ]


def _parts(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """Names in parts that one query can take."""
    yield from (names[i : i + _NAMED] for i in range(0, len(names), _NAMED))
