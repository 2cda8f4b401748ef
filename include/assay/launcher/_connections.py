"""Connections, as Airflow knows them: by its database, the environment or a secrets backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.errors import AssayError, no_connection
from assay.launcher._embedded import run_airflow


def find_connection(home: Path | str, conn_id: str) -> dict[str, Any]:
    """A connection: ``login``, ``password``, ``extra_dejson``, ``get_uri`` …

    Raises
    ------
    InputError
        If Airflow knows none of this id.
    """
    try:
        said = run_airflow(home, "connections", "get", conn_id, "--output", "json").stdout
        found: dict[str, Any] = json.loads(said[said.index("[{") :])[0]
    except AssayError as error:
        if "not found" not in str(error).lower():
            raise
        raise no_connection(conn_id) from None
    return found
