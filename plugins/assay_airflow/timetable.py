"""When the run of each batch is due, and which batch a run is about."""

from __future__ import annotations

from datetime import timedelta

from airflow.timetables.trigger import CronPartitionTimetable
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

    def _get_prev(self, current: DateTime) -> DateTime:
        """The beginning of the batch before, also where ``current`` is no midnight."""
        found = super()._get_prev(current)
        return found if found < current else super()._get_prev(current - _HOUR)


TIMETABLES = [BatchTimetable]
