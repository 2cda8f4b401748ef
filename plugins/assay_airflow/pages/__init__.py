"""Pages in Airflow's UI, each an app of its own below ``/assay``, behind Airflow's own login.

Every process of Airflow loads its plugins, and only the API server serves pages: an app is built
when its first request comes. Another page is a module here with a ``build`` function, and its name
in ``_PAGES``.
"""

from __future__ import annotations

from typing import Any, Final

from assay_airflow.pages._lazy import LazyApp

_PAGES: Final = ("reports", "incidents")
APPS: Final[list[dict[str, Any]]] = [
    {"name": f"Assay {page}", "url_prefix": f"/assay/{page}",
     "app": LazyApp(f"assay_airflow.pages.{page}")}
    for page in _PAGES
]  # fmt: skip
VIEWS: Final[list[dict[str, Any]]] = [
    {"name": f"Assay {page}", "href": f"/assay/{page}/", "destination": "nav", "category": "browse"}
    for page in _PAGES
]
