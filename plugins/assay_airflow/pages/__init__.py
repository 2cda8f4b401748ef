"""Pages in Airflow's UI, one app below ``/assay``, behind Airflow's own login.

Every process of Airflow loads its plugins, and only the API server serves pages: the app is built
when its first request comes. Another page is a module here with a ``build`` function, and its name
in ``PAGES`` of ``_site.py`` and in ``_MENU``.
"""

from __future__ import annotations

from typing import Any, Final

from assay_airflow.pages._lazy import LazyApp

_MENU: Final = ("reports", "incidents", "docs")
APPS: Final[list[dict[str, Any]]] = [
    {"name": "Assay", "url_prefix": "/assay", "app": LazyApp("assay_airflow.pages._site")}
]
VIEWS: Final[list[dict[str, Any]]] = [
    {"name": f"Assay {page}", "href": f"/assay/{page}/", "destination": "nav", "category": "browse"}
    for page in _MENU
]
