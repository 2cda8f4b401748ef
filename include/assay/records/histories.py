"""What is known of the registry's history: the last head seen, and how much it held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from assay.errors import RegistryError
from assay.records.versions import Acceptance, VersionKey


@dataclass(frozen=True)
class Holdings:
    """How much a data set has in the registry.

    Parameters
    ----------
    versions : int
        Versions that were committed, removed ones among them: their records stay.
    highest : int
        The highest snapshot number that was ever given; 0 before the first release.
    """

    versions: int = 0
    highest: int = 0


@dataclass(frozen=True)
class SeenHistory:
    """The registry as it was seen last.

    Parameters
    ----------
    head : str or None
        The newest commit; None if none was ever seen.
    holdings : mapping
        Data set to what it held then.
    """

    head: str | None = None
    holdings: Mapping[str, Holdings] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing is known that a registry could have lost."""
        return self.head is None and not any(
            h.versions or h.highest for h in self.holdings.values()
        )


@dataclass(frozen=True)
class HeldVersion:
    """What the catalog knows of a version's objects, whatever the registry says of it later.

    Parameters
    ----------
    objects : mapping
        Object name → MD5.
    ended : datetime or None
        When a sweep of this catalog decided that the version goes.
    """

    dataset: str
    batch: str
    version: str
    objects: Mapping[str, str]
    ended: datetime | None

    @property
    def key(self) -> VersionKey:
        """The version."""
        return self.dataset, self.batch, self.version


class Witness(Protocol):
    """Who remembers the registry's history outside of it, so that it can't be rewound unseen."""

    def identity(self) -> str:
        """Who it is: the hosts of one registry share one witness."""
        ...

    def last(self) -> SeenHistory:
        """The registry as it was seen last."""
        ...

    def saw(self, before: str | None, now: SeenHistory) -> None:
        """Remember a newer state; it changes nothing if ``before`` isn't the last head any more."""
        ...

    def accepted(self, acceptance: Acceptance, now: SeenHistory) -> None:
        """Remember a state that doesn't follow from the last one, and who accepted it."""
        ...


Alarm = Callable[[RegistryError], object]
"""Reports that the registry's history was rewound, before the error is raised."""
