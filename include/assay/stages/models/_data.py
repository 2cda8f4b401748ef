"""Released data as a training run uses them: which versions of a snapshot, and their rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assay.errors import InputError, VersionExpired
from assay.policy.model import ModelFile
from assay.policy.model._data import BatchesBetween, LastBatches
from assay.records.models import DataUsed
from assay.records.versions import BatchVersion, digest_of
from assay.stages.access import read_as_task
from assay.stages.services import Services
from assay.synthetic import SYNTHETIC

if TYPE_CHECKING:
    import pyarrow as pa

ID = "__id"


def choose_data(services: Services, file: ModelFile, snapshot: int | None) -> tuple[DataUsed, ...]:
    """The data that a model learns from, then what is joined to them, each in one snapshot.

    Parameters
    ----------
    snapshot : int, optional
        Of the data set; the pointer's by default. Of what is joined it is always the pointer's.

    Raises
    ------
    InputError
        If the rows are synthetic, nothing is released, or the model file names a batch that the
        snapshot doesn't hold.
    VersionExpired
        If a version of the snapshot was removed.
    """
    names = [file.data.dataset, *file.data.joins]
    _refuse_synthetic(services, names[0])
    for name in names:
        if services.registry.pointer(name) is None:
            raise InputError(
                "the data set has no release yet", got=name, do=f"Run release__{name} first."
            )
    own = _used(services, names[0], snapshot, file)
    return own, *(_used(services, name, None) for name in names[1:])


def _refuse_synthetic(services: Services, dataset: str) -> None:
    """A model is never tested on rows that were made."""
    known = dataset in services.project.datasets()
    if known and SYNTHETIC in services.project.contract(dataset).column_names:
        raise InputError(
            "the rows are synthetic, so the test rows would be", got=dataset,
            expected="a data set of real rows", do=f"Read them by assay.open({dataset!r}).",
        )  # fmt: skip


def _used(
    services: Services, dataset: str, number: int | None, file: ModelFile | None = None
) -> DataUsed:
    found, versions = services.registry.partitions(dataset, number)
    keys = sorted(versions) if file is None else chosen_batches(file, sorted(versions))
    chosen = {key: versions[key] for key in keys}
    return DataUsed(
        dataset=dataset,
        number=found.number,
        digest=digest_of(chosen),
        versions={key: version.version for key, version in chosen.items()},
        whole=len(chosen) == len(versions),
    )


def chosen_batches(file: ModelFile, keys: Sequence[str]) -> list[str]:
    """The batches that a model learns from, of those that a snapshot holds, in their order.

    Raises
    ------
    InputError
        If one that it names isn't there, or none is left.
    """
    wanted = file.data.batches
    if wanted == "all":
        chosen = list(keys)
    elif isinstance(wanted, LastBatches):
        chosen = list(keys[-wanted.last :])
    elif isinstance(wanted, BatchesBetween):
        chosen = [key for key in keys if wanted.first <= key <= wanted.last]
    else:
        if missing := [key for key in wanted if key not in keys]:
            raise InputError(
                "the snapshot doesn't hold a batch that the model file names",
                where=file.data.dataset, got=missing[0], do="Release it, or change data.batches.",
            )  # fmt: skip
        chosen = [key for key in keys if key in set(wanted)]
    if not chosen:
        raise InputError(
            "the snapshot holds no batch that the model learns from", where=file.data.dataset,
            expected="a batch of data.batches", do="Release one, or change data.batches.",
        )  # fmt: skip
    return chosen


def read_versions(services: Services, used: DataUsed) -> dict[str, BatchVersion]:
    """The versions that were pinned, by batch, whatever the pointer names now.

    Raises
    ------
    VersionExpired
        If one was removed.
    InputError
        If the registry has other bytes for them than those that were pinned.
    """
    found = dict[str, BatchVersion]()
    for batch, version in used.versions.items():
        known = services.registry.find(used.dataset, batch, version)
        if known is None:
            raise InputError(
                "the registry lacks a version that was trained on",
                where=f"{used.dataset} {batch}", got=version,
            )  # fmt: skip
        found[batch] = known
    if digest_of(found) != used.digest:
        raise InputError(
            "the bytes of the data aren't those that were pinned", where=used.name,
            got=digest_of(found)[:12], expected=used.digest[:12],
            do=f"assay versions verify {used.dataset} says what is damaged.",
        )  # fmt: skip
    return found


def missing_versions(services: Services, used: DataUsed) -> Iterator[str]:
    """The versions of some data that are gone, each with why."""
    for batch, version in used.versions.items():
        try:
            if services.registry.find(used.dataset, batch, version) is None:
                yield f"{used.dataset} {batch} {version[:12]}: the registry lacks it"
        except VersionExpired as error:
            yield f"{used.dataset} {batch} {version[:12]}: {error}"


def read_blocks(
    services: Services, used: DataUsed, columns: Collection[str], purpose: str = "training"
) -> dict[str, pa.Table]:
    """Batch → its rows, with their numbers and those of some columns that the batch has.

    Parameters
    ----------
    purpose : str
        What the task reads them for; where the data set has an access policy, its role ``pipeline``
        has that purpose.
    """
    import pyarrow.parquet as pq

    blocks, versions = {}, read_versions(services, used)
    files = read_as_task(services, used.dataset, versions, purpose, used.number)
    for batch, path in files.items():
        there = set(pq.read_schema(path).names)
        wanted = [name for name in (ID, *columns) if name in there]
        blocks[batch] = pq.read_table(path, columns=list(dict.fromkeys(wanted)))
    return blocks


def read_whole(
    services: Services, used: DataUsed, columns: Mapping[str, None] | Collection[str]
) -> pa.Table:
    """All rows of what is joined, as one table."""
    import pyarrow as pa

    blocks = read_blocks(services, used, list(columns))
    return pa.concat_tables(blocks.values(), promote_options="permissive")
