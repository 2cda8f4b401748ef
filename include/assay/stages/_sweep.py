"""The retention sweep: what is past its period, first planned, then removed exactly so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from assay.contract import Contract, load_contracts
from assay.errors import AssayError
from assay.policy.retention import RetentionPolicy
from assay.privacy import discard_period_keys
from assay.retention import (
    Inventory,
    RetentionPlan,
    RetentionResult,
    apply_retention,
    plan_retention,
    take_inventory,
)
from assay.stages._audit import ZONE as AUDIT
from assay.stages._office import Office


def plan_sweep(office: Office) -> RetentionPlan:
    """What is past its period now; nothing is changed."""
    return plan_retention(_inventory(office), _policies(office), office.clock())


def apply_sweep(office: Office, plan_hash: str) -> RetentionResult:
    """Remove exactly what the plan of this hash names.

    Raises
    ------
    InputError
        If another plan is due by now, or the world has changed since: then nothing is removed.
    """
    inventory = _inventory(office)
    plan = plan_retention(inventory, _policies(office), office.clock())
    result = apply_retention(plan, plan_hash, office.lake, inventory)
    discard_period_keys(office.lake, AUDIT, office.clock())
    return result


def _contracts(office: Office) -> dict[str, Contract]:
    found = load_contracts(office.project.contracts)
    return {name: c for name, c in found.items() if isinstance(c, Contract)}


def _policies(office: Office) -> dict[str, RetentionPolicy]:
    policies = {}
    for name, contract in _contracts(office).items():
        try:
            policies[name] = office.policy(contract, "retention", RetentionPolicy)
        except AssayError:
            continue  # what has no policy stays, and the plan says so
    return policies


def _inventory(office: Office) -> Inventory:
    catalog, contracts = office.catalog, _contracts(office)

    def batch_end(dataset: str, batch: str) -> datetime | None:
        contract = contracts.get(dataset)
        return contract.partition.bounds(batch)[1] if contract else None

    names = sorted({d["name"] for d in catalog.status(contracts)["datasets"]})
    pointers: dict[str, Any] = {n: catalog.pointer(n) for n in names}
    return take_inventory(
        office.lake,
        [r for n in names for r in catalog.history(n)],
        [s for n in names for s in catalog.snapshots(n)],
        pointers={n: p.number for n, p in pointers.items() if p is not None},
        live={(x.dataset, x.batch): x.owner for x in catalog.live_leases(office.clock())},
        committed={(n, b, v) for n in names for b, v in catalog.versions(n)},
        batch_end=batch_end,
    )
