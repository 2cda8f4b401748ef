"""Limits from the distances between ordinary batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ibis import Table

from assay.contract import Contract
from assay.drift import DriftMeasurements, batches_of, measure_drift
from assay.drift.calibration import (
    Calibration,
    calibrate,
    comparisons,
    halved,
    measure_chance,
    write_limits,
)
from assay.engine import Session
from assay.errors import InputError, PolicyError
from assay.policy.drift import DriftPolicy, Pinned
from assay.stages.run._references import versions_table
from assay.stages.services import Services

Tables = Callable[[Session, list[str]], Table]


def calibrate_drift(
    services: Services, dataset: str, rate: float, data: Path | None = None
) -> Calibration:
    """Compare the ordinary batches of a data set with each other, and propose limits.

    Ordinary batches are the policy's bootstrap batches that the contract expects. Each is compared
    with the other batches of the pinned reference. Where there is only one, its random halves are
    compared.

    Parameters
    ----------
    rate : float
        The false-alarm rate of one column that the owner wants.
    data : Path, optional
        A folder of the batches' files, ``<batch>.csv`` or Parquet. Without it, the observed rows
        of the released batches are compared.

    Raises
    ------
    InputError
        If too few ordinary batches are there.
    PolicyError
        If the policy names no bootstrap batch or no pinned reference, or judges label and
        prediction alone: their limits are shares that the owner chooses.
    """
    contract = services.project.contract(dataset)
    policy = services.policy(contract, DriftPolicy)
    pinned, ordinary = _asked(services, contract, policy)
    there, tables = _tables(services, contract, ordinary, data)

    def measured(batch: str, reference: list[str]) -> DriftMeasurements:
        with services.session() as session:
            both = tables(session, reference), tables(session, [batch])
            return measure_drift(session, *both, policy, contract=contract, batches=reference)

    if ordinary[1:]:
        named = batches_of(pinned.batches, contract.partition)
        found = {batch: measured(batch, others) for batch, others in comparisons(there, named)}
        compared = [batch for batch in named if batch in there]
        with services.session() as session:
            smallest = min(there, key=lambda b: session.value(tables(session, [b]).count()))
            pair = (tables(session, compared), tables(session, [smallest]))
            chance = measure_chance(session, *pair, policy, contract)
        return calibrate(found, chance, policy, rate, dataset)
    if not there:
        raise InputError("the only ordinary batch is missing", got=ordinary[0])
    # One comparison of halves, its null quantiles taken at the rate itself.
    alpha = rate * policy.tests * max(len(policy.references), 1)
    at_rate = policy.model_copy(update={"alpha": alpha})
    with services.session() as session:
        whole = tables(session, there)
        one = measure_drift(session, *halved(whole, policy.seed), at_rate, contract=contract)
        chance = measure_chance(session, whole, whole, policy, contract)
    return calibrate({there[0]: one}, chance, policy, rate, dataset, between="halves")


def _asked(services: Services, contract: Contract, policy: DriftPolicy) -> tuple[Pinned, list[str]]:
    """The pinned reference and the ordinary batches; refused where there is nothing to do."""
    where = str(services.project.policy(contract.dataset, "drift"))
    pinned = next((r for r in policy.references.values() if isinstance(r, Pinned)), None)
    bootstrap = batches_of(policy.bootstrap, contract.partition)
    ordinary = [batch for batch in bootstrap if contract.expects(batch)]
    if not policy.applies or pinned is None or not ordinary:
        raise PolicyError(
            "the drift policy names no ordinary batches", where=where,
            expected="`bootstrap`, and a reference of kind pinned",
        )  # fmt: skip
    if not policy.columns and policy.classifier is None:
        raise PolicyError(
            "the drift policy has no limit to calibrate", where=where,
            expected="`columns` or `classifier`",
            do="Choose the limits of `concept` by the change that matters.",
        )  # fmt: skip
    return pinned, ordinary


def write_calibration(services: Services, found: Calibration) -> list[str]:
    """Write the proposals into the data set's policy; return the limits that changed."""
    return write_limits(services.project.policy(found.dataset, "drift"), found)


def _tables(
    services: Services, contract: Contract, ordinary: list[str], data: Path | None
) -> tuple[list[str], Tables]:
    """Find the ordinary batches that exist, and how to read some of them as one table."""
    if data is None:
        released = _released(services, contract.dataset)
        there = [b for b in ordinary if b in released]
        return there, lambda session, keys: versions_table(
            services, session, contract.dataset, {b: released[b] for b in keys}, "observed"
        )
    files = {b: next(iter(sorted(data.glob(f"{b}.*"))), None) for b in ordinary}
    found = {b: path for b, path in files.items() if path is not None}
    return list(found), lambda session, keys: _union(session, [found[b] for b in keys])


def _released(services: Services, dataset: str) -> Mapping[str, str]:
    registry = services.registry
    if registry.pointer(dataset) is None:
        return {}
    snapshot = registry.snapshot(dataset)
    return {b: v for b, v in snapshot.batches.items() if b not in snapshot.forced}


def _union(session: Session, paths: list[Path]) -> Table:
    import ibis

    tables = [session.open_data(path) for path in paths]
    return ibis.union(*tables) if tables[1:] else tables[0]
