"""Plan and apply what of a data set's releases is published in its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import InputError, RegistryError
from assay.policy.publishing import PublishingPolicy
from assay.publishing import (
    Column,
    Found,
    PublishedVersion,
    PublishingPlan,
    Wanted,
    apply_publishing,
    columns_of,
    open_database,
    plan_publishing,
    read_published,
)
from assay.records.versions import BatchVersion
from assay.stages.publishing._readers import readers_of
from assay.stages.services import Services
from assay.versioning._rows import is_bookkeeping

if TYPE_CHECKING:
    from psycopg import Connection


def plan_publish(services: Services, dataset: str) -> PublishingPlan:
    """Compare what a database holds with what should be published; nothing is changed.

    Raises
    ------
    PolicyError
        If the data set has no publishing policy, or it doesn't load.
    InputError
        If nothing is released, or the rows can't be published.
    ConnectionError
        If the database doesn't answer.
    """
    with _opened(services, dataset) as (connection, policy):
        found = read_published(connection, dataset)
        return plan_publishing(_wanted(services, dataset, policy, found), found)


def apply_publish(
    services: Services, dataset: str, plan_hash: str | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> PublishingPlan:  # fmt: skip
    """Publish the snapshot that readers get, and repair what differs; give what was done.

    Parameters
    ----------
    plan_hash : str, optional
        The plan that somebody has read; another one is refused. Without it, what there is to do
        now is done.
    step : callable
        Called with what is done next.

    Raises
    ------
    InputError
        If there is something else to do than the plan says; see also :func:`plan_publish`.
    """
    with _opened(services, dataset) as (connection, policy):
        found = read_published(connection, dataset)
        wanted = _wanted(services, dataset, policy, found)
        plan = plan_publishing(wanted, found)
        if plan_hash is not None and not plan.hash.startswith(plan_hash):
            raise InputError(
                "what there is to do has changed since the plan was made", where=dataset,
                got=plan_hash[:12], expected=plan.hash[:12], do="Plan again, and apply that.",
            )  # fmt: skip
        if plan.steps:
            apply_publishing(connection, wanted, plan, step)
        return plan


def published_datasets(services: Services) -> list[str]:
    """Names of the data sets that have a publishing policy."""
    project = services.project
    names = project.datasets()
    return [name for name in names if project.policy(name, PublishingPolicy.noun).is_file()]


@contextmanager
def _opened(services: Services, dataset: str) -> Iterator[tuple[Connection, PublishingPolicy]]:
    """The database of a data set, and the policy that names it."""
    policy = services.policy(services.project.contract(dataset), PublishingPolicy)
    url = services.credentials(policy.connection).get("url")
    if url is None:
        raise InputError("the connection has no address", where=f"connection {policy.connection!r}",
                         do="Give it host, port and schema of a PostgreSQL server.")  # fmt: skip
    with open_database(url) as connection:
        yield connection, policy


def _wanted(services: Services, dataset: str, policy: PublishingPolicy, found: Found) -> Wanted:
    snapshots = dict(_readable(services, dataset, policy.keep_snapshots))
    pointer = next(iter(snapshots), None)
    if pointer is None:
        raise InputError("nothing is released, so nothing can be published", where=dataset,
                         do="Release a batch first: assay status says what holds.")  # fmt: skip
    names = services.project.contract(dataset).column_names
    versions = {v.version: (b, v) for listed in snapshots.values() for b, v in listed.items()}
    published = {
        name: _published(services, batch, version, found, names)
        for name, (batch, version) in versions.items()
    }
    wanted = Wanted(
        dataset, pointer,
        {n: tuple(v.version for v in listed.values()) for n, listed in snapshots.items()},
        published,
    )  # fmt: skip
    return wanted.read_by(readers_of(services, dataset, policy, wanted))


def _readable(
    services: Services, dataset: str, earlier: int
) -> Iterator[tuple[int, dict[str, BatchVersion]]]:
    """The snapshot of the pointer, then those before it that are whole: batch → version."""
    if services.registry.pointer(dataset) is None:
        return
    snapshot, versions = services.registry.partitions(dataset, None)
    yield snapshot.number, versions
    for number in range(snapshot.number - 1, max(snapshot.number - 1 - earlier, 0), -1):
        try:
            yield number, services.registry.partitions(dataset, number)[1]
        except RegistryError:
            continue  # a batch of it was removed: nobody can read it as it was


def _published(
    services: Services, batch: str, version: BatchVersion, found: Found, data_names: Sequence[str]
) -> PublishedVersion:
    """A version with its columns: those of its file, or of the table that it was loaded into."""
    data = version.objects["data"]

    def file() -> Path:
        return services.registry.open(data)

    loaded = found.loaded.get(version.version)
    same = loaded is not None and loaded.digest == data.md5
    columns = loaded.columns if loaded and same else _columns(file(), data_names)
    return PublishedVersion(version.version, batch, data.md5, columns, file)


def _columns(path: Path, data_names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a version's rows that are of the data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pq.read_schema(path).remove_metadata()
    of_data = (c for c in whole if c.name in data_names or not is_bookkeeping(c.name))
    return columns_of(pa.schema(of_data))
