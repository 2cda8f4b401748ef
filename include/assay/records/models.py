"""Training runs and model versions: what was learned from which data, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue

from assay.records.versions import Batch, Dataset, VersionId
from assay.verdict import Frozen, Verdict

MODEL = r"^[a-z][a-z0-9_]{0,63}$"
SHA256 = r"^[0-9a-f]{64}$"

ModelName = Annotated[str, Field(pattern=MODEL)]
Sha256 = Annotated[str, Field(pattern=SHA256)]
TrainingRunId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Figure(Frozen):
    """A metric with its interval; an :class:`~assay.statistics.scores.estimate.Estimate` fits it.

    Parameters
    ----------
    value : float or None
        None where it isn't defined.
    low, high : float or None
        The interval's ends; both None where there is none.
    n : int or None
        Rows behind it; None where own code didn't say.
    how : str
        Which interval it is, or why there is none.
    p : float, optional
        A p-value that belongs to it.

    Examples
    --------
    >>> Figure(value=0.9, low=0.85, high=0.93, n=200, how="Wilson").text
    '0.9 (0.85 to 0.93, n=200)'
    >>> Figure(value=None, how="no row is predicted to be late").text
    'no row is predicted to be late'
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", from_attributes=True, allow_inf_nan=False
    )

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = Field(None, ge=0)
    how: str = ""
    p: float | None = None

    @property
    def text(self) -> str:
        """The figure for people, with its interval and rows where they are known."""
        if self.value is None:
            return self.how or "not defined"
        known = []
        if self.low is not None and self.high is not None:
            known.append(f"{self.low:.4g} to {self.high:.4g}")
        if self.n is not None:
            known.append(f"n={self.n}")
        return f"{self.value:.4g}" + (f" ({', '.join(known)})" if known else "")


class DataUsed(Frozen):
    """A snapshot of a data set as a training run read it.

    Parameters
    ----------
    number : int
        The snapshot's number.
    digest : str
        SHA-256 over what was read: each batch, its version and the hash of its bytes.
    versions : dict
        Batch → version id, of the batches that were read.
    whole : bool
        Whether these are all batches of the snapshot.
    rules : dict
        ``contract``, ``suite clean``, ``policy cleaning`` … → hashes of what judged and cleaned
        these versions. There are several where a rule has changed between them.
    """

    dataset: Dataset
    number: int = Field(ge=1)
    digest: Sha256
    versions: dict[Batch, VersionId]
    whole: bool = True
    rules: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """How a list names it, such as ``flights@12``."""
        return f"{self.dataset}@{self.number}"


class TrainingRecord(Frozen):
    """One fit of a model on one snapshot: all that is said of it, and no value of a row.

    Parameters
    ----------
    training_run : str
        32 hex digits. Of a declared model they derive from snapshot digest, model file, code and
        library versions; own code has random ones.
    model : str
        The model's name.
    data : tuple of DataUsed
        The data set that was learned from, then the ones joined to it.
    own_code : bool
        Whether own code has trained it (``snap.training``), not a model file.
    model_file, code : str, optional
        Hash of the model file; of the code that trains, or the commit of the own code.
    libraries : dict
        Library → version.
    features, label : tuple of str, str
        Names.
    feature_types : dict
        Feature → its Arrow type, such as ``int64``, where it is known.
    rows_train, rows_test : int, optional
        How many rows were learned from, and tested on.
    preprocessing : tuple of str
        Each step as a line, in order.
    encoded : dict
        Feature → how many columns the estimator gets of it, where that is known.
    parameters : dict
        Hyperparameters: names as scikit-learn has them, JSON values.
    metrics : dict
        Name → figure on the test rows. A figure of a part has the part behind the name:
        ``recall[origin=EWR]``.
    verdicts : tuple of Verdict
        What the gates said; none where no gate has judged.
    artefacts : dict
        Name of a report or file → SHA-256.
    model_object : str, optional
        SHA-256 of the fitted model as a file; None where there is none.
    state : {'finished', 'failed'}
        Whether the training came to its end.
    author : str
        Who started it.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 1, 5, 6, tzinfo=UTC)
    >>> used = DataUsed(dataset="flights", number=12, digest="0" * 64, versions={})
    >>> record = TrainingRecord(
    ...     training_run="f" * 32, model="late_arrival", data=(used,), started=at, ended=at,
    ...     metrics={"roc_auc": Figure(value=0.71, low=0.69, high=0.73, n=5000, how="DeLong")})
    >>> record.data[0].name, record.held
    ('flights@12', False)
    >>> TrainingRecord.model_validate_json(record.model_dump_json()) == record
    True
    """

    training_run: TrainingRunId
    model: ModelName
    data: tuple[DataUsed, ...] = Field(min_length=1)
    own_code: bool = False
    model_file: str | None = None
    code: str | None = None
    libraries: dict[str, str] = Field(default_factory=dict)
    features: tuple[str, ...] = ()
    feature_types: dict[str, str] = Field(default_factory=dict)
    label: str = ""
    rows_train: int | None = Field(None, ge=0)
    rows_test: int | None = Field(None, ge=0)
    preprocessing: tuple[str, ...] = ()
    encoded: dict[str, int] = Field(default_factory=dict)
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    metrics: dict[str, Figure] = Field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    artefacts: dict[str, Sha256] = Field(default_factory=dict)
    model_object: Sha256 | None = None
    state: Literal["finished", "failed"] = "finished"
    author: str = "assay"
    started: datetime
    ended: datetime

    @property
    def held(self) -> bool:
        """Whether a gate holds the model, so that it may not become the champion."""
        return any(verdict.holds for verdict in self.verdicts)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()


class ModelVersion(Frozen):
    """What a training run registered: a number of a model, which is never given again."""

    model: ModelName
    number: int = Field(ge=1)
    training_run: TrainingRunId
    model_object: Sha256
    held: bool = False
    at: datetime

    @property
    def name(self) -> str:
        """How lists and records name it, such as ``late_arrival@3``."""
        return f"{self.model}@{self.number}"
