"""Assets: of a data set, whose event says that a batch is released; of a model."""

from __future__ import annotations

from airflow.sdk import Asset, FixedKeyMapper, PartitionedAssetTimetable


def dataset_asset(dataset: str) -> Asset:
    """The asset that ``release__<dataset>`` updates; consumers schedule on it."""
    return Asset(name=dataset, uri=f"assay://datasets/{dataset}", group="assay")


def model_asset(model: str) -> Asset:
    """The asset that ``train__<model>`` updates when a version passed its gates."""
    return Asset(name=f"model_{model}", uri=f"assay://models/{model}", group="assay")


def each_snapshot(dataset: str) -> PartitionedAssetTimetable:
    """A schedule on a data set's releases: all that wait make one run, on the newest snapshot."""
    return PartitionedAssetTimetable(
        assets=dataset_asset(dataset), default_partition_mapper=FixedKeyMapper("snapshot")
    )
