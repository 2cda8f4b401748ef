"""Marks of what the run did to each observed row: quarantined, dropped, clipped."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis import Table

from assay.engine import ROW, Session
from assay.stages.run._run import Run

_QUARANTINE, _LATE, _DROP = "quarantine", "quarantine after cleaning", "drop"


def mark_treatments(run: Run, session: Session, observed: Table) -> tuple[Table, Mapping[str, str]]:
    """Mark the rows that validation quarantined, and those that cleaning dropped or clipped.

    Returns
    -------
    (ibis.Table, mapping)
        The table, and the name of each treatment → its boolean column: ``quarantine`` by raw
        validation; of the other rows ``drop`` by cleaning, ``quarantine after cleaning``, and
        ``clip of x``. Filled cells aren't here: the candidate marks them itself.

    Notes
    -----
    Duplicates that raw validation drops are no observed rows, and in no figure.
    """
    marks = _marks(run, session)
    clips = marks.filter(marks["mark"].startswith("clip of ")).select("mark").distinct()
    names = [_DROP, _LATE, *sorted(row["mark"] for row in session.rows(clips))]
    flags = {f"__treated_{place}": name for place, name in enumerate(names)}
    found = marks.group_by("__treated").aggregate(
        **{flag: (marks["mark"] == name).any() for flag, name in flags.items()}
    )
    joined = observed.left_join(found, observed[ROW] == found["__treated"])
    treatments = {_QUARANTINE: "__quarantined", **{name: flag for flag, name in flags.items()}}
    return joined.drop("__treated"), treatments


def _marks(run: Run, session: Session) -> Table:
    """``__treated`` (a row's number) and ``mark``, at least once for each row and mark."""
    workspace = run.workspace
    dropped = workspace.dropped.read(session)
    late = workspace.marks_clean.read(session)
    log = workspace.change_log.read(session)
    clips = log.filter(log["rule"].startswith("outliers."), log["rule"].endswith(".clip"))
    mark = ibis.cases((late["disposition"] == "quarantined", _LATE), else_=_DROP)
    return ibis.union(
        dropped.select(__treated=dropped[ROW], mark=ibis.literal(_DROP)),
        late.select(__treated=late[ROW], mark=mark),
        clips.select(__treated=clips[ROW], mark=ibis.literal("clip of ") + clips["column"]),
    )
