"""Defaults of every task of Assay: retries, time-outs, and errors that are never retried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

TASK_DEFAULTS: Final[dict[str, Any]] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(hours=2),
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            # Another run works on the batch, and will end.
            RetryRule(exception="assay.errors.LeaseError", action=RetryAction.RETRY),
            RetryRule(
                exception="assay.errors.UndecidedError",
                action=RetryAction.RETRY,
                retry_delay=timedelta(seconds=5),
            ),
            # A service that doesn't answer now may answer later.
            RetryRule(exception="assay.errors.UnreachableError", action=RetryAction.RETRY),
            # A retry doesn't correct data, a policy or a program; failed I/O may work later.
            RetryRule(exception="assay.errors.AssayError", action=RetryAction.FAIL),
            RetryRule(exception="builtins.TypeError", action=RetryAction.FAIL),
        ]
    ),
}
RUN_TIMEOUT: Final = timedelta(days=2)
"""Longer than the time for an approval, so that a forgotten run ends."""
APPROVAL_TIMEOUT: Final = timedelta(days=1)
MAX_ACTIVE_RUNS: Final = 16
PIN_RETRIES: Final = 24
"""Two minutes, in which the earlier batches of a backfill are decided."""
