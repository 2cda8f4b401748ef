"""Who reads published rows: each role of the database with the query that its role allows."""

from __future__ import annotations

from collections.abc import Iterator

from assay.access import View, view_of
from assay.engine.postgres import postgres_query, table_of
from assay.errors import AccessError, InputError
from assay.policy.publishing import PublishingPolicy
from assay.publishing import Reader, Wanted
from assay.stages.access._extract import seen_columns, seen_rows
from assay.stages.access._policies import access_policy, classified_columns
from assay.stages.services import Services

_BATCH = "__batch"


def readers_of(
    services: Services, dataset: str, policy: PublishingPolicy, wanted: Wanted
) -> Iterator[Reader]:
    """The readers that the publishing policy names, each as far as its role may read today.

    A role that may not read any more, because its last day is past, is left out: what it was given
    is taken back.

    Raises
    ------
    InputError
        If there are readers, and the data set has no access policy.
    """
    if not policy.readers:
        return
    access = access_policy(services.project, dataset)
    if access is None:
        raise InputError(
            "the publishing policy has readers, and no access policy says what they may see",
            where=f"include/policies/{dataset}/publishing.yaml readers",
            do=f"Write include/policies/{dataset}/access.yaml: include/docs/access.md says how.",
        )  # fmt: skip
    names = [*(column.name for column in wanted.columns), _BATCH]
    classified = classified_columns(services.project, dataset)
    for name, asked in policy.readers.items():
        try:
            view = view_of(
                access, asked.role, names, classified, day=services.clock().date(),
                dataset=dataset, purpose=asked.purpose,
            )  # fmt: skip
        except AccessError:
            continue
        yield Reader(name, None if view.whole else _query(view, wanted))


def _query(view: View, wanted: Wanted) -> str:
    """What a role sees, as a query over `latest`."""
    columns = {c.name: c.type for c in wanted.columns} | {_BATCH: "text"}
    rows = table_of(wanted.dataset, "latest", columns)
    rows = seen_rows(rows, view)
    return postgres_query(rows.select(**seen_columns(rows, view)))
