"""Synthesis: rows like those of a data set, that are about nobody."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from assay_airflow.hooks.services import open_services


class SynthesiseOperator(BaseOperator):
    """Make synthetic rows, judge them, and deliver them to their inbox.

    Parameters
    ----------
    dataset : str
        Name of the data set that is learned from.
    """

    ui_color = "#e8f0fe"

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Deliver rows that pass; the run is red where the verdict holds them."""
        from assay.stages.synthesis import synthesise

        asked = context["params"]
        by = getattr(context["dag_run"], "triggering_user_name", None)
        made = synthesise(
            open_services(), self.dataset, batch=asked.get("batch"), rows=asked.get("rows"),
            author=by or "assay", step=self.log.info,
        )  # fmt: skip
        if made.delivered is None:
            codes = ", ".join(dict.fromkeys(r.code for r in made.verdict.reasons))
            raise AirflowFailException(f"{made.verdict.outcome}: {codes}. See {made.report}.")
        self.log.info("%s rows delivered: %s.", made.rows, made.delivered)
        return {"batch": made.batch, "sha256": made.sha256, "report": made.report}
