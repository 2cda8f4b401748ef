"""Pages in Airflow's UI, each an app of its own below ``/assay``, behind Airflow's own login.

Every process of Airflow loads its plugins, and only the API server serves pages: an app is built
when its first request comes. A page more is a module with a ``build`` function and a line in
:data:`APPS`.
"""

from __future__ import annotations

from typing import Any, Final

from assay_airflow.pages._lazy import LazyApp

APPS: Final[list[dict[str, Any]]] = [
    {
        "name": "Assay reports",
        "url_prefix": "/assay/reports",
        "app": LazyApp("assay_airflow.pages.reports"),
    },
    {
        "name": "Assay incidents",
        "url_prefix": "/assay/incidents",
        "app": LazyApp("assay_airflow.pages.incidents"),
    },
]
VIEWS: Final[list[dict[str, Any]]] = [
    {
        "name": "Assay reports",
        "href": "/assay/reports/",
        "destination": "nav",
        "category": "browse",
    },
    {
        "name": "Assay incidents",
        "href": "/assay/incidents/",
        "destination": "nav",
        "category": "browse",
    },
]
