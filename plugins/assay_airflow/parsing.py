"""Which DAGs a file makes: all of them, or the one whose task is about to start."""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk import get_parsing_context


def wanted(prefix: str, names: Iterable[str]) -> list[str]:
    """The names whose DAG ``<prefix>__<name>`` is needed.

    A task reads its DAG's file before it starts. It needs its own DAG alone; the others would only
    delay it, by some milliseconds each.
    """
    asked = get_parsing_context().dag_id
    return [name for name in names if asked in {None, f"{prefix}__{name}"}]
