"""Two files compared: what the command line does."""

from __future__ import annotations

from pathlib import Path

from ibis import Table

from assay.drift._judge import judge_drift
from assay.drift._measure import measure_drift
from assay.drift._measurements import DriftReport
from assay.drift.attribution import (
    Cause,
    CountedTable,
    alarms,
    explain_drift,
    schema_changes,
    with_causes,
    write_rows,
)
from assay.engine import Session, open_session
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy
from assay.verdict import Verdict


def compare_files(
    reference: Path | str | None,
    current: Path | str,
    policy: Path | str,
    rows: Path | None = None,
    spill: Path | None = None,
) -> tuple[Verdict, DriftReport]:
    """Judge one CSV or Parquet file against another.

    Parameters
    ----------
    reference, current : path or URL
        The rows to compare; without a reference the verdict is INCONCLUSIVE, ``no_reference``.
    policy : path
        A drift policy, the same file as in ``include/policies/<dataset>/``. Its ``references`` and
        ``bootstrap`` play no part here, except that every reference it names counts in the
        correction.
    rows : path, optional
        Where to write the numbers of the rows that carry a shift, as Parquet.
    spill : Path, optional
        Folder for temporary files, as :func:`assay.engine.open_session` has it.

    Returns
    -------
    Verdict, DriftReport
        Give both to the ``render_*`` functions.

    Raises
    ------
    InputError
        If a file can't be read.
    PolicyError
        If the policy doesn't load.
    """
    judging = load_policy(policy, DriftPolicy)
    with open_session(spill) as session:
        before = None if reference is None else session.open_data(reference)
        now = session.open_data(current)
        measured = measure_drift(session, before, now, judging)
        verdict = judge_drift(measured, judging)
        causes = [] if before is None else _causes(session, before, now, verdict, judging, rows)
    return with_causes(verdict, causes), DriftReport(comparisons=(measured,))


def _causes(
    session: Session,
    before: Table,
    now: Table,
    verdict: Verdict,
    policy: DriftPolicy,
    rows: Path | None,
) -> list[Cause]:
    changes = {"pipeline": tuple(schema_changes(before, now))}
    sides = CountedTable(before), CountedTable(now)
    causes = (explain_drift(*sides, alarm, policy) for alarm in alarms(verdict, policy))
    found = [(cause.model_copy(update=changes), behind) for cause, behind in causes]
    return [cause for cause, _ in found] if rows is None else write_rows(session, found, rows)
