"""Label Studio, from one connection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from assay.errors import InputError
from assay_airflow.hooks.services import find_connection

LABEL_STUDIO: Final = "assay_label_studio"
"""Connection id: the host is its URL, the password an access token.

Instead of a URL the host may be a name, with a schema (`https` by default) and a port.
"""


def platform_environ() -> Mapping[str, str]:
    """The environment, with the address and the token of the connection where there is one.

    Raises
    ------
    InputError
        If the connection has no host or no password.
    """
    from assay.stages.labels.rounds import TOKEN, URL

    connection = find_connection(LABEL_STUDIO)
    if connection is None:
        return os.environ
    if not connection.host or not connection.password:
        raise InputError("the connection of Label Studio is incomplete", where=LABEL_STUDIO,
                         expected="a URL as the host, and a token as the password")  # fmt: skip
    return {**os.environ, URL: _url(connection), TOKEN: connection.password}


def _url(connection: Any) -> str:
    host = connection.host.rstrip("/")
    url = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    return f"{url}:{connection.port}" if connection.port else url
