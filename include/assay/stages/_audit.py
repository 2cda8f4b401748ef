"""The audit partition: protected attributes that ``protect`` removes, for the fairness gate alone.

A gate that can't see a group can't tell whether it is treated alike, and whoever uses a version
shall not see it. So what the fairness policy compares and the privacy policy removes is kept
beside the version, sealed with a key that belongs to the batch's month, and goes with its period.
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any, Final

from assay import engine
from assay.contract import Contract
from assay.errors import InputError, PolicyError
from assay.lake import publish
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.retention import RetentionPolicy
from assay.privacy import period_key, period_of, removed_columns, seal_file, unseal_file
from assay.stages._office import Office
from assay.stages._tables import landed, worked
from assay.stages._ticket import Ticket
from assay.stages._work import version_of

ZONE: Final = "audit"


def keep_audit(office: Office, ticket: Ticket) -> Path | None:
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
    contract = office.project.contract(ticket.dataset)
    names = _removed(office, contract)
    if not names:
        return None
    if office.policy(contract, "retention", RetentionPolicy).zones.audit is None:
        raise PolicyError(
            "protected attributes would be kept without a period",
            where=f"{ticket.dataset} retention zones.audit",
            got=list(names),
            do="Say in the retention policy how long the audit zone keeps them.",
        )
    path = _path(office, contract, ticket)
    if not path.is_file():
        with office.session() as con:
            rows = landed(office, ticket, con)
            observed = worked(office, ticket, con, "observed.parquet")
            _write(office, ticket, con, rows.semi_join(observed, engine.ROW), names, path)
    return path


def with_audit(office: Office, ticket: Ticket, con: Any, table: Any) -> Any:
    """A table of the run with the attributes that ``protect`` removed; for the fairness gate alone.

    Raises
    ------
    InputError
        If the partition isn't there any more, or doesn't open.
    """
    contract = office.project.contract(ticket.dataset)
    names = _removed(office, contract)
    if not names:
        return table
    path = _path(office, contract, ticket)
    if not path.is_file():
        raise InputError(
            "the audit partition of this version is gone, so that its groups can't be compared",
            where=office.relative(path),
            do="Run the batch again from its original, or give the audit zone a longer period.",
        )
    clear = _private(con) / "audit.parquet"
    unseal_file(path, clear, _key(office, contract, ticket), _about(ticket))
    kept = table.drop(*(name for name in names if name in table.columns))
    audit = engine.read_parquet(con, clear).rename(__audited=engine.ROW)
    return kept.left_join(audit, kept[engine.ROW] == audit["__audited"]).drop("__audited")


def _removed(office: Office, contract: Contract) -> tuple[str, ...]:
    fairness = office.policy(contract, "fairness", FairnessPolicy)
    privacy = office.policy(contract, "privacy", PrivacyPolicy)
    return removed_columns(privacy, fairness.grouping) if fairness.applies else ()


def _path(office: Office, contract: Contract, ticket: Ticket) -> Path:
    name = f"{_period(contract, ticket)}.sealed"
    return office.lake.path(ZONE, ticket.dataset, ticket.batch, version_of(ticket), name)


def _period(contract: Contract, ticket: Ticket) -> str:
    return period_of(contract.partition.bounds(ticket.batch)[1])


def _key(office: Office, contract: Contract, ticket: Ticket) -> bytes:
    return period_key(office.lake, ticket.dataset, _period(contract, ticket))


def _about(ticket: Ticket) -> str:
    return f"{ZONE}/{ticket.dataset}/{ticket.batch}/{version_of(ticket)}"


def _private(con: Any) -> Path:
    """A new folder in the session's own spill folder, which goes with the session."""
    spill = Path(con.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0])
    spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=spill))


def _write(
    office: Office, ticket: Ticket, con: Any, rows: Any, names: tuple[str, ...], path: Path
) -> None:
    contract = office.project.contract(ticket.dataset)
    clear = _private(con) / "audit.parquet"
    engine.write_parquet(con, rows.select(engine.ROW, *names), clear, [engine.ROW])
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        seal_file(clear, aside, _key(office, contract, ticket), _about(ticket))
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)
