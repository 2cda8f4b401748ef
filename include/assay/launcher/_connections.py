"""Connections, as Airflow knows them: by its database, the environment or a secrets backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.launcher._embedded import run_airflow


def find_connection(home: Path | str, conn_id: str) -> dict[str, Any]:
    """A connection: ``login``, ``password``, ``extra_dejson``, ``get_uri`` …

    Raises
    ------
    AssayError
        If Airflow knows none of this id.
    """
    try:
        said = run_airflow(home, "connections", "get", conn_id, "--output", "json").stdout
        found: dict[str, Any] = json.loads(said[said.index("[{") :])[0]
    except AssayError as error:
        if "not found" not in str(error).lower():
            raise
        raise AssayError(
            "Airflow knows no such connection", got=conn_id,
            do="Add it in the UI, by `assay airflow connections add`, or as the environment "
            f"variable AIRFLOW_CONN_{conn_id.upper()}.",
        ) from None  # fmt: skip
    return found
