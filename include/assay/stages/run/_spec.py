"""What identifies a run: who asked for what, when, and what was pinned at its start."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from assay.records.versions import VersionKey
from assay.verdict import Frozen

RunType = Literal["scheduled", "manual", "backfill", "asset"]


class Asked(Frozen):
    """What a person asked for in the trigger form; nothing in a scheduled run."""

    by: str | None = None
    stop_before_release: bool = False
    reference: str | None = None
    force: bool = False
    reason: str | None = None


class Pinned(Frozen):
    """What a run compares with and joins against, fixed at its start.

    Parameters
    ----------
    references : dict
        Name of a drift reference → batch → version id.
    unavailable : dict
        Name of a drift reference → why it has no batch.
    tables : dict
        Reference data set → batch → version id, the partitions of one snapshot.
    snapshots : dict
        Reference data set → number of that snapshot.
    bootstrap : bool
        Whether the policy releases this batch without a reference.
    hashes : dict
        What the run is judged by (``contract``, ``suite raw``, ``policy drift`` …) → the hash of
        its content. What couldn't be loaded at the start isn't there.
    idle : dict
        Stage that doesn't apply to the data set → why not.
    """

    references: dict[str, dict[str, str]] = Field(default_factory=dict)
    unavailable: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, dict[str, str]] = Field(default_factory=dict)
    snapshots: dict[str, int] = Field(default_factory=dict)
    bootstrap: bool = False
    hashes: dict[str, str] = Field(default_factory=dict)
    idle: dict[str, str] = Field(default_factory=dict)

    def versions(self, dataset: str) -> frozenset[VersionKey]:
        """All that a run of this data set reads of the registry."""
        own = {(dataset, *pair) for pinned in self.references.values() for pair in pinned.items()}
        return frozenset(own | {(d, *pair) for d, p in self.tables.items() for pair in p.items()})


class RunSpec(Frozen):
    """One run of one batch: who, what, when, and what was pinned.

    ``input_sha`` and ``version`` are unknown until the input has landed. From then on the version
    id, which derives from everything that the run depends on, names the run's folders too.
    """

    dataset: str
    batch: str
    run_id: str
    run_type: RunType
    run_url: str | None = None
    started: datetime
    token: int
    asked: Asked = Asked()
    pinned: Pinned = Pinned()
    input_sha: str | None = None
    version: str | None = None
