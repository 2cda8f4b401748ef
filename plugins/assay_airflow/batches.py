"""The batch of a run, and the form of a manual run."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from airflow.sdk import Param

from assay.contract import Contract, Partition
from assay.errors import InputError
from assay_airflow.timetable import BatchTimetable

_KEY: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


def timetable(partition: Partition, delay: timedelta = timedelta()) -> BatchTimetable:
    """One run for each batch, due at midnight after its last day, with its partition key.

    Later by the delay within which a batch must be there, where the contract has one.
    """
    return BatchTimetable(
        partition.cron,
        delay=delay,
        timezone=partition.timezone,
        run_offset=-1,
        key_format=partition.key_format,
    )


def start_date(partition: Partition) -> datetime:
    """The start of the first batch: no run is due before."""
    return partition.bounds(partition.first)[0]


def end_date(partition: Partition, delay: timedelta = timedelta()) -> datetime | None:
    """When the last run of a finished data set is due; None if new batches still arrive."""
    return partition.bounds(partition.last)[1] + delay if partition.last else None


def delay(contract: Contract) -> timedelta:
    """How long after the end of a batch its run is due: the latency of the whole table."""
    return contract.punctuality.max_delay if contract.punctuality else timedelta()


def release_form(contract: Contract, references: list[str]) -> dict[str, Param]:
    """The form of a manual run. It has no default batch: a person must choose one."""
    partition = contract.partition
    until = partition.last or "no end"
    return {
        "batch": Param(
            None,
            type=["null", "string"],
            title="Batch",
            description=f"Partition key, by {partition.grain}, like {partition.first} "
            f"({partition.first} … {until}). Scheduled runs and backfills bring their own.",
        ),
        "stop_before_release": Param(
            False,
            type="boolean",
            title="Stop before release",
            description="Run every gate and keep the candidate, but release nothing.",
        ),
        "reference": Param(
            None,
            type=["null", "string"],
            enum=[None, *references],
            values_display={"null": "Every reference of the policy"},
            title="Reference for drift",
            description="Compare with this reference of the policy only.",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Ask to force",
            description="If a gate holds the batch, ask a second person to release it anyway.",
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            title="Reason",
            description="Why it should be forced, kept on record. Required with 'Ask to force'.",
        ),
    }


def resolve_batch(partition: Partition, dag_run: Any, params: dict[str, Any]) -> str:
    """Read the batch of a run that begins, from its partition key or its form.

    Raises
    ------
    InputError
        If neither is given, both are given and differ, the key isn't canonical, or a run is to be
        forced without a reason.
    """
    key = named_batch(dag_run, params)
    if params.get("force") and not (params.get("reason") or "").strip():
        raise InputError("a forced release needs a reason", do="Fill in 'Reason'.")
    return partition.parse(key)


def named_batch(dag_run: Any, params: dict[str, Any]) -> str:
    """The key that a run names, whether or not the contract of now has such a batch.

    Raises
    ------
    InputError
        If it names none, or two that differ, or what no contract could have.
    """
    for name in ("batch", "reason"):
        if not isinstance(params.get(name), str | None):
            raise InputError("is no text", where=name, got=params[name])
    given = {k for k in (dag_run.partition_key, params.get("batch")) if k}
    if not given:
        raise InputError(
            "the run names no batch",
            where=dag_run.run_id,
            expected="a partition key",
            do="Fill in 'Batch' in the trigger form.",
        )
    if len(given) > 1:
        raise InputError(
            "the run's partition key and the form's batch differ",
            where=dag_run.run_id,
            got=sorted(given),
            do="Leave one of them empty.",
        )
    key = given.pop()
    if not _KEY.fullmatch(key):  # it becomes a path
        raise InputError("not a partition key", where=dag_run.run_id, got=key[:40],
                         expected="a day, a month or a year")  # fmt: skip
    return str(key)
