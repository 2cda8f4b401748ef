"""What Airflow scans: registers pages and links, and holds no logic."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from assay_airflow.pages import APPS, VIEWS


class AssayPlugin(AirflowPlugin):
    """Assay's pages in Airflow's UI."""

    name = "assay"
    fastapi_apps = APPS
    external_views = VIEWS
