"""The one door to released rows: files that hold what a reader may see, and nothing else.

A reader gets paths of Parquet files. Of a data set without an access policy, and of a role that
sees everything, they are the registry's own. For any other role the rows and columns that it sees,
masked as its policy says, are written to a private folder first; whatever reads the file afterwards
can't show more than is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assay.access import View, check_allowed, has_role, view_of
from assay.errors import AccessError
from assay.policy.access import AccessPolicy, Right
from assay.records.versions import BatchVersion, StoredObject, digest_of
from assay.stages.access._extract import Extract, write_extracts
from assay.stages.access._policies import access_policy, classified_columns
from assay.stages.access._reader import Reader, task
from assay.stages.access.log import Shown, record_access

if TYPE_CHECKING:
    from assay.stages.services import Services

_LISTED: Final = 31
"""Versions that a line of the log lists; of more it has the snapshot and a hash of all."""


@dataclass(frozen=True)
class Door:
    """Versions of a data set, for one reader.

    Parameters
    ----------
    versions : mapping of str to BatchVersion
        Partition key to version.
    number : int or None
        The snapshot that they are of.
    policy : AccessPolicy or None
        None for a data set without one.
    """

    services: Services
    dataset: str
    versions: Mapping[str, BatchVersion]
    number: int | None
    reader: Reader
    policy: AccessPolicy | None

    def read(self, batches: Iterable[str] | None = None) -> dict[str, Path]:
        """The files of some batches, once it is on record that they are read."""
        files = self.shown(batches)
        if self.policy is not None:
            record_access(self.services, self.policy, self.reader, self._said(files))
        return files

    def shown(self, batches: Iterable[str] | None = None) -> dict[str, Path]:
        """The files of some batches, to look at their columns; no row may be read from them."""
        wanted = list(self.versions if batches is None else batches)
        stored = {batch: self.versions[batch].objects["data"] for batch in wanted}
        if self.policy is None:
            return {batch: self.services.registry.open(one) for batch, one in stored.items()}
        extracts = {batch: self._extract(one) for batch, one in stored.items()}
        write_extracts(self.services, [x for x in extracts.values() if not x.path.exists()])
        return {batch: extract.path for batch, extract in extracts.items()}

    def whole(self) -> bool:
        """Whether the reader sees all rows and columns as they are stored."""
        if self.policy is None:
            return True
        opened = (self.services.registry.open(v.objects["data"]) for v in self.versions.values())
        return all(self._view(path).whole for path in opened)

    def _extract(self, stored: StoredObject) -> Extract:
        source = self.services.registry.open(stored)
        view = self._view(source)
        name = f"{self.dataset}-{stored.md5}-{view.hash[:32]}.parquet"
        return Extract(source, view, source if view.whole else self.services.aside / name)

    def _view(self, path: Path) -> View:
        import pyarrow.parquet as pq

        role, policy = self.reader.role, self.policy
        if role is None or policy is None:
            raise AccessError("nobody said in which role", where=self.dataset)
        return view_of(
            policy, role, pq.read_schema(path).names, self._classified,
            day=self.services.clock().date(), dataset=self.dataset, purpose=self.reader.purpose,
        )  # fmt: skip

    @cached_property
    def _classified(self) -> dict[str, bool]:
        return classified_columns(self.services.project, self.dataset)

    def _said(self, files: Mapping[str, Path]) -> Shown:
        import pyarrow.parquet as pq

        versions = {batch: self.versions[batch] for batch in files}
        about: dict[str, Any] = {
            "snapshot": self.number, "batches": len(files), "digest": digest_of(versions),
            "first": min(files, default=None), "last": max(files, default=None),
        }  # fmt: skip
        if len(files) <= _LISTED:
            about["versions"] = {batch: v.version for batch, v in versions.items()}
        rows = sum(pq.read_metadata(path).num_rows for path in files.values())
        return Shown(self.dataset, "read_released", rows, about)


def open_door(
    services: Services,
    dataset: str,
    versions: Mapping[str, BatchVersion],
    number: int | None,
    reader: Reader,
) -> Door:
    """Open the door to versions of a data set for a reader.

    Raises
    ------
    AccessError
        If the data set has an access policy, and no line of it lets the reader read.
    """
    policy = access_policy(services.project, dataset)
    if policy is not None:
        _check(services, policy, dataset, "read_released", reader)
    return Door(services, dataset, versions, number, reader, policy)


def read_as_task(
    services: Services,
    dataset: str,
    versions: Mapping[str, BatchVersion],
    purpose: str,
    number: int | None = None,
) -> dict[str, Path]:
    """The files of versions as tasks may see them: as ``pipeline``, for a purpose."""
    return open_door(services, dataset, versions, number, task(purpose)).read()


def check_right(services: Services, dataset: str, right: Right, reader: Reader) -> None:
    """Refuse somebody who hasn't a right on a data set, and put on record who uses one.

    A data set without an access policy refuses nobody.

    Raises
    ------
    AccessError
        If no line of the policy gives the right.
    """
    policy = access_policy(services.project, dataset)
    if policy is not None:
        _check(services, policy, dataset, right, reader)
        record_access(services, policy, reader, Shown(dataset, right, None, {}))


def may(services: Services, dataset: str, right: Right, reader: Reader) -> bool:
    """Whether a reader has a right on a data set; everybody has where there is no policy."""
    policy = access_policy(services.project, dataset)
    if policy is None:
        return True
    try:
        _check(services, policy, dataset, right, reader)
    except AccessError:
        return False
    return True


def _check(
    services: Services, policy: AccessPolicy, dataset: str, right: Right, reader: Reader
) -> None:
    day = services.clock().date()
    if reader.role is None:
        raise AccessError(
            "the data set has an access policy, and nobody said in which role it is read",
            where=dataset, expected="one of: " + ", ".join(policy.roles),
            do="Name it: --as ROLE --purpose P, assay.open(…, role=…, purpose=…), or set "
            "ASSAY_ROLE and ASSAY_PURPOSE.",
        )  # fmt: skip
    check_allowed(policy, reader.role, right, day=day, dataset=dataset, purpose=reader.purpose)
    member = has_role(policy, reader.role, reader.user, reader.groups, task=reader.is_task)
    if not member.allowed:
        raise AccessError(
            member.why, where=f"{dataset} access members.{reader.role}", got=reader.user,
            expected="a user or a group that the policy names",
        )  # fmt: skip
