"""Answer an incident: acknowledge it, snooze it, or dismiss it.

**What it does.** Records what you do about one incident, in your name. *Acknowledge*: you work on
it, so nobody else is called. *Snooze*: there are no messages about it until a time; if it is still
open then, everybody is notified again. *Dismiss*: its failing batches need nothing. The incident
closes. There are no messages about later failures of this check by these batches, until they pass,
or until a time.

**When not to run it.** Not to make a batch pass: a dismissed batch stays held. To release it all
the same, trigger its release DAG with *Ask to force*.

**Parameters.** `incident` (its number, in every message and in `assay incidents list`), `action`,
`until` (needed to snooze), `reason` (needed to snooze or dismiss, on record), `batch` (dismiss only
this one).

**Example.** `airflow dags trigger incidents --conf '{"incident": 7, "action": "acknowledge"}'`, or
by hand `assay incidents ack 7`.

**Who is notified.** A message that a bot posted shows the present state of the incident. The people
who were notified of an incident are notified when it is dismissed, but not by whom or why.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.operators.incidents import RespondOperator
from assay_airflow.tags import ALERTS, ASSAY

with DAG(
    dag_id="incidents",
    description="Acknowledge, snooze or dismiss an incident.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    is_paused_upon_creation=False,
    params={
        "incident": Param(
            type="integer",
            minimum=1,
            title="Incident",
            description="Its number, as the message and `assay incidents list` show it.",
        ),
        "action": Param(
            "acknowledge",
            type="string",
            enum=["acknowledge", "snooze", "dismiss"],
            title="Action",
            description="Work on it, mute it for a time, or decide that it needs nothing.",
        ),
        "until": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Until",
            description="When a snooze ends; a dismissal may have an end too.",
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            title="Reason",
            description="Why, on record. Needed to snooze or dismiss; it is in no message.",
        ),
        "batch": Param(
            None,
            type=["null", "string"],
            title="Batch",
            description="Dismiss this batch only; all failing ones if empty.",
        ),
    },
    tags=[ASSAY, ALERTS],
    default_args={**TASK_DEFAULTS, "owner": "assay"},
):
    RespondOperator(task_id="respond")
