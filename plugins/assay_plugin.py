"""Registers what Assay adds to Airflow's UI; no logic."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class AssayPlugin(AirflowPlugin):
    """The links from a gate's task to its report."""

    name = "assay"
