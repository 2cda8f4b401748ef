"""Settings of this Airflow installation: what every DAG must have, and cheap tasks.

Airflow imports this module at the start of each of its processes, if it is on the path: the
launcher and the image put ``config`` there, because Airflow itself would only look below its home.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import DAG

__all__ = ["dag_policy"]

_UNOWNED = {"", "airflow"}
_FORKED_FROM = (["scheduler"], ["celery", "worker"])
_WITHOUT_THREADS = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
_ENGINE = (
    "pandas",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "duckdb",
    "ibis.backends.duckdb",
    "scipy.stats",
)


_SUBJECTS = ("run", "incidents", "upkeep")


def dag_policy(dag: DAG) -> None:
    """Refuse a DAG that nobody owns, that has no manual, or whose tags nobody knows."""
    from airflow.exceptions import AirflowClusterPolicyViolation

    from assay_airflow import tags

    known = (tags.ASSAY, tags.ALERTS, tags.RELEASE, tags.REPORTS, tags.RETENTION)
    kinds = (tags.dataset_tag(""), tags.owner_tag(""))
    faults = []
    unowned = sorted(t.task_id for t in dag.tasks if (t.owner or "").strip() in _UNOWNED)
    if unowned or not dag.tasks:
        faults.append(f"no owner on {', '.join(unowned) or 'any task'}: set default_args['owner']")
    if not (dag.doc_md or "").strip():
        faults.append("no manual: set doc_md=__doc__")
    unknown = sorted(t for t in dag.tags if t not in known and not t.startswith(kinds))
    if unknown or not dag.tags:
        options = ", ".join([*known, *(f"{kind}<name>" for kind in kinds)])
        faults.append(f"{f'unknown tags {unknown}' if unknown else 'no tags'}: use {options}")
    if faults:
        raise AirflowClusterPolicyViolation(f"DAG {dag.dag_id!r}: " + "; ".join(faults))


def _import_engine(argv: Sequence[str]) -> None:
    """Import what nearly every task needs, in the processes that tasks are forked from.

    A task then starts in a fraction of a second instead of seconds. Only modules are left behind:
    a thread or a connection would not survive the fork, so the libraries are kept from starting
    threads of their own, and the connection that DuckDB opens when it is imported is closed (it
    opens another when one is asked for). Great Expectations and scikit-learn stay out, because
    few tasks need them and they weigh hundreds of megabytes.
    """
    if not any(list(argv[1 : 1 + len(command)]) == command for command in _FORKED_FROM):
        return
    for name, value in _WITHOUT_THREADS.items():
        os.environ.setdefault(name, value)
    for module in _ENGINE:
        importlib.import_module(module)
    for subject in _SUBJECTS:
        stages = importlib.import_module(f"assay.stages.{subject}")
        for name in stages.__all__:
            getattr(stages, name)
    importlib.import_module("duckdb").default_connection().close()


_import_engine(sys.argv)
