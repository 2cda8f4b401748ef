"""What Airflow's OpenLineage provider asks the operators: which data a task read and wrote.

The provider is an extra. Without it nobody asks, and nothing here is imported.
"""

from __future__ import annotations

import logging
import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from assay_airflow.hooks.services import open_services

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from assay.lineage.openlineage import TaskData
    from assay_airflow.operators._runs import DatasetOperator
    from assay_airflow.operators.training import ModelOperator

# They say five things about each event at level INFO, in the log that people read.
for _talkative in ("airflow.providers.openlineage", "openlineage.client"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


class LineageMixin:
    """Answer the provider when the task has ended, well or not."""

    @abstractmethod
    def task_data(self, context: Any) -> TaskData | None:
        """Which data the task read and wrote; None where that isn't known."""

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        """The data sets and facets of the task's last event."""
        return as_lineage(self.task_data(task_instance.get_template_context()))

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage:
        """The same of a task that failed: a batch that is held is one."""
        return self.get_openlineage_facets_on_complete(task_instance)


def as_lineage(task_data: TaskData | None) -> OperatorLineage:
    """What a task read and wrote, as the provider takes it."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    from assay.lineage.openlineage import as_parts
    from assay.stages.openlineage import namespace_of

    if task_data is None:
        return OperatorLineage()
    parts = as_parts(task_data, namespace_of(os.environ))
    return OperatorLineage(inputs=parts.inputs, outputs=parts.outputs, run_facets=parts.run_facets)


def data_of_task(operator: DatasetOperator, context: Any) -> TaskData | None:
    """What a task of a batch's run read and wrote, by the sealed records of the run."""
    from assay.stages.openlineage import data_of_stage
    from assay.stages.run import decided

    run = operator.read_run(open_services(reading=True), context)
    if run is None:
        return None
    return data_of_stage(decided(run) or run, operator.task_id)


def data_of_promotion(operator: ModelOperator, context: Any) -> TaskData | None:
    """What a model's training run read and wrote, once it has decided."""
    from assay.stages.models import chain, promoted
    from assay.stages.openlineage import data_of_training

    run = operator.read_run(open_services(reading=True), context)
    ended = None if run is None else promoted(run)
    return None if ended is None else data_of_training(ended, ended.done[chain.PROMOTE])
