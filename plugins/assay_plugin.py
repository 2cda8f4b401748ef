"""What Airflow scans: registers pages and the timetable, and holds no logic."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from assay_airflow.pages import APPS, VIEWS
from assay_airflow.timetable import TIMETABLES


class AssayPlugin(AirflowPlugin):
    """Assay's pages in Airflow's UI, and when its batches are due."""

    name = "assay"
    fastapi_apps = APPS
    external_views = VIEWS
    timetables = TIMETABLES
