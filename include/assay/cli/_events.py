"""Events of OpenLineage of what a command did."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from assay.cli._console import errors
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.lineage.openlineage import TaskData
    from assay.stages.services import Services


def keep_events(
    services: Services,
    job: str,
    task_data: Callable[[], TaskData | None],
    started: datetime,
    *,
    failed: bool = False,
) -> None:
    """Keep the events of something that a command did; what goes wrong is said and fails nothing.

    Parameters
    ----------
    job : str
        As the DAG that does the same is named, such as ``train__late_arrival``.
    task_data : callable
        Gives what was read and made; None where there is nothing to say.
    failed : bool
        Whether it decided against its data: a held model, say.
    """
    from assay.stages.openlineage import keep_run

    try:
        found = task_data()
        if found is not None:
            keep_run(services, os.environ, job, found, started, failed=failed)
    except (AssayError, OSError) as error:
        errors.print(f"No event of OpenLineage is kept: {error}", soft_wrap=True)
