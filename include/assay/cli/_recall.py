"""The recall of a version that turned out to be bad."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from assay.cli._console import open_services, progress, show
from assay.cli._events import keep_events
from assay.cli._options import AsJson, Author, Dataset


def recall(
    dataset: Dataset,
    which: Annotated[
        str, typer.Argument(metavar="BATCH|VERSION", help="A released batch, or a version id.")
    ],
    reason: Annotated[str, typer.Option(help="Why; on record for ever.")],
    apply: Annotated[
        str | None, typer.Option(metavar="HASH", help="Apply the plan of this hash.")
    ] = None,
    lift: Annotated[
        bool, typer.Option("--lift", help="The recall was an error: lift it, on record.")
    ] = False,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Recall a version that turned out to be bad: first all that it touches, then --apply.

    Without --apply nothing is changed. With it readers get a snapshot without the version, no
    snapshot takes it again, the models that learned from it can't be promoted, and the owners are
    notified once. A call that was killed is completed by the same call.

    Example: assay recall flights 2013-02-08 --reason "the clocks of EWR were an hour off"
    """
    from assay.stages.lineage import apply_recall, lift_recall, plan_recall
    from assay.stages.openlineage import data_of_recall

    services, by = open_services(dataset), author or getpass.getuser()
    if lift:
        found = lift_recall(services, dataset, which, reason=reason, author=by)
        return show({"lifted": found}, as_json, f"lifted {len(found)} recall of {dataset} {which}")
    started = services.clock()
    with progress("following what came of it"):
        if apply is None:
            plan = plan_recall(services, dataset, which)
            last = f"Nothing is changed yet. To apply it, add: --apply {plan.hash}"
        else:
            plan = apply_recall(services, dataset, which, apply, reason=reason, author=by)
            last = "It is recalled."
    if apply is not None:
        keep_events(services, f"recall__{dataset}", lambda: data_of_recall(services, plan), started)
    body = {**plan.model_dump(mode="json"), "hash": plan.hash, "applied": apply is not None}
    return show(body, as_json, [*plan.lines(), last])
