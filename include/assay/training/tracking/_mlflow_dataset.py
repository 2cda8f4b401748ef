"""A snapshot as MLflow's own classes have it, so that MLflow leads back to the rows.

``mlflow.data.get_source(run.inputs.dataset_inputs[0]).load()`` opens the snapshot that a run has
read. MLflow finds the class by the entry point that ``pyproject.toml`` names.
"""

from __future__ import annotations

from typing import Any

import mlflow.data
from mlflow.data.dataset import Dataset
from mlflow.data.dataset_source import DatasetSource

from assay.records.models import DataUsed
from assay.training.tracking._datasets import SOURCE_TYPE, source_digest, source_of, source_text


class ReleasedSource(DatasetSource):
    """Where released rows come from: data set, snapshot and versions."""

    def __init__(self, source: dict[str, Any]) -> None:
        self.source = source

    @staticmethod
    def _get_source_type() -> str:
        return SOURCE_TYPE

    def load(self) -> Any:
        """Open the snapshot: what ``assay.open`` gives."""
        import assay

        return assay.open(self.source["dataset"], snapshot=self.source["snapshot"])

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return isinstance(raw_source, DataUsed)

    @classmethod
    def _resolve(cls, raw_source: DataUsed) -> ReleasedSource:
        return cls(source_of(raw_source))

    def to_dict(self) -> dict[str, Any]:
        """All that the source says."""
        return self.source

    def to_json(self) -> str:
        """The text that MLflow keeps, over which the dataset's digest is."""
        return source_text(self.source)

    @classmethod
    def from_dict(cls, source_dict: dict[str, Any]) -> ReleasedSource:
        """The source from what it says."""
        return cls(source_dict)


class ReleasedRows(Dataset):
    """Released rows as a dataset: ``flights@12``, with our digest and not a sample's."""

    def __init__(self, used: DataUsed) -> None:
        self.used = used
        super().__init__(ReleasedSource(source_of(used)), used.name, source_digest(used))

    def _compute_digest(self) -> str:
        return source_digest(self.used)

    @property
    def profile(self) -> None:
        """None: MLflow keeps the first that it sees under a digest."""

    @property
    def schema(self) -> None:
        """None, for the same reason; the model's signature has the types."""


def register_source() -> None:
    """Make the class known to MLflow, where the entry point wasn't installed."""
    registry: Any = mlflow.data.dataset_source_registry._dataset_source_registry
    if ReleasedSource not in registry.sources:
        registry.register(ReleasedSource)
