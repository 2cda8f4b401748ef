"""When the run of each batch is due, and which batch a run is about."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.timetables.trigger import CronPartitionTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime

_HOUR = timedelta(hours=1)
_NOTHING = timedelta()


class BatchTimetable(CronPartitionTimetable):
    """One run for each batch, due when its last day has ended in the contract's time zone.

    Parameters
    ----------
    delay : timedelta
        How much later a scheduled run starts: a batch may take so long to arrive. A backfill
        doesn't wait.
    cron, more
        As for :class:`CronPartitionTimetable`.

    Notes
    -----
    In some zones a day can begin at 01:00, because the clock skips midnight (Cairo, Beirut,
    Santiago, Havana, the Azores). Airflow's own step back from such a beginning finds the
    midnight that doesn't exist, which is the same moment: the run would get the key of the day
    that begins, and the day that ended would have no run.
    """

    _backfill: tuple[str, set[str]] = ("", set())

    def __init__(self, cron: str, *, delay: timedelta = _NOTHING, **more: Any) -> None:
        super().__init__(cron, **more)
        self._delay = delay

    def serialize(self) -> dict[str, Any]:
        """The timetable as the scheduler gets it."""
        return {**super().serialize(), "delay": self._delay.total_seconds()}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> BatchTimetable:
        """The timetable in the scheduler."""
        made = super().deserialize(data)
        made._delay = timedelta(seconds=data.get("delay", 0))
        return made

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next run: that of the batches' ends, later by the delay."""
        last, latest = last_dagrun_info, restriction.latest
        found = super().next_dagrun_info_v2(
            last_dagrun_info=last and last._replace(run_after=last.run_after - self._delay),
            restriction=restriction._replace(latest=latest and latest - self._delay),
        )
        return found and found._replace(run_after=found.run_after + self._delay)

    def _align_to_prev(self, current: DateTime) -> DateTime:
        """The newest end of a batch whose run may have started by now."""
        return super()._align_to_prev(current - self._delay)

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
