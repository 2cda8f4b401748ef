"""Which batch a run is about, and what its form asks: resolved in this one place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.sdk import CronPartitionTimetable, Param

from assay.contract import Contract, Partition
from assay.errors import InputError


def timetable(partition: Partition) -> CronPartitionTimetable:
    """One run a batch, due at midnight after the batch's last day, keyed by its partition."""
    return CronPartitionTimetable(
        partition.cron,
        timezone=partition.timezone,
        run_offset=-1,
        key_format=partition.key_format,
    )


def start_date(partition: Partition) -> datetime:
    """When the first batch begins: no run is due before."""
    return partition.bounds(partition.first)[0]


def end_date(partition: Partition) -> datetime | None:
    """When the last batch of a finished data set has ended, or it is scheduled for ever."""
    return partition.bounds(partition.last)[1] if partition.last else None


def release_form(contract: Contract, references: list[str]) -> dict[str, Param]:
    """The form of a manual run. It has no default batch: a person must say which."""
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
            description="Go through every gate, keep the candidate, and leave the pointer alone.",
        ),
        "reference": Param(
            None,
            type=["null", "string"],
            enum=[None, *references],
            values_display={"null": "Every reference of the policy"},
            title="Reference for drift",
            description="Judge drift against this one of the policy's references only.",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Ask to force",
            description="If a gate holds it, ask a second person to release it all the same.",
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            title="Reason",
            description="Why it should be forced, on record for ever. Needed with 'Ask to force'.",
        ),
    }


def resolve_batch(partition: Partition, dag_run: Any, params: dict[str, Any]) -> str:
    """The one batch of a run: from its partition key or from its form.

    Raises
    ------
    InputError
        If neither or both unequal are given, the key isn't canonical, or a run that is to be
        forced gives no reason.
    """
    given = {k for k in (dag_run.partition_key, params.get("batch")) if k}
    if not given:
        raise InputError(
            "the run names no batch",
            where=dag_run.run_id,
            expected=f"a partition key like {partition.first}",
            do="Fill in 'Batch' in the trigger form.",
        )
    if len(given) > 1:
        raise InputError(
            "the run's partition key and the form's batch differ",
            where=dag_run.run_id,
            got=sorted(given),
            do="Leave one of them empty.",
        )
    if params.get("force") and not (params.get("reason") or "").strip():
        raise InputError("asked to force without a reason", do="Say why in 'Reason'.")
    return partition.parse(given.pop())
