"""A stand-in for the DAG of a data set or a model whose files don't load."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.tags import ASSAY, dataset_tag, model_tag


class BrokenContractOperator(BaseOperator):
    """Fail with the error that the files gave when they were loaded.

    Parameters
    ----------
    error : str
        The error's text.
    """

    def __init__(self, *, error: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def execute(self, context: Any) -> None:  # noqa: ARG002
        """Fail with the error."""
        raise AirflowFailException(self.error)


def broken_model_dag(kind: str, model: str, task: str, tag: str, error: Exception) -> DAG:
    """A DAG of the same id whose one task fails with what is wrong with the model file."""
    return _broken(kind, model, task, [tag, model_tag(model)], error)


def broken_dataset_dag(kind: str, dataset: str, task: str, tag: str, error: Exception) -> DAG:
    """The same of a data set whose contract doesn't load."""
    return _broken(kind, dataset, task, [tag, dataset_tag(dataset)], error)


def _broken(kind: str, name: str, task: str, tags: list[str], error: Exception) -> DAG:
    with DAG(
        dag_id=f"{kind}__{name}",
        description="DOESN'T LOAD, see assay check.",
        doc_md=f"`{name}` doesn't load. Run it, or `assay check`, to see why.",
        schedule=None,
        tags=[ASSAY, *tags],
        default_args={**TASK_DEFAULTS, "owner": "assay"},
    ) as dag:
        BrokenContractOperator(task_id=task, error=str(error))
    return dag
