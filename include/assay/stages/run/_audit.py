"""The audit partition: protected attributes that ``protect`` removes, for the fairness gate alone.

A gate that can't see a group can't tell whether it is treated alike, and whoever uses a version
shall not see it. So what the fairness policy compares and the privacy policy removes is kept
beside the version, sealed with a key that belongs to the batch's month, and goes with its period.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Final

from ibis import Table

from assay import engine
from assay.contract import Contract
from assay.engine import Session
from assay.errors import InputError, PolicyError
from assay.keys import period_key, period_of, seal_file, unseal_file
from assay.lake import publish
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.retention import RetentionPolicy
from assay.privacy import removed_columns
from assay.stages.run._spec import Ticket
from assay.stages.run._tables import landed, worked
from assay.stages.run._work import version_of
from assay.stages.services import Services

ZONE: Final = "audit"


def keep_audit(services: Services, ticket: Ticket) -> Path | None:
    """Write the audit partition of a run, unless it is there or nothing needs it.

    Returns
    -------
    Path or None
        None where ``protect`` removes nothing that the fairness gate compares.

    Raises
    ------
    PolicyError
        If the retention policy gives the audit zone no period; nothing was written.
    """
    contract = services.project.contract(ticket.dataset)
    names = _removed(services, contract)
    if not names:
        return None
    if services.policy(contract, "retention", RetentionPolicy).zones.audit is None:
        raise PolicyError(
            "protected attributes would be kept without a period",
            where=f"{ticket.dataset} retention zones.audit",
            got=list(names),
            do="Say in the retention policy how long the audit zone keeps them.",
        )
    path = _path(services, contract, ticket)
    if not path.is_file():
        with services.session() as session:
            rows = landed(services, ticket, session)
            observed = worked(services, ticket, session, "observed.parquet")
            _write(services, ticket, session, rows.semi_join(observed, engine.ROW), names, path)
    return path


def with_audit(services: Services, ticket: Ticket, session: Session, table: Table) -> Any:
    """A table of the run with the attributes that ``protect`` removed; for the fairness gate alone.

    Raises
    ------
    InputError
        If the partition isn't there any more, or doesn't open.
    """
    contract = services.project.contract(ticket.dataset)
    names = _removed(services, contract)
    if not names:
        return table
    path = _path(services, contract, ticket)
    if not path.is_file():
        raise InputError(
            "the audit partition of this version is gone, so that its groups can't be compared",
            where=services.relative(path),
            do="Run the batch again from its original, or give the audit zone a longer period.",
        )
    clear = session.aside() / "audit.parquet"
    unseal_file(path, clear, _key(services, contract, ticket), _about(ticket))
    kept = table.drop(*(name for name in names if name in table.columns))
    audit = session.read_parquet(clear).rename(__audited=engine.ROW)
    return kept.left_join(audit, kept[engine.ROW] == audit["__audited"]).drop("__audited")


def _removed(services: Services, contract: Contract) -> tuple[str, ...]:
    fairness = services.policy(contract, "fairness", FairnessPolicy)
    privacy = services.policy(contract, "privacy", PrivacyPolicy)
    return removed_columns(privacy, fairness.grouping) if fairness.applies else ()


def _path(services: Services, contract: Contract, ticket: Ticket) -> Path:
    name = f"{_period(contract, ticket)}.sealed"
    return services.lake.make(ZONE, ticket.dataset, ticket.batch, version_of(ticket), name)


def _period(contract: Contract, ticket: Ticket) -> str:
    return period_of(contract.partition.bounds(ticket.batch)[1])


def _key(services: Services, contract: Contract, ticket: Ticket) -> bytes:
    return period_key(services.lake, ticket.dataset, _period(contract, ticket))


def _about(ticket: Ticket) -> str:
    return f"{ZONE}/{ticket.dataset}/{ticket.batch}/{version_of(ticket)}"


def _write(
    services: Services,
    ticket: Ticket,
    session: Session,
    rows: Table,
    names: tuple[str, ...],
    path: Path,
) -> None:
    contract = services.project.contract(ticket.dataset)
    clear = session.aside() / "audit.parquet"
    session.write_parquet(rows.select(engine.ROW, *names), clear, [engine.ROW])
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        seal_file(clear, aside, _key(services, contract, ticket), _about(ticket))
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)
