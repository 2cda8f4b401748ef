"""The link from a task to its report."""

from __future__ import annotations

from typing import Any, Final

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

_ZONE: Final = "reports/"


def report_url(report: str | None) -> str | None:
    """The address of a report by its path below the home; None without a report."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    if not base or report is None or not report.startswith(_ZONE):
        return None
    return f"{base}/assay/{report}"


class ReportLink(BaseOperatorLink):
    """A button on the task's page that opens its report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's names
        """The address of the report that the operator wrote; an empty text without one."""
        return getattr(operator, "report_url", None) or ""
