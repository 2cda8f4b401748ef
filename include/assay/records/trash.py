"""Objects of the registry's store that were set aside, and may still be brought back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from assay.records.versions import MD5, Batch, Dataset, ObjectName, VersionId, VersionKey
from assay.verdict import Frozen


class TrashedObject(Frozen):
    """An object that no version needs, with why, since when and until when it lies aside.

    Parameters
    ----------
    dataset, batch, version, object : str, optional
        What it was; None where no version of the registry ever named it.
    plan : str
        Hash of the sweep's plan that set it aside.
    until : datetime
        From then on the next sweep deletes it.
    """

    md5: Annotated[str, Field(pattern=MD5)]
    dataset: Dataset | None = None
    batch: Batch | None = None
    version: VersionId | None = None
    object: ObjectName | None = None
    why: str
    plan: str
    at: datetime
    until: datetime

    @property
    def key(self) -> VersionKey | None:
        """The version that it was of."""
        if self.dataset is None or self.batch is None or self.version is None:
            return None
        return self.dataset, self.batch, self.version

    @property
    def name(self) -> str:
        """How a list names it."""
        if self.key is None:
            return f"object {self.md5[:12]}"
        return f"{self.dataset} {self.batch} {self.key[2][:12]} {self.object}"
