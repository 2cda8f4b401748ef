"""What waits in the triggerer, so that no worker does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from assay.stages.labels.rounds import Look

FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0
_GROWTH: Final = 1.5
COLLECT_AFTER_S: Final = 300.0
"""Answers are taken from the platform after so many seconds, though others are missing."""
_PATIENCE: Final = 3
"""Times that a platform may fail to answer before it is reported."""


class AnswersTrigger(BaseTrigger):
    """Look for the answers of a round until a task should collect them.

    It reads only. It ends when every answer is there, when the deadline is over, when answers have
    waited for some minutes, when the platform fails, and when it answers again.

    Parameters
    ----------
    dataset : str
        Name of the data set that is labelled.
    number : int
        Number of the round.
    asking : str
        ``""`` for the annotators, ``review`` for the experts.
    troubled : bool
        Whether the task knows that the platform fails.
    """

    def __init__(self, dataset: str, number: int, asking: str, troubled: bool = False) -> None:
        super().__init__()
        self.dataset, self.number, self.asking = dataset, number, asking
        self.troubled = troubled

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The trigger as Airflow's database has it: no name, no token."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "dataset": self.dataset, "number": self.number, "asking": self.asking,
            "troubled": self.troubled,
        }  # fmt: skip

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look at growing intervals, in a thread of its own; one event, then the end."""
        began, pause, failures, wakes = time.monotonic(), FIRST_PAUSE_S, 0, None
        while wakes is None:
            await asyncio.sleep(pause)
            pause = min(pause * _GROWTH, LONGEST_PAUSE_S)
            try:
                found = await asyncio.to_thread(self._look)
            except Exception as error:  # the task finds the same, and says it where people look
                self.log.warning("The round can't be looked at: %s", type(error).__name__)
                failures += 1
                wakes = "error" if failures >= _PATIENCE else None
            else:
                failures = failures + 1 if found.trouble else 0
                wakes = self._wakes(found, failures, time.monotonic() - began)
        yield TriggerEvent({"why": wakes})

    def _look(self) -> Look:
        from assay.stages.labels.rounds import find_round, look
        from assay_airflow.hooks.labelling import platform_environ
        from assay_airflow.hooks.services import open_services

        services = open_services(reading=True)
        folder = find_round(services, self.dataset, self.number)
        return look(services, folder, platform_environ(), self.asking)

    def _wakes(self, found: Look, failures: int, waited_s: float) -> str | None:
        """Why the task should collect now; None if it shouldn't."""
        if found.trouble is not None:
            late = failures >= _PATIENCE or not found.passing
            return "trouble" if late and not self.troubled else None
        if self.troubled:
            return "answers again"
        if found.over:
            return "over"
        return "news" if found.new and waited_s >= COLLECT_AFTER_S else None
