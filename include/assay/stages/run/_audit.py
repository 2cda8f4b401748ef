"""The audit partition: protected attributes that ``protect`` removes, for the fairness gate alone.

A gate that can't see a group can't judge whether it is treated alike, and readers of a version must
not see it. So what the fairness policy compares and the privacy policy removes is kept beside the
version, sealed with a key that belongs to the batch's month, and is removed with that period.
"""

from __future__ import annotations

import uuid
from typing import Final

from ibis import Table

from assay.engine import ROW, Session
from assay.errors import InputError, PolicyError
from assay.keys import period_key, seal_file, unseal_file
from assay.lake import publish
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.retention import RetentionPolicy
from assay.privacy import removed_columns
from assay.stages.run._run import Run

ZONE: Final = "audit"


def write_audit(run: Run, session: Session) -> None:
    """Write the audit partition of a run, unless nothing needs it.

    Nothing needs it where ``protect`` removes nothing that the fairness gate compares.

    Raises
    ------
    PolicyError
        If the retention policy gives the audit zone no period; nothing was written.
    """
    names = _removed(run)
    if not names:
        return
    if run.policy(RetentionPolicy).zones.audit is None:
        raise PolicyError(
            "protected attributes would be kept without a period",
            where=f"{run.dataset} retention zones.audit",
            got=list(names),
            do="Say in the retention policy how long the audit zone keeps them.",
        )
    path = run.workspace.audit.new()
    observed = run.workspace.observed.read(session)
    rows = run.workspace.landed.read(session).semi_join(observed, ROW)
    clear = session.aside() / "audit.parquet"
    session.write_parquet(rows.select(ROW, *names), clear, [ROW])
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        seal_file(clear, aside, _key(run), _label(run))
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def with_audit(run: Run, session: Session, table: Table) -> Table:
    """A table of the run with the attributes that ``protect`` removed; for the fairness gate alone.

    Raises
    ------
    InputError
        If the partition is no longer there, or doesn't open.
    """
    if not _removed(run):
        return table
    sealed = run.workspace.audit
    if not sealed.exists():
        raise InputError(
            "the audit partition of this version is gone, so that its groups can't be compared",
            where=sealed.relative,
            do="Run the batch again from its original, or give the audit zone a longer period.",
        )
    clear = session.aside() / "audit.parquet"
    unseal_file(sealed.found(), clear, _key(run), _label(run))
    kept = table.drop(*(name for name in _removed(run) if name in table.columns))
    audit = session.read_parquet(clear).rename(__audited=ROW)
    return kept.left_join(audit, kept[ROW] == audit["__audited"]).drop("__audited")


def _removed(run: Run) -> tuple[str, ...]:
    fairness = run.policy(FairnessPolicy)
    if not fairness.applies:
        return ()
    return removed_columns(run.policy(PrivacyPolicy), fairness.grouping)


def _key(run: Run) -> bytes:
    return period_key(run.services.lake, run.dataset, run.workspace.period or "")


def _label(run: Run) -> str:
    """What the sealed file is bound to, so that it opens in its own place only."""
    return "/".join((ZONE, *run.workspace.key))
