"""The last task of a run: it notifies people, always runs, and never colours the run."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError

if TYPE_CHECKING:
    import logging


class NotifyingMixin:
    """Open and close incidents, and hand their messages over.

    What can't be done now is tried again as every task is; what can't be done at all is logged,
    and the run is what its stages made of it.
    """

    ui_color = "#fce8e6"
    log: logging.Logger

    def execute(self, context: Any) -> dict[str, Any]:
        """Notify the people whom the alerting policy names, as far as that can be done."""
        try:
            return self.notify(context)
        except Exception as error:
            ti = context["ti"]
            if not isinstance(error, AssayError) and ti.try_number <= ti.max_tries:
                raise
            problem = str(error) if isinstance(error, AssayError) else type(error).__name__
            self.log.error("Nobody is notified of this run: %s", problem)
            return {"problem": problem}

    @abstractmethod
    def notify(self, context: Any) -> dict[str, Any]:
        """Notify them; what was done is the task's result."""
