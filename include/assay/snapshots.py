"""Released rows in Python, for scripts, notebooks and tasks: ``assay.open``.

>>> import assay
>>> snap = assay.open("flights")  # doctest: +SKIP
>>> snap.to_pandas(columns=["carrier", "arr_delay"], batches="2013-02")  # doctest: +SKIP

This is the one door to released rows: a reader gets all partitions of one snapshot, whatever is
released meanwhile, and each file is compared with its hash before it is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay.errors import InputError
from assay.records.versions import BatchVersion, Snapshot, digest_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from assay.engine.relation import Relation
    from assay.stages.access import Door, Reader
    from assay.stages.own_training import OwnTraining
    from assay.stages.services import Services
    from assay.versioning import PartitionRows

Batches = str | Sequence[str] | None


def open(  # noqa: A001 - read as assay.open
    what: str,
    *,
    snapshot: int | None = None,
    as_of: datetime | str | None = None,
    role: str | None = None,
    purpose: str | None = None,
    project: Path | str | None = None,
) -> OpenSnapshot:
    """Open released rows, to read them.

    Of a data set with an access policy only the rows and columns are there that the role sees,
    masked as the policy says, and each read is on record.

    Parameters
    ----------
    what : str
        A data set, such as ``flights``: the snapshot that readers get now. ``flights@12`` is the
        snapshot of that number, ``flights@<version id>`` one version, ``flights@2013-02`` or
        ``flights@2013-02-01..2013-02-10`` the batches of that time.
    snapshot : int, optional
        The number of a snapshot, where ``@2013`` would be a year.
    as_of : datetime or str, optional
        The snapshot that readers got at that moment (ISO 8601; UTC where it names no zone).
    role, purpose : str, optional
        In which role the rows are read, and what for; by default what ``ASSAY_ROLE`` and
        ``ASSAY_PURPOSE`` say. A data set without an access policy asks for neither.
    project : Path or str, optional
        The checkout of the project; by default the one that ``ASSAY_PROJECT`` names, or the current
        folder's.

    Raises
    ------
    InputError
        If there is no such data set, snapshot, version or batch.
    AccessError
        If the data set has an access policy, and no line of it lets the role read.
    VersionExpired
        If a version of the snapshot was removed.

    Examples
    --------
    >>> rows = open("flights@2013-02-08").to_pandas()  # doctest: +SKIP
    """
    from assay.stages.access import person
    from assay.stages.services import open_services

    environ = os.environ | ({"ASSAY_PROJECT": str(project)} if project is not None else {})
    services = open_services(environ, clock=lambda: datetime.now(UTC), reading=True)
    reader = person(role, purpose)
    return open_snapshot(services, what, snapshot=snapshot, as_of=as_of, reader=reader)


@dataclass(frozen=True)
class OpenSnapshot:
    """The released rows of a data set, in one snapshot that doesn't change any more.

    Read ``number`` and ``batches`` for what it holds, ``digest`` to name the data in a record of a
    model. Nothing is read from a file before it is asked for.

    Parameters
    ----------
    number : int
        The number of the snapshot.
    versions : mapping of str to BatchVersion
        Partition key to its version, in the order of the keys.
    data : frozenset of str
        The columns of the contract: they are given whatever their names.
    """

    dataset: str
    number: int
    versions: Mapping[str, BatchVersion]
    services: Services = field(repr=False)
    door: Door = field(repr=False)
    data: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def batches(self) -> dict[str, str]:
        """Partition key to version id."""
        return {batch: version.version for batch, version in self.versions.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over each batch, its version and the hash of its bytes, in order.

        Two are equal exactly if the rows are the same bytes.
        """
        return digest_of(self.versions)

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns that :meth:`to_arrow` gives."""
        return self._rows.schema_of(self._rows.columns())

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """Partition key to the verdict of each gate, as JSON-safe data."""
        registry = self.services.registry
        return {batch: registry.verdicts_of(version) for batch, version in self.versions.items()}

    def paths(self, batches: Batches = None) -> dict[str, Path]:
        """Partition key to a Parquet file of this machine, compared with its hash; only to read.

        Of a role that doesn't see everything the files hold what it sees, and are there as long as
        the services of this snapshot.
        """
        return self.door.read(self._chosen(batches))

    def blocks(
        self, columns: Sequence[str] | None = None, batches: Batches = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows as a stream of Arrow record batches: any number of rows in little memory."""
        rows = self._of(self.paths(batches))
        return rows.blocks(rows.columns() if columns is None else columns)

    def to_arrow(self, columns: Sequence[str] | None = None, batches: Batches = None) -> pa.Table:
        """The rows as one Arrow table.

        Parameters
        ----------
        columns : sequence of str, optional
            All columns of the data by default: what Assay notes of a row (``__id``, ``__batch``,
            ``<column>__imputed``) only if it is named.
        batches : str or sequence of str, optional
            Keys, the beginning of keys (``2013-02``), or a range (``2013-02-01..2013-02-10``).
        """
        rows = self._of(self.paths(batches))
        return rows.table(rows.columns() if columns is None else columns)

    def to_pandas(
        self, columns: Sequence[str] | None = None, batches: Batches = None
    ) -> pd.DataFrame:
        """The rows as a pandas data frame; see :meth:`to_arrow`."""
        table = self.to_arrow(columns, batches)
        return cast("pd.DataFrame", table.to_pandas(self_destruct=True, split_blocks=True))

    def to_polars(
        self, columns: Sequence[str] | None = None, batches: Batches = None
    ) -> pl.DataFrame:
        """The rows as a Polars data frame; see :meth:`to_arrow`.

        Raises
        ------
        InputError
            If Polars isn't installed.
        """
        try:
            import polars as pl
        except ImportError:
            raise InputError("Polars isn't installed", do="pip install polars") from None
        return cast("pl.DataFrame", pl.from_arrow(self.to_arrow(columns, batches)))

    def to_duckdb(self, columns: Sequence[str] | None = None, batches: Batches = None) -> Relation:
        """The rows as a relation of DuckDB, on a connection of its own; see :meth:`to_arrow`."""
        from assay.engine.relation import relation_of

        return relation_of(self.to_arrow(columns, batches))

    @contextmanager
    def training(self, model: str) -> Iterator[OwnTraining]:
        """Put own training code on record: what it read, and what came of it.

        At the end the training is a use of this snapshot in the registry, and a run in MLflow with
        the data version. If the model has a file and the test rows are named, the file's gates
        judge it, and it becomes the champion or is held. An exception inside marks it failed, and
        goes on.

        Parameters
        ----------
        model : str
            The model's name: small letters, digits and ``_``.

        Examples
        --------
        >>> with open("flights").training(model="late") as run:  # doctest: +SKIP
        ...     run.log(params={"depth": 3}, model=fitted, test=(features, truth))
        """
        from assay.stages.own_training import data_used, own_training

        services = replace(self.services, reading=False)
        used = data_used(services, self.dataset, self.number, self.versions, self.digest)
        with own_training(services, model, used) as run:
            yield run

    def _chosen(self, batches: Batches) -> list[str]:
        if batches is None:
            return list(self.versions)
        asked = [batches] if isinstance(batches, str) else batches
        known = list(self.versions)
        chosen = {key for one in asked for key in matching_batches(known, one, self.dataset)}
        return [key for key in self.versions if key in chosen]

    @cached_property
    def _rows(self) -> PartitionRows:
        return self._of(self.door.shown())

    def _of(self, files: Mapping[str, Path]) -> PartitionRows:
        from assay.versioning import PartitionRows

        return PartitionRows(files, self.data)


def open_snapshot(
    services: Services,
    what: str,
    *,
    snapshot: int | None = None,
    as_of: datetime | str | None = None,
    reader: Reader | None = None,
) -> OpenSnapshot:
    """Open released rows with services that are there; see :func:`open`."""
    from assay.stages.access import open_door, person
    from assay.stages.services import check_dataset

    name, _, which = what.partition("@")
    check_dataset(services, name)
    if re.fullmatch("[0-9]{1,9}", which) and not _is_key(services, name, which):
        snapshot, which = int(which), ""
    if as_of is not None:
        snapshot = _number_as_of(services, name, _moment(as_of))
    if re.fullmatch("[0-9a-f]{32}", which):
        found, versions = _snapshot_with(services, name, which)
    else:
        found, versions = services.registry.partitions(name, snapshot)
        keys = matching_batches(list(versions), which, name) if which else sorted(versions)
        versions = {key: versions[key] for key in keys}
    door = open_door(services, name, versions, found.number, reader or person())
    return OpenSnapshot(name, found.number, versions, services, door, _columns(services, name))


def matching_batches(known: Sequence[str], wanted: str, dataset: str) -> list[str]:
    """The keys that a text names: a key, the beginning of keys, or a range with both ends.

    Raises
    ------
    InputError
        If it names none.

    Examples
    --------
    >>> days = ["2013-01-31", "2013-02-01", "2013-02-02"]
    >>> matching_batches(days, "2013-02", "flights")
    ['2013-02-01', '2013-02-02']
    >>> matching_batches(days, "2013-01..2013-02-01", "flights")
    ['2013-01-31', '2013-02-01']
    """
    first, dots, last = wanted.partition("..")
    if dots:
        found = [k for k in known if k >= first and (k <= last or _begins(k, last))]
    else:
        found = [k for k in known if k == wanted or _begins(k, wanted)]
    if not found:
        what = f"{known[0]} … {known[-1]}" if known else "none: nothing is released"
        raise InputError("no such batch in the snapshot", where=dataset, got=wanted, expected=what)
    return sorted(found)


def _begins(key: str, part: str) -> bool:
    return key.startswith(f"{part}-")


def _is_key(services: Services, name: str, text: str) -> bool:
    """Whether a number is the key of a batch: a year."""
    pointed = services.registry.pointer(name)
    return pointed is not None and text in services.registry.snapshot(name).batches


def _moment(text: datetime | str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        expected = "ISO 8601, such as 2013-02-08 or 2013-02-08T12:00+01:00"
        raise InputError("isn't a moment", got=text, expected=expected) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number_as_of(services: Services, name: str, moment: datetime) -> int:
    """The snapshot that readers got at a moment, rollbacks included."""
    from assay.stages.index import follow_to_read

    follow_to_read(services)
    pointer = services.registry.pointer(name)
    moves = [(s.at, s.number) for s in services.catalog.snapshots.listed(name)]
    moves += [(r.at, r.target) for r in (pointer.rollbacks if pointer else ())]
    before = [move for move in moves if move[0] <= moment]
    if not before:
        first = f"{min(moves)[0]:%Y-%m-%d %H:%M} UTC or later" if moves else "a released data set"
        raise InputError("nothing was released then", where=name, got=str(moment), expected=first)
    return max(before)[1]


def _snapshot_with(
    services: Services, name: str, version: str
) -> tuple[Snapshot, dict[str, BatchVersion]]:
    """The newest snapshot that holds a version, and that version alone."""
    from assay.stages.index import follow_to_read

    follow_to_read(services)
    for held in services.catalog.snapshots.released():
        if (held.dataset, held.version) == (name, version):
            found, versions = services.registry.partitions(name, held.spans[-1][0])
            return found, {held.batch: versions[held.batch]}
    raise InputError("no snapshot holds this version", where=name, got=version)


def _columns(services: Services, name: str) -> frozenset[str]:
    """The contract's columns; none where there is no contract any more."""
    if name not in services.project.datasets():
        return frozenset()
    return frozenset(services.project.contract(name).column_names)
