"""Credentials of a source, from the connection that its contract names."""

from __future__ import annotations

from assay_airflow.hooks.services import find_connection


def source_credentials(conn_id: str | None) -> dict[str, str]:
    """Look up what a source needs: login, password, the connection's extras, and its URL.

    Parameters
    ----------
    conn_id : str or None
        The contract's ``connection``, None if the source needs none.
    """
    connection = find_connection(conn_id) if conn_id else None
    if connection is None:
        return {}
    given = {
        "url": connection.get_uri(),
        "username": connection.login,
        "password": connection.password,
        **connection.extra_dejson,
    }
    return {name: str(value) for name, value in given.items() if value}
