"""What may leave in an event: a list of what is allowed, for Assay's facets and for Airflow's.

Airflow's provider says a lot of a run: the form of a manual trigger with the reason that a person
typed, who triggered it, owners, all attributes of an operator, the text of an error. A later
release may say more. So an event keeps what stands here, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_ALL: Final = "*"
"""Whatever stands there is kept."""
Allowed = Mapping[str, Any]

_FACET: Final = {"_producer": _ALL, "_schemaURL": _ALL}
_NAMED: Final = {"name": _ALL, "namespace": _ALL}
_RUN_FACETS: Final = {
    "assay_verdict": _ALL,
    "nominalTime": _ALL,
    "parent": _ALL,
    "processing_engine": _ALL,
    "airflow": {
        **_FACET,
        "dag": {"dag_id": _ALL},
        "dagRun": {"dag_id": _ALL, "run_type": _ALL, "logical_date": _ALL, "start_date": _ALL,
                   "data_interval_start": _ALL, "data_interval_end": _ALL},
        "task": {"task_id": _ALL, "operator_class": _ALL, "upstream_task_ids": _ALL,
                 "downstream_task_ids": _ALL},
        "taskInstance": {"try_number": _ALL, "map_index": _ALL, "duration": _ALL},
        "taskUuid": _ALL,
    },
    "airflowState": {**_FACET, "dagRunState": _ALL, "tasksState": _ALL, "tasksDuration": _ALL},
}  # fmt: skip
_JOB_FACETS: Final = {"jobType": _ALL}
_DATASET: Final = {**_NAMED, "facets": {
    "version": _ALL, "assay_version": _ALL, "schema": _ALL, "columnLineage": _ALL,
}, "inputFacets": {"dataQualityAssertions": _ALL}, "outputFacets": {}}  # fmt: skip
_EVENT: Final = {
    "eventType": _ALL, "eventTime": _ALL, "producer": _ALL, "schemaURL": _ALL,
    "run": {"runId": _ALL, "facets": _RUN_FACETS},
    "job": {**_NAMED, "facets": _JOB_FACETS},
    "inputs": [_DATASET],
    "outputs": [_DATASET],
}  # fmt: skip


def without_people(event: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of an event what is on the list; the rest is dropped, whatever it is.

    Examples
    --------
    >>> said = {"dagRun": {"dag_id": "release__loans", "conf": {"reason": "as Ann Smith asked"}}}
    >>> without_people({"run": {"runId": "1", "facets": {"airflow": said}}})
    {'run': {'runId': '1', 'facets': {'airflow': {'dagRun': {'dag_id': 'release__loans'}}}}}
    """
    kept: dict[str, Any] = _kept(event, _EVENT)
    return kept


def _kept(value: Any, allowed: Any) -> Any:
    if allowed == _ALL:
        return value
    if isinstance(allowed, list):
        return [_kept(one, allowed[0]) for one in value] if isinstance(value, list) else []
    if not isinstance(value, Mapping):
        return {}
    return {name: _kept(value[name], allowed[name]) for name in value if name in allowed}
