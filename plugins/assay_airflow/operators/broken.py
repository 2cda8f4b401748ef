"""A stand-in for the DAG of a data set whose contract or policy doesn't load."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException


class BrokenContractOperator(BaseOperator):
    """Fail with the error that the data set's files gave when they were loaded.

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
