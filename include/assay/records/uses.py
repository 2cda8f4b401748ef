"""Uses of released data: what was trained, predicted, reported or made from it, and recalls.

A use is as durable as a version: a small record in the registry's Git, from which the catalog's
index of uses is made again. It names data by snapshot and batch, and holds no value of a row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

from assay.errors import InputError
from assay.records.versions import (
    Batch,
    Dataset,
    ObjectName,
    StoredObject,
    VersionId,
    VersionKey,
)
from assay.verdict import Frozen

UseKind = Literal[
    "training_run",
    "model_version",
    "promotion",
    "prediction_batch",
    "feedback",
    "label_round",
    "synthetic_set",
    "report",
    "extract",
    "recall",
    "recall_lifted",
    "hold_placed",
    "hold_lifted",
]
USE_KINDS: Final[tuple[UseKind, ...]] = get_args(UseKind)

USE_ID: Final = r"^[0-9A-Za-z][0-9A-Za-z_.@-]{0,199}$"
SUBJECT: Final = r"^[a-z][a-z0-9_.-]{0,99}$"
_DETAIL: Final = r"^[a-z][a-z0-9_.]{0,63}$"
_LONGEST_DETAIL: Final = 500
_MOST_DETAILS: Final = 100

UseId = Annotated[str, Field(pattern=USE_ID)]
Subject = Annotated[str, Field(pattern=SUBJECT)]
Detail = Annotated[str, StringConstraints(max_length=_LONGEST_DETAIL)]


class Origin(Frozen):
    """One thing that a use comes from: another use, or a version of a batch.

    Parameters
    ----------
    kind : str
        A kind of use, or ``version``.
    id : str
        The id of the use; of a version, ``data set/batch/version``.

    Examples
    --------
    >>> Origin.of_version("flights", "2013-02-08", "0" * 32).version
    ('flights', '2013-02-08', '00000000000000000000000000000000')
    """

    kind: UseKind | Literal["version"]
    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.@/-]{0,299}$")]

    @classmethod
    def of_version(cls, dataset: str, batch: str, version: str) -> Origin:
        """A version of a batch as an origin."""
        return cls(kind="version", id=f"{dataset}/{batch}/{version}")

    @property
    def version(self) -> VersionKey:
        """Data set, batch and version id, where it is a version."""
        parts = self.id.split("/")
        if self.kind != "version" or len(parts) != len(("dataset", "batch", "version")):
            raise InputError(
                "an origin isn't a version", got=f"{self.kind} {self.id}",
                expected="version <data set>/<batch>/<32 hex digits>",
            )  # fmt: skip
        return parts[0], parts[1], parts[2]


class SnapshotPart(Frozen):
    """A snapshot of a data set as a use read it, whole or some batches of it.

    Parameters
    ----------
    digest : str
        The digest over the snapshot's batches, versions and objects; as hex.
    batches : tuple of str
        The batches that were read, where they were not all.
    """

    dataset: Dataset
    number: int = Field(ge=1)
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{32,64}$")]
    batches: tuple[Batch, ...] = ()


class Output(Frozen):
    """A batch of another data set that a use delivered, to be judged and released like any other.

    Parameters
    ----------
    mark : str, optional
        The keyed hash of the delivered file, by ``registry.mark``: it says which of the batch's
        versions was made from it, and confirms no guess of the file's content.
    """

    dataset: Dataset
    batch: Batch
    mark: VersionId | None = None


class Use(Frozen):
    """One use of released data; ``registry.record_use`` keeps it.

    Parameters
    ----------
    kind : str
        What kind of use; see ``USE_KINDS``.
    id : str
        Names it among the uses of its kind, for ever: the id of a training run,
        ``late_arrival@3`` for a model version.
    subject : str
        What it is about: the model's name; the data set of a recall or a legal hold.
    reads : tuple of SnapshotPart
        The data that it read itself, the main data set first, tables joined to it after. A model
        version reads what its training run read, and names that run in ``of`` instead.
    of : tuple of Origin
        The uses and versions that it comes from: a model version comes from a training run, a
        prediction batch from a model version, feedback from a prediction batch and from the
        versions that hold the outcomes, a promotion from the model version that becomes the
        champion, a recall from the versions that are bad.
    delivers : Output, optional
        The batch that it delivered to another data set.
    objects : dict
        Of a model version, files that the registry's store keeps for it: the model, its report.
    author : str
        The user id of who did it, or ``assay``.
    at : datetime
        When, with a zone.
    details : dict
        Names, hashes and counts; never a value of a row. At most 100 of 500 characters.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> run = Use(
    ...     kind="training_run", id="4f1d0c", subject="late_arrival", author="assay",
    ...     reads=(SnapshotPart(dataset="flights", number=12, digest="0" * 64),),
    ...     at=datetime(2026, 1, 5, 6, tzinfo=UTC), details={"estimator": "LogisticRegression"},
    ... )
    >>> version = Use(
    ...     kind="model_version", id="late_arrival@3", subject="late_arrival", author="assay",
    ...     of=(run.origin,), at=run.at,
    ... )
    >>> version.of[0].id
    '4f1d0c'
    """

    kind: UseKind
    id: UseId
    subject: Subject
    reads: tuple[SnapshotPart, ...] = ()
    of: tuple[Origin, ...] = ()
    delivers: Output | None = None
    objects: dict[ObjectName, StoredObject] = Field(default_factory=dict)
    author: str = Field(min_length=1, max_length=200)
    at: datetime
    details: dict[Annotated[str, Field(pattern=_DETAIL)], Detail] = Field(
        default_factory=dict, max_length=_MOST_DETAILS
    )

    @property
    def origin(self) -> Origin:
        """The use as what another one comes from."""
        return Origin(kind=self.kind, id=self.id)

    def says_the_same(self, other: Use) -> bool:
        """Whether two records differ at most in who made them and when."""
        mine, theirs = (u.model_dump(exclude={"author", "at"}) for u in (self, other))
        return bool(mine == theirs)
