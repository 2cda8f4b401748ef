"""Local times that exist twice or never, because the clock is changed: counted, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.contract import Column, Contract
from assay.engine import Session
from assay.ingest._model import Fault
from assay.ingest.readers._local_time import has_zone, in_utc
from assay.ingest.readers._moments import local_from_text
from assay.ingest.readers._text_sql import literal
from assay.reasons import ReasonCode
from assay.verdict import Outcome


def unclear_times(session: Session, contract: Contract, rows: Path) -> Iterator[Fault]:
    """One remark for each column with such times in the landed rows; those rows are unparsed."""
    for column in contract.columns:
        if not has_zone(column):
            continue
        name = literal(column.name)
        said = f"CAST({local_from_text(column, f'__landed[{name}]')} AS TIMESTAMP)"
        # At the edges of what can be stored, the moment may lie beyond.
        local = f"CASE WHEN year({said}) BETWEEN 2 AND 9998 THEN {said} END"
        clear, total = session.query(
            f"SELECT count({in_utc(column, local, 'earlier')}), count({local}) "  # noqa: S608
            f"FROM read_parquet({literal(str(rows))}) WHERE list_contains(__unparsed, {name})"
        )[0]
        if total:
            yield _unclear(column, twice=clear, never=total - clear)


def _unclear(column: Column, *, twice: int, never: int) -> Fault:
    """The clock shows a time twice when it is put back, and skips one when it is put forward."""
    return Fault(
        code=ReasonCode.LOCAL_TIME_UNCLEAR,
        message=f"{twice} local times exist twice in {column.timezone} and {never} never, because "
        "the clock is changed; they are not parsed.",
        column=column.name,
        numbers={"twice": twice, "never": never},
        outcome=Outcome.WARN,
    )
