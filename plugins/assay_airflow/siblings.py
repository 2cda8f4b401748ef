"""The other runs that were started with a run: by one backfill, or one ``assay rerun``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

_SHARED: Final = re.compile(r"(?P<kind>backfill|rerun)__(?P<batch>[0-9-]+)__(?P<mark>[0-9a-z]+)")
_MOST: Final = 200
"""Ids in one question: they travel in an address."""


@dataclass(frozen=True)
class Siblings:
    """Asks Airflow for the runs whose ids differ from a run's own by the batch only.

    Parameters
    ----------
    dag_run : DagRun
        The run.
    ti : TaskInstance
        A task of it, which may ask.
    batch : str
        The batch of the run.
    """

    dag_run: Any
    ti: Any
    batch: str

    def unfinished(self, batches: Collection[str]) -> list[str]:
        """The batches among some that the same backfill has still to run, or is running."""
        ids = {self._id(batch): batch for batch in batches if self._id(batch)}
        found: list[str] = []
        for start in range(0, len(ids), _MOST):
            found += self._in(list(ids)[start : start + _MOST], ("queued", "running"))
        return [ids[run_id] for run_id in found]

    def at_work(self, batches: Collection[str]) -> bool:
        """Whether a run of one of these batches is running now."""
        ids = [run_id for batch in batches if (run_id := self._id(batch))]
        return bool(ids and self._count(ids[:_MOST], ("running",)))

    def _id(self, batch: str) -> str | None:
        found = _SHARED.fullmatch(str(self.dag_run.run_id))
        if found is None or found["batch"] != self.batch:
            return None
        return f"{found['kind']}__{batch}__{found['mark']}"

    def _in(self, ids: Sequence[str], states: tuple[str, ...]) -> list[str]:
        """The ids that have one of these states, found by halves: most often none has."""
        if not ids or not self._count(ids, states):
            return []
        if len(ids) == 1:
            return list(ids)
        half = len(ids) // 2
        return self._in(ids[:half], states) + self._in(ids[half:], states)

    def _count(self, ids: Sequence[str], states: tuple[str, ...]) -> int:
        found = self.ti.get_dr_count(
            dag_id=self.dag_run.dag_id, run_ids=list(ids), states=list(states)
        )
        return int(found)
