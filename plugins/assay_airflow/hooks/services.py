"""The services that tasks work with: settings from the environment, secrets from connections."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from assay.stages.services import Services

SECRETS: Final = {"pseudonym_key": "assay_pseudonym_key", "registry_key": "assay_registry_key"}
"""Secret → id of the connection whose password holds it."""


class ConnectionSecrets(Mapping[str, str]):
    """Secrets that are looked up at their first use: most tasks need none.

    Without its connection, a secret comes from the environment or the embedded default.
    """

    def __getitem__(self, name: str) -> str:
        connection = find_connection(SECRETS[name])
        held = connection.password if connection else None
        found = held or os.environ.get(f"ASSAY_{name.upper()}")
        if not found:
            raise KeyError(name)
        return str(found)

    def __iter__(self) -> Iterator[str]:
        return iter(SECRETS)

    def __len__(self) -> int:
        return len(SECRETS)


def open_services(*, reading: bool = False) -> Services:
    """Open the services of this installation; ``reading`` changes nothing."""
    from assay.project import Project
    from assay.stages.services import Services

    return Services(
        project=Project.from_environment(os.environ),
        clock=lambda: datetime.now(UTC),
        secrets=ConnectionSecrets(),
        credentials=source_credentials,
        reading=reading,
    )


def find_connection(conn_id: str) -> Any | None:
    """Look up a connection; None if there is none."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None


def airflow_url() -> str | None:
    """Airflow's address, for links."""
    from airflow.sdk import conf

    return conf.get("api", "base_url", fallback="") or None


def source_credentials(conn_id: str | None) -> dict[str, str]:
    """What a source needs to be read: login, password, the connection's extras, and its URL.

    Parameters
    ----------
    conn_id : str or None
        The contract's ``connection``; None for a source that needs none.

    Raises
    ------
    InputError
        If Airflow knows no such connection.
    """
    if not conn_id:
        return {}
    connection = find_connection(conn_id)
    if connection is None:
        from assay.errors import no_connection

        raise no_connection(conn_id)
    from assay.stages.services import source_credentials as credentials

    uri, extra = connection.get_uri(), connection.extra_dejson
    return credentials(uri, connection.login, connection.password, extra)
