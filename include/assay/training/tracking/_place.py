"""Where training runs are tracked: MLflow's store, its artefacts, and how long it may take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from assay.errors import AssayError
from assay.lake import Lake

QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
}
"""MLflow asks nobody but its own server."""
PATIENCE: Final = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "60",
}
"""How long a server may take, where the environment doesn't say otherwise."""
_HEALTH_S: Final = 3.0
_CONNECT_S: Final = 10


class TrackingUnavailable(Exception):  # noqa: N818 - an outage, not a fault
    """The tracking server, or its database, doesn't answer; another try may help."""


@dataclass(frozen=True)
class TrackingPlace:
    """MLflow's store.

    Parameters
    ----------
    uri : str
        ``sqlite:///…``, ``postgresql://…``, or the address of a server.
    artefacts : Path or None
        Where the files of a database's runs lie; None where a server decides.
    lock : Path
        Held while the tables of a fresh database are made.
    """

    uri: str
    artefacts: Path | None
    lock: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], lake: Lake) -> TrackingPlace:
        """The store that ``MLFLOW_TRACKING_URI`` names; by default SQLite below the home.

        Parameters
        ----------
        environ : mapping
            ``ASSAY_MLFLOW_ARTIFACTS`` is a folder for the files of runs where the store is a
            database of its own; below the home by default.
        lake : Lake
            Its zone ``mlflow`` is made.

        Raises
        ------
        AssayError
            If the address is neither a database nor a server.
        """
        given = environ.get("MLFLOW_TRACKING_URI") or ""
        lock = lake.make("mlflow", "store.lock")
        uri = given or f"sqlite:///{lake.path('mlflow', 'mlflow.db')}"
        if urlsplit(uri).scheme in {"http", "https"}:
            return cls(uri, None, lock)
        if urlsplit(uri).scheme.partition("+")[0] not in {"sqlite", "postgresql"}:
            raise AssayError(
                "this isn't where MLflow keeps training runs", where="MLFLOW_TRACKING_URI",
                got=urlsplit(uri).scheme or "a path",
                expected="sqlite:///file, postgresql://host/database, or http(s)://server",
                do="Leave it out to use the database below the home.",
            )  # fmt: skip
        if uri.startswith("postgresql") and "connect_timeout" not in uri:
            uri += f"{'&' if '?' in uri else '?'}connect_timeout={_CONNECT_S}"
        folder = environ.get("ASSAY_MLFLOW_ARTIFACTS")
        return cls(uri, Path(folder) if folder else lake.path("mlflow", "artefacts"), lock)

    @property
    def is_server(self) -> bool:
        """Whether it is a server, and not a database that this process opens itself."""
        return self.artefacts is None

    @property
    def shown(self) -> str:
        """The address without a password."""
        parts = urlsplit(self.uri)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"

    def check(self) -> None:
        """Ask a server whether it is there, within three seconds and without MLflow.

        Raises
        ------
        TrackingUnavailable
            If it doesn't answer, or not well.
        """
        if not self.is_server:
            return
        import httpx

        try:
            answer = httpx.get(f"{self.uri.rstrip('/')}/health", timeout=_HEALTH_S)
        except httpx.HTTPError as error:
            said = f"MLflow at {self.shown} doesn't answer ({type(error).__name__})"
            raise TrackingUnavailable(said) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise TrackingUnavailable(f"MLflow at {self.shown} answers {answer.status_code}")


def quiet_environment() -> None:
    """Set what MLflow reads from the environment before it is imported; given limits stay."""
    os.environ.update(QUIET)
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
