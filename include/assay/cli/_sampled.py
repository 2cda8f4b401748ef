"""Samples that a new data set is drafted from, where they come from a database or an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli._console import connection_credentials, errors, spill_zone

if TYPE_CHECKING:
    from assay.engine import Session
    from assay.onboarding import DatasetPlan

Query = Annotated[
    str | None,
    typer.Option(help="One SELECT, with `:batch` in it; `--from` is then a connection's id."),
]
Batches = Annotated[
    list[str] | None,
    typer.Option("--batch", help="Of a connection or an entry: batch to sample; repeat for more."),
]
Rows = Annotated[int, typer.Option(help="Of the same: rows to read of each batch, at most.")]


def is_source(samples: Sequence[str], query: str | None) -> bool:
    """Whether a sample is no file of rows."""
    return query is not None or samples[0].lower().endswith((".yaml", ".yml"))


def draft(
    session: Session, sample: str, name: str, query: str | None, batches: Sequence[str] | None,
    rows: int, grain: Literal["day", "month", "year"], first: str | None, owner: str,
) -> DatasetPlan:  # fmt: skip
    """Draft a data set from the first rows of some batches, which are removed afterwards."""
    from assay.stages.authoring import draft_from_source

    if not batches:
        raise typer.BadParameter("name a batch that the source has", param_hint="--batch")
    plan, nested = draft_from_source(
        session, spill_zone(), sample, name, query=query, batches=batches, most=rows,
        credentials=connection_credentials, grain=grain, first=first, owner=owner,
    )  # fmt: skip
    for column in nested:
        errors.print(f"{column} holds lists or mappings, so it is no column of the contract.")
    return plan
