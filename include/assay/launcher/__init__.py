"""The embedded launcher: a whole Airflow as four supervised processes below one home.

API server, scheduler, dag-processor and triggerer are each started in a session of their own, on
free ports, with settings made from the home and the project, so that two homes never meet. A
record of process id and start time says which processes are ours: what an earlier run left behind
is found by it and stopped, and nothing else ever is. The settings live in the environment of the
processes alone; there is no ``airflow.cfg`` to drift away from the code.

Airflow itself is never imported here, it is spawned. Unlike the judging rooms, this one keeps time
and touches processes: it is the outermost part of the embedded default and no part of production.
"""

from assay.launcher._embedded import EmbeddedAirflow, down, run_airflow, status, up
from assay.launcher._home import project_root
from assay.launcher._settings import environment, password

__all__ = [
    "EmbeddedAirflow",
    "down",
    "environment",
    "password",
    "project_root",
    "run_airflow",
    "status",
    "up",
]
