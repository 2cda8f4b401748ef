"""Settings of this Airflow installation: rules for every DAG, and fast starts of tasks.

Each process of Airflow imports this module when it starts, if it is on the path. The launcher and
the image put ``config`` there, because Airflow itself only searches its home.
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
_EVENTS = (
    "openlineage.client.facet_v2",
    "airflow.providers.openlineage.plugins.listener",
    "airflow.providers.openlineage.extractors.manager",
    "airflow.providers.openlineage.extractors.base",
    "assay.stages.openlineage._task_data",
)
_MODELS = ("assay.training._skops",)
_SUBJECTS = ("run", "models", "feedback", "incidents", "upkeep")


def dag_policy(dag: DAG) -> None:
    """Refuse a DAG without an owner, without a manual, or with unknown tags."""
    from airflow.exceptions import AirflowClusterPolicyViolation

    from assay_airflow import tags

    known = (
        tags.ASSAY, tags.ALERTS, tags.FEEDBACK, tags.LABELLING, tags.RELEASE, tags.REPORTS,
        tags.PUBLISHING, tags.RETENTION, tags.SCORING, tags.SYNTHESIS, tags.TRAINING,
    )  # fmt: skip
    kinds = (tags.dataset_tag(""), tags.model_tag(""), tags.owner_tag(""))
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
    """Import the modules that nearly every task needs, in the processes that fork the tasks.

    A task then starts in a fraction of a second instead of seconds. Only modules may remain: no
    thread or connection survives the fork. So the libraries start no threads, and the connection
    that DuckDB opens at its import is closed (it opens another when it needs one). scikit-learn is
    imported where the project has models. Great Expectations is left out: few tasks need it, and it
    takes hundreds of megabytes.
    """
    if not any(list(argv[1 : 1 + len(command)]) == command for command in _FORKED_FROM):
        return
    for name, value in _WITHOUT_THREADS.items():
        os.environ.setdefault(name, value)
    for module in _ENGINE:
        importlib.import_module(module)
    _import_events()
    _import_estimators()
    for subject in _SUBJECTS:
        stages = importlib.import_module(f"assay.stages.{subject}")
        for name in stages.__all__:
            getattr(stages, name)
    for stage in importlib.import_module("assay.stages.run.chain").STAGES:
        _ = stage.function
    importlib.import_module("duckdb").default_connection().close()


def _import_events() -> None:
    """Import what events of lineage need, where they go somewhere."""
    if os.environ.get("ASSAY_OPENLINEAGE", "off") in {"", "off"}:
        return
    for module in _EVENTS:
        importlib.import_module(module)


def _import_estimators() -> None:
    """Import scikit-learn, and what writes its models, where there is a model."""
    project = importlib.import_module("assay.project").Project
    if project.from_environment(os.environ).models():
        for module in _MODELS:
            importlib.import_module(module)


_import_engine(sys.argv)
