"""What may be in an event, and what never is, whatever Airflow's provider says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.lineage.openlineage import without_people

MARK = "MRK-a person"
WORDS = ("dag", "dagRun", "conf", "owner", "facets", "inputs", "run", "job", "note", "user",
         "description", "errorMessage", "unknownSourceAttribute", "params", "email")  # fmt: skip
ANYTHING = st.recursive(
    st.just(MARK),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


def _provider_event(planted: Any) -> dict[str, Any]:
    """An event as the provider makes it, with something planted wherever a person may be."""
    return {
        "eventType": "FAIL", "eventTime": "2026-01-05T06:00:00Z", "planted": planted,
        "producer": "p", "schemaURL": "s",
        "run": {"runId": "r", "facets": {
            "airflow": {
                "dag": {"dag_id": "release__loans", "owner": planted, "doc_md": planted},
                "dagRun": {"dag_id": "release__loans", "run_id": planted, "conf": planted,
                           "run_type": "manual", "triggering_user_name": planted},
                "task": {"task_id": "ingest", "params": planted, "owner": planted,
                         "email": planted},
                "taskInstance": {"try_number": 1, "hostname": planted, "unixname": planted},
                "taskUuid": "u",
            },
            "errorMessage": {"message": planted, "stackTrace": planted},
            "unknownSourceAttribute": planted, "airflow_debug": planted, "tags": planted,
            "assay_verdict": {"stage": "ingest"},
        }},
        "job": {"namespace": "assay", "name": "release__loans.ingest", "facets": {
            "ownership": planted, "documentation": planted, "sourceCode": planted,
            "tags": planted,
            "jobType": {"jobType": "TASK"},
        }},
        "inputs": [{"namespace": "assay", "name": "loans", "facets": {
            "documentation": planted, "ownership": planted, "version": {"datasetVersion": "1"},
        }, "inputFacets": {"dataQualityMetrics": planted}}],
        "outputs": planted,
    }  # fmt: skip


@given(ANYTHING)
def test_nothing_planted_remains(planted: Any) -> None:
    event = _provider_event(planted)
    kept = without_people(event)
    assert MARK not in json.dumps(kept)
    assert kept["run"]["facets"]["airflow"]["task"] == {"task_id": "ingest"}
    assert kept["run"]["facets"]["assay_verdict"] == {"stage": "ingest"}
    assert kept["inputs"][0]["facets"] == {"version": {"datasetVersion": "1"}}
    assert without_people(kept) == kept
