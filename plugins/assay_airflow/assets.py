"""The asset of a data set: its event says that a batch has been released."""

from __future__ import annotations

from airflow.sdk import Asset


def dataset_asset(dataset: str) -> Asset:
    """The asset that ``release__<dataset>`` updates; consumers schedule on it."""
    return Asset(name=dataset, uri=f"assay://datasets/{dataset}", group="assay")
