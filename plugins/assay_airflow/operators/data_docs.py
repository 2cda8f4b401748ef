"""Data Docs: Great Expectations' pages of what was validated."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.services import open_services


class BuildDataDocsOperator(BaseOperator):
    """Build the Data Docs of each version that has none yet."""

    ui_color = "#e8f0fe"

    def execute(self, context: Any) -> int:  # noqa: ARG002
        """Build what is missing; skipped if nothing is."""
        from assay.stages.upkeep import build_data_docs, pending_data_docs

        services = open_services()
        if not pending_data_docs(services):
            raise AirflowSkipException("Every validation has its Data Docs.")
        built = build_data_docs(services)
        for path in built:
            self.log.info("%s", services.relative(path))
        return len(built)
