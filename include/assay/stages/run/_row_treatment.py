"""What our own work did to each observed row: set aside, dropped, clipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
from ibis import Table

from assay import engine
from assay.engine import Session
from assay.stages.run._spec import Ticket
from assay.stages.run._tables import worked
from assay.stages.services import Services

_QUARANTINE, _LATE, _DROP = "quarantine", "quarantine after cleaning", "drop"


def touched(
    services: Services, ticket: Ticket, session: Session, observed: Table
) -> tuple[Any, Mapping[str, str]]:
    """The observed table with a mark for each thing that was done to a row.

    Returns
    -------
    (ibis.Table, mapping)
        The table, and the name of each treatment to its boolean column: ``quarantine`` by raw
        validation; of the other rows ``drop`` by cleaning, ``quarantine after cleaning``, and
        ``clip of x``. Filled cells aren't here: the candidate marks them itself.

    Notes
    -----
    Duplicates that raw validation drops are no observed rows, and in no figure.
    """
    marks = _marks(services, ticket, session)
    clips = marks.filter(marks["mark"].startswith("clip of ")).select("mark").distinct()
    names = [_DROP, _LATE, *sorted(clips.to_pyarrow()["mark"].to_pylist())]
    flags = {f"__touched_{place}": name for place, name in enumerate(names)}
    found = marks.group_by("__touched").aggregate(
        **{flag: (marks["mark"] == name).any() for flag, name in flags.items()}
    )
    joined = observed.left_join(found, observed[engine.ROW] == found["__touched"])
    treatments = {_QUARANTINE: "__quarantined", **{name: flag for flag, name in flags.items()}}
    return joined.drop("__touched"), treatments


def _marks(services: Services, ticket: Ticket, session: Session) -> Any:
    """``__touched`` (a row's number) and ``mark``, once for each row and mark or oftener."""
    dropped = worked(services, ticket, session, "marks_clean_dropped.parquet")
    late = worked(services, ticket, session, "marks_clean.parquet")
    log = worked(services, ticket, session, "change_log.parquet")
    clips = log.filter(log["rule"].startswith("outliers."), log["rule"].endswith(".clip"))
    mark = ibis.cases((late["disposition"] == "quarantined", _LATE), else_=_DROP)
    return ibis.union(
        dropped.select(__touched=dropped[engine.ROW], mark=ibis.literal(_DROP)),
        late.select(__touched=late[engine.ROW], mark=mark),
        clips.select(__touched=clips[engine.ROW], mark=ibis.literal("clip of ") + clips["column"]),
    )
