"""What Airflow's OpenLineage provider asks the operators: which data a task touched.

The provider is an extra. Without it nobody asks, and nothing here is imported.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from assay_airflow.hooks.services import open_services

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from assay.lineage.openlineage import Touched
    from assay_airflow.operators._runs import DatasetOperator
    from assay_airflow.operators.training import ModelOperator

# They say five things about each event at level INFO, in the log that people read.
for _talkative in ("airflow.providers.openlineage", "openlineage.client"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


class LineageMixin:
    """Answer the provider when the task has ended, well or not."""

    def touched(self, context: Any) -> Touched | None:
        """Which data the task touched; None where that isn't known."""
        raise NotImplementedError

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        """The data sets and facets of the task's last event."""
        return as_lineage(self.touched(task_instance.get_template_context()))

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage:
        """The same of a task that failed: a batch that is held is one."""
        return self.get_openlineage_facets_on_complete(task_instance)


def as_lineage(touched: Touched | None) -> OperatorLineage:
    """What was touched, as the provider takes it."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    from assay.lineage.openlineage import as_parts
    from assay.stages.openlineage import namespace_of

    if touched is None:
        return OperatorLineage()
    parts = as_parts(touched, namespace_of(os.environ))
    return OperatorLineage(inputs=parts.inputs, outputs=parts.outputs, run_facets=parts.run_facets)


def touched_by_task(operator: DatasetOperator, context: Any) -> Touched | None:
    """What a task of a batch's run touched, by the sealed records of the run."""
    from assay.stages.openlineage import touched_by_stage
    from assay.stages.run import decided

    run = operator.read_run(open_services(reading=True), context)
    if run is None:
        return None
    return touched_by_stage(decided(run) or run, operator.task_id)


def touched_by_promotion(operator: ModelOperator, context: Any) -> Touched | None:
    """What a model's training run touched, once it has decided."""
    from assay.stages.models import chain, promoted
    from assay.stages.openlineage import touched_by_training

    run = operator.read_run(open_services(reading=True), context)
    ended = None if run is None else promoted(run)
    return None if ended is None else touched_by_training(ended, ended.done[chain.PROMOTE])
