"""The office that tasks work in: settings from the environment, secrets from connections."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from assay.stages import Office

SECRETS: Final = {"pseudonym_key": "assay_pseudonym_key", "registry_key": "assay_registry_key"}
"""Secret → id of the connection whose password holds it."""


def open_office() -> Office:
    """The office of this installation.

    A connection that isn't there leaves its secret to the environment or the embedded default.
    """
    from assay.project import Project
    from assay.stages import Office

    found = {name: password(conn_id) for name, conn_id in SECRETS.items()}
    return Office(
        project=Project.from_environment(os.environ),
        clock=lambda: datetime.now(UTC),
        secrets={name: secret for name, secret in found.items() if secret},
    )


def password(conn_id: str) -> str | None:
    """The password of a connection, None where there is no such connection."""
    connection = find_connection(conn_id)
    return connection.password if connection else None


def find_connection(conn_id: str):
    """A connection, None where there is none."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None
