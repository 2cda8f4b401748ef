"""From two tables to measurements."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.contract import Contract
from assay.drift._category import compare_levels
from assay.drift._columns import sliced, without_nan
from assay.drift._concept import measure_concept
from assay.drift._job import Job
from assay.drift._model import ColumnDrift, DriftMeasurements
from assay.drift._ordered import compare_ordered
from assay.errors import PolicyError
from assay.policy.drift import CategoryTest, DriftPolicy


def measure_drift(
    con: Any,  # noqa: ARG001 - every gate takes its session first
    reference: Any | None,
    current: Any,
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
    con : ibis.backends.duckdb.Backend
        The session of both tables.
    reference : ibis.Table or None
        Released rows to compare with; None where there is no reference.
    current : ibis.Table
        Rows of the batch: of the observed table every one, quarantined ones included.
    policy : DriftPolicy
        Names columns, tests, slices, alpha and seed; its limits aren't read.
    contract : Contract, optional
        Tells which columns are classified, their closed lists, and roles. Without it the roles of
        the policy do, and protected columns count as classified.
    table, reference_name, batches
        What is compared with what, for the record.
    bootstrap : bool
        Whether the batch is one that the policy releases without a reference.
    note : str, optional
        Why there is no reference.

    Returns
    -------
    DriftMeasurements

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
    rows = int(current.count().execute())
    of_reference = 0 if reference is None else int(reference.count().execute())
    record: dict[str, Any] = {
        "table": table,
        "reference": reference_name,
        "batches": tuple(batches),
        "rows_current": rows,
        "rows_reference": of_reference,
        "note": note,
        "concept": measure_concept(current, roles, policy, "current"),
    }
    if not policy.applies or policy.alpha is None:
        return DriftMeasurements(state="not_applicable", **record | {"note": policy.reason})
    tests = policy.tests * max(len(policy.references), 1)
    record |= {"tests": tests, "level": policy.alpha / tests}
    if rows == 0:
        return DriftMeasurements(state="empty_batch", **record)
    if bootstrap:
        return DriftMeasurements(state="bootstrap", **record)
    if reference is None or of_reference == 0:
        why = note or ("the reference has no row" if reference is not None else None)
        return DriftMeasurements(state="no_reference", **record | {"note": why})
    record["concept"] += measure_concept(reference, roles, policy, "reference")
    place = f"{table}/{reference_name}"
    comparison = _Comparison(contract, policy, place, policy.alpha / tests)
    columns = tuple(comparison.run(reference, current))
    return DriftMeasurements(state="compared", columns=columns, **record)


def _refuse_identifiers(policy: DriftPolicy, roles: Mapping[str, str]) -> None:
    named = [name for name in policy.columns if roles.get(name) == "identifier"]
    if named:
        raise PolicyError(
            "the drift policy judges a column that identifies rows",
            where="columns",
            got=named[0],
            do="Take it out: identifiers take no part in drift.",
        )


@dataclass(frozen=True)
class _Comparison:
    contract: Contract | None
    policy: DriftPolicy
    place: str
    level: float

    def run(self, reference: Any, current: Any) -> Iterator[ColumnDrift]:
        """Every column in all rows, then those of each slice."""
        yield from self._compared(reference, current, self.policy.columns, None)
        for part in self.policy.slices:
            pair = (sliced(reference, part), sliced(current, part))
            yield from self._compared(*pair, part.columns, part.name)

    def _compared(
        self, reference: Any, current: Any, names: Iterable[str], part: str | None
    ) -> Iterator[ColumnDrift]:
        sizes = [_sizes(reference, names, "reference"), _sizes(current, names, "current")]
        for name in names:
            both = {**sizes[0].get(name, {}), **sizes[1].get(name, {})}
            yield self._compare(reference, current, self._job(name, part), both)

    def _job(self, name: str, part: str | None) -> Job:
        seed = [self.policy.seed, zlib.crc32(f"{self.place}/{part}/{name}".encode())]
        roles, closed = self.policy.roles, None
        classified = roles.get(name) in {"protected", "identifier"}
        if self.contract is not None and name in self.contract.column_names:
            classified = name in self.contract.classified
            classified = classified or self.contract.roles.get(name) == "protected"
            closed = self.contract.column(name).levels
        return Job(
            name=name,
            slice=part,
            level=self.level,
            rng=np.random.default_rng(seed),
            classified=classified,
            closed=closed,
            least_number=self.policy.least_number,
        )

    def _compare(
        self, reference: Any, current: Any, job: Job, sizes: Mapping[str, int]
    ) -> ColumnDrift:
        spec = self.policy.columns[job.name]
        common: dict[str, Any] = {"column": job.name, "slice": job.slice, "test": spec.test}
        if job.name not in current.columns:
            return ColumnDrift(fault="column_missing", fault_in="current", **common)
        if job.name not in reference.columns:
            return ColumnDrift(fault="column_missing", fault_in="reference", **common)
        pair = (reference[job.name], current[job.name])
        common |= sizes
        if isinstance(spec, CategoryTest):
            return compare_levels(pair, job, common)
        return compare_ordered(pair, job, spec.test, common)


def _sizes(table: Any, names: Iterable[str], side: str) -> dict[str, dict[str, int]]:
    """Per column the rows of one side: all, those with a value, those without (null or NaN)."""
    known = [name for name in names if name in table.columns]
    values = {f"n{i}": without_nan(table[name]).count() for i, name in enumerate(known)}
    found = table.aggregate(rows=table.count(), **values).to_pyarrow().to_pylist()[0]
    rows = int(found["rows"])
    return {
        name: {
            f"rows_{side}": rows,
            f"n_{side}": int(found[f"n{i}"]),
            f"missing_{side}": rows - int(found[f"n{i}"]),
        }
        for i, name in enumerate(known)
    }
