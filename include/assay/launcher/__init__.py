"""The launcher of the embedded Airflow: four supervised processes below one home.

API server, scheduler, dag-processor and triggerer each run in their own session, on free ports.
Their settings are made from the home and the project, so that two homes share nothing. A record has
the process id and start time of each: the launcher stops the processes that an earlier start left
behind, and never any other. All settings are in the environment of the processes; ``airflow.cfg``
is empty. MLflow's page runs beside them, where ``make mlflow`` has installed it:
:mod:`assay.launcher.mlflow_page`. So does Label Studio, by ``make labelling``:
:mod:`assay.launcher.label_studio_page`.

This package starts Airflow and never imports it. It reads the clock and manages processes, which
no other room does. Production doesn't use it.
"""

from assay.launcher._connections import find_connection
from assay.launcher._embedded import EmbeddedAirflow, down, run_airflow, status, up
from assay.launcher._home import project_root
from assay.launcher._runs import commands, start_runs
from assay.launcher._settings import environment, password

__all__ = [
    "EmbeddedAirflow",
    "commands",
    "down",
    "environment",
    "find_connection",
    "password",
    "project_root",
    "run_airflow",
    "start_runs",
    "status",
    "up",
]
