"""Print the DAGs of a folder as JSON: ``python -m docgen._read_dags FOLDER``."""

from __future__ import annotations

import inspect
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.definitions._internal.types import is_arg_set

from assay_airflow.defaults import TASK_DEFAULTS  # type: ignore[import-not-found]

_TYPES = {"string": "text", "boolean": "yes or no", "null": None}


def dags_of(folder: Path) -> list[DAG]:
    """Load the DAGs of a folder, ordered by file and id.

    Raises
    ------
    ImportError
        If a file doesn't parse.
    """
    bag = DagBag(dag_folder=str(folder), load_op_links=False)
    if bag.import_errors:
        raise ImportError("\n".join(bag.import_errors.values()))
    return sorted(bag.dags.values(), key=lambda dag: (dag.fileloc, dag.dag_id))


def describe(dag: DAG) -> dict[str, Any]:
    """Describe a DAG for its page."""
    return {
        "file": Path(dag.fileloc).name,
        "id": dag.dag_id,
        "manual": inspect.cleandoc(dag.doc_md or ""),
        "schedule": _schedule(dag),
        "first": _batch(dag, dag.start_date) or "–",
        # The DAG ends with its last batch: the second before belongs to that batch.
        "last": _batch(dag, dag.end_date and dag.end_date - timedelta(seconds=1)),
        "runs": dag.max_active_runs,
        "owner": dag.default_args.get("owner", ""),
        "parameters": [_parameter(name, dag.params.get_param(name)) for name in dag.params],
        "tasks": [_task(task) for task in dag.topological_sort()],  # type: ignore[no-untyped-call]
    }


def _batch(dag: DAG, moment: datetime | None) -> str | None:
    """The key of the batch that a moment belongs to; its day if the DAG has no keys."""
    if moment is None:
        return None
    form = _of_timetable(dag, "key_format") or "%Y-%m-%d"
    return moment.astimezone(ZoneInfo(_zone(dag))).strftime(form)


def _of_timetable(dag: DAG, name: str) -> Any:
    """A setting of the timetable, which some timetables keep as a private one."""
    return getattr(dag.timetable, name, None) or getattr(dag.timetable, f"_{name}", None)


def _zone(dag: DAG) -> str:
    zone = _of_timetable(dag, "timezone")
    return getattr(zone, "name", None) or str(zone or "UTC")


def _schedule(dag: DAG) -> str:
    cron, key = _of_timetable(dag, "expression"), _of_timetable(dag, "key_format")
    if cron is None:
        return "none"
    return f"`{cron}` {_zone(dag)}" + (f", keyed `{key}`" if key else "")


def _parameter(name: str, param: Any) -> dict[str, Any]:
    schema = param.schema
    options = [v for v in schema.get("enum", ()) if v is not None]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = " or ".join(filter(None, (_TYPES.get(k, k) for k in kinds)))
    return {
        "name": name,
        "title": schema.get("title", ""),
        "type": " or ".join(f"`{o}`" for o in options) or kind,
        # A parameter that a person must fill in has none.
        "default": json.dumps(param.value) if is_arg_set(param.value) else None,
        "help": param.description or schema.get("description") or "",
    }


def _task(task: Any) -> dict[str, Any]:
    about = inspect.cleandoc(type(task).__doc__ or "").split("\n\n", 1)[0]
    differs = [
        f"{_words(name)} {_span(getattr(task, name))}"
        for name in ("retries", "execution_timeout", "response_timeout")
        if getattr(task, name, None) != TASK_DEFAULTS.get(name)
    ]
    return {
        "id": task.task_id,
        "after": sorted(task.upstream_task_ids),
        "rule": "teardown: always" if task.is_teardown else _words(task.trigger_rule.value),
        "differs": ", ".join(differs),
        "about": " ".join(about.split()),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _span(value: Any) -> str:
    """A setting as text: a number, a time, or none."""
    return "none" if value is None else str(value).removesuffix(", 0:00:00")


if __name__ == "__main__":
    print(json.dumps([describe(dag) for dag in dags_of(Path(sys.argv[1]))]))  # noqa: T201
