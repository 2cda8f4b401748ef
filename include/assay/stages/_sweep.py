"""The retention sweep: what is past its period, first planned, then removed exactly so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from assay.contract import Contract, load_contracts
from assay.errors import AssayError, InputError
from assay.policy.retention import RetentionPolicy
from assay.privacy import discard_period_keys
from assay.retention import (
    Inventory,
    RetentionPlan,
    RetentionResult,
    apply_retention,
    plan_retention,
    rest_of_plan,
    take_inventory,
)
from assay.stages._audit import ZONE as AUDIT
from assay.stages._office import Office
from assay.stages._tables import forget_sketches
from assay.stages._versions_end import end_versions
from assay.stages._work import write_text

_UPLOADING: Final = timedelta(days=2)
"""Objects that no version names may belong to a commit that runs now, for as long as this."""


def plan_sweep(office: Office) -> RetentionPlan:
    """What is past its period now; nothing is changed."""
    return _plan(office, _inventory(office))


def apply_sweep(office: Office, plan_hash: str) -> RetentionResult:
    """Do exactly what the plan of this hash says, as far as it is due at this moment.

    The plan is kept in the zone ``retention`` before anything is removed, so that a sweep that was
    killed is finished by the same call, and its result beside it when all is done. What a killed
    sweep left in its place and a hold or a run keeps by now stays, and the result names it.

    Raises
    ------
    InputError
        If another plan is due by now and this one was never begun: then nothing is removed.
    """
    inventory, done = _inventory(office), _result_path(office, plan_hash)
    plan, kept = _plan(office, inventory), tuple[str, ...]()
    if plan.hash == plan_hash:
        write_text(_plan_path(office, plan_hash), plan.model_dump_json(indent=1))
    else:
        rest = rest_of_plan(_begun(office, plan_hash, plan), plan, inventory)
        if rest.finished and done.is_file():
            return RetentionResult.model_validate_json(done.read_text(encoding="utf-8"))
        plan, kept = rest.plan, rest.kept
    if done.is_file():  # what it names is here again
        done.rename(done.with_suffix(f".until-{office.clock():%Y%m%dT%H%M%S}.json"))
    result = apply_retention(plan, plan.hash, office.lake, inventory)
    ended, discarded = end_versions(office, plan, office.clock() - _UPLOADING)
    forget_sketches(office)
    discard_period_keys(office.lake, AUDIT, office.clock())
    result = result.model_copy(
        update={"plan": plan_hash, "kept": kept, "versions": ended, "objects": discarded}
    )
    write_text(done, result.model_dump_json(indent=1))
    return result


def _plan(office: Office, inventory: Inventory) -> RetentionPlan:
    return plan_retention(inventory, _policies(office), office.clock())


def _plan_path(office: Office, plan_hash: str) -> Path:
    return office.lake.path("retention", f"{plan_hash}.json")


def _result_path(office: Office, plan_hash: str) -> Path:
    return office.lake.path("retention", f"{plan_hash}.done.json")


def _begun(office: Office, plan_hash: str, due: RetentionPlan) -> RetentionPlan:
    """The plan of this hash, which another sweep has begun."""
    path = _plan_path(office, plan_hash)
    if path.is_file():
        return RetentionPlan.model_validate_json(path.read_text(encoding="utf-8"))
    raise InputError(
        "this isn't the plan that is due now",
        got=plan_hash,
        expected=due.hash,
        do="Plan again and look at it: assay retention plan.",
    )


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
    catalog, registry, contracts = office.catalog, office.registry, _contracts(office)

    def batch_end(dataset: str, batch: str) -> datetime | None:
        contract = contracts.get(dataset)
        return contract.partition.bounds(batch)[1] if contract else None

    listed = {d["name"] for d in catalog.status(contracts)["datasets"]}
    names = sorted({*listed, *registry.datasets()})
    pointers = {n: p.snapshot for n in names if (p := registry.pointer(n)) is not None}
    stones = [t for n in names for t in registry.tombstones(n)]
    return take_inventory(
        office.lake,
        [r for n in names for r in catalog.history(n)],
        [s for n in names for s in registry.snapshots(n)],
        pointers=pointers,
        live={(x.dataset, x.batch): x.owner for x in catalog.live_leases(office.clock())},
        committed=[v for n in names for v in registry.versions(n)],
        batch_end=batch_end,
        stays={t.version: t.stay.until for t in stones if t.stay is not None},
        objects=registry.removal.unneeded(office.clock() - _UPLOADING),
    )
