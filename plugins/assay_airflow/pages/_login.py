"""Airflow's own login and permissions, for pages beside its UI."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

User = Annotated[Any, Depends(get_user)]
"""Who asks; a request without a valid login ends before the page."""


def may_read(user: Any, dataset: str) -> bool:
    """Whether a user may read the runs of a data set, which is Airflow's permission on its DAG."""
    details = DagDetails(id=f"release__{dataset}")
    return bool(get_auth_manager().is_authorized_dag(method="GET", details=details, user=user))


def may_answer(user: Any) -> bool:
    """Whether a user may answer incidents: who may trigger the DAG that does it, may do it here."""
    run, dag = DagAccessEntity.RUN, DagDetails(id="incidents")
    manager = get_auth_manager()
    return bool(manager.is_authorized_dag(method="POST", access_entity=run, details=dag, user=user))


async def to_login(request: Request, error: Exception) -> Response:
    """Send a reader without a login to Airflow's, and back afterwards."""
    if isinstance(error, HTTPException) and error.status_code == 401:
        return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)), 303)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "An error; see the server's log."
    return Response(str(detail), status, media_type="text/plain")
