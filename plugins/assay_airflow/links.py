"""The link from a task to its report."""

from __future__ import annotations

from typing import Any, Final

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from assay.reasons import RUNBOOK_PAGES, RUNBOOKS

_ZONE: Final = "reports/"


def pages_url() -> str | None:
    """The address of Assay's pages; None where Airflow has none."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/assay" if base else None


def report_url(report: str | None) -> str | None:
    """The address of a report by its path below the home; None without a report."""
    pages = pages_url()
    if pages is None or report is None or not report.startswith(_ZONE):
        return None
    return f"{pages}/{report}"


def runbooks_url() -> str:
    """The address of the runbooks; their folder in the project where Airflow has no address."""
    pages = pages_url()
    return f"{pages}/{RUNBOOK_PAGES}" if pages else RUNBOOKS


class ReportLink(BaseOperatorLink):
    """A button on the task's page that opens its report."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's names
        """The address of the report that the operator wrote; an empty text without one."""
        return getattr(operator, "report_url", None) or ""
