"""From two tables to measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ibis import Table

from assay.contract import Contract
from assay.drift._classifier import measure_classifier
from assay.drift._measurements import DriftMeasurements
from assay.drift.columns._comparison import Comparison
from assay.drift.columns._counted_table import CountedTable, Released
from assay.drift.concept._measure import measure_concept
from assay.engine import Session
from assay.errors import PolicyError
from assay.policy.drift import DriftPolicy


def measure_drift(
    session: Session,
    reference: Table | Released | None,
    current: Table,
    policy: DriftPolicy,
    *,
    contract: Contract | None = None,
    table: str = "observed",
    reference_name: str = "reference",
    batches: Sequence[str] = (),
    bootstrap: bool = False,
    note: str | None = None,
) -> DriftMeasurements:
    """Compare one table of a batch with one reference.

    Parameters
    ----------
    reference : ibis.Table, Released or None
        Released rows to compare with; None where there is no reference. Counts of
        :class:`Released` batches are kept in their folders and reused; the result is the same.
    current : ibis.Table
        Rows of the batch: all rows of the observed table, quarantined ones included.
    policy : DriftPolicy
        Names columns, tests, slices, alpha and seed; its limits aren't read.
    contract : Contract, optional
        Says which columns are classified, their closed lists, and roles. Without it the policy's
        roles are used, and protected columns count as classified.
    table, reference_name, batches
        Names of the compared tables and batches, for the record.
    bootstrap : bool
        Whether the batch is one that the policy releases without a reference.
    note : str, optional
        Why there is no reference.

    Raises
    ------
    PolicyError
        If the policy judges an identifier.

    Notes
    -----
    Numbers depend on the rows alone, not on their order nor on threads. Values that aren't numbers
    (NaN) count as missing.
    """
    roles = contract.roles if contract else policy.roles
    _refuse_identifiers(policy, roles)
    before = None if reference is None else CountedTable.of(reference)
    now = CountedTable.of(current)
    rows = now.rows()
    of_reference = 0 if before is None else before.rows()
    record: dict[str, Any] = {
        "table": table,
        "reference": reference_name,
        "batches": tuple(batches),
        "rows_current": rows,
        "rows_reference": of_reference,
        "note": note,
        "concept": measure_concept(now, roles, policy, "current"),
    }
    if not policy.applies or policy.alpha is None:
        return DriftMeasurements(state="not_applicable", **record | {"note": policy.reason})
    tests = policy.tests * max(len(policy.references), 1)
    level = policy.alpha / max(tests, 1)
    record |= {"tests": tests, "level": level}
    if rows == 0:
        return DriftMeasurements(state="empty_batch", **record)
    if bootstrap:
        return DriftMeasurements(state="bootstrap", **record)
    if before is None or of_reference == 0:
        why = note or ("the reference has no row" if before is not None else None)
        return DriftMeasurements(state="no_reference", **record | {"note": why})
    record["concept"] += measure_concept(before, roles, policy, "reference")
    place = f"{table}/{reference_name}"
    comparison = Comparison(contract, policy, place, level, session.threads)
    columns = list(comparison.run(before, now))
    together = measure_classifier(before.table, now.table, policy, level)
    columns += [] if together is None else [together]
    return DriftMeasurements(state="compared", columns=tuple(columns), **record)


def _refuse_identifiers(policy: DriftPolicy, roles: Mapping[str, str]) -> None:
    judged = dict.fromkeys((*policy.columns, *policy.classified_by))
    named = [name for name in judged if roles.get(name) == "identifier"]
    if named:
        raise PolicyError(
            "the drift policy judges a column that identifies rows",
            where="columns",
            got=named[0],
            do="Take it out: identifiers take no part in drift.",
        )
