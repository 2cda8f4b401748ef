"""When the run of each batch is due, and which batch a run is about."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from airflow.timetables.trigger import CronPartitionTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime

_HOUR = timedelta(hours=1)


class BatchTimetable(CronPartitionTimetable):
    """One run for each batch, due when its last day has ended in the contract's time zone.

    Notes
    -----
    In some zones a day can begin at 01:00, because the clock skips midnight (Cairo, Beirut,
    Santiago, Havana, the Azores). Airflow's own step back from such a beginning finds the
    midnight that doesn't exist, which is the same moment: the run would get the key of the day
    that begins, and the day that ended would have no run.
    """

    _backfill: tuple[str, set[str]] = ("", set())

    def generate_run_id(self, *, run_type: DagRunType, **info: Any) -> str:
        """The id of a run; those of one backfill differ by their batches only.

        So a run knows the ids of the other runs of its backfill (``siblings``), and can wait for
        one that hasn't begun. A batch that comes a second time begins another backfill.
        """
        key = info.get("partition_key")
        if run_type != DagRunType.BACKFILL_JOB or not key:
            return str(super().generate_run_id(run_type=run_type, **info))
        mark, made = self._backfill
        if not mark or key in made:
            mark, made = secrets.token_hex(4), set()
        self._backfill = (mark, made | {key})
        return str(run_type.generate_run_id(suffix=f"{key}__{mark}"))

    def _get_prev(self, current: DateTime) -> DateTime:
        """The beginning of the batch before, also where ``current`` is no midnight."""
        found = super()._get_prev(current)
        return found if found < current else super()._get_prev(current - _HOUR)


TIMETABLES = [BatchTimetable]
