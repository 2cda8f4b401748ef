"""The retention sweep: plan what is past its period, then apply exactly that plan."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, get_args

from assay.contract import Contract, load_contracts
from assay.errors import AssayError, InputError
from assay.keys import discard_period_keys
from assay.lake import write_text
from assay.policy.retention import Classified, RetentionPolicy
from assay.retention import (
    Inventory,
    RetentionPlan,
    RetentionResult,
    apply_retention,
    plan_remainder,
    plan_retention,
    take_inventory,
)
from assay.retention.approval import AskedFor, asked_for
from assay.retention.totals import UNCLASSIFIED
from assay.retention.trash import trashed_until
from assay.stages.incidents import close_rewound
from assay.stages.index import follow_registry
from assay.stages.run._audit import ZONE as AUDIT
from assay.stages.run._references import forget_sketches
from assay.stages.services import Services
from assay.stages.upkeep._evidence import keep_evidence
from assay.stages.upkeep.approval import check_approved
from assay.stages.upkeep.holds import with_placed_holds
from assay.stages.versions._end_of_life import end_versions
from assay.versioning import Disposal

_STRICT: Final[tuple[Classified, ...]] = get_args(Classified)
_UPLOADING: Final = timedelta(days=2)
"""Objects that no version names may belong to a commit that runs now, for as long as this."""


def plan_sweep(services: Services) -> RetentionPlan:
    """Plan what is past its period now; nothing is changed."""
    return _look(services)[1]


def apply_sweep(services: Services, plan_hash: str) -> RetentionResult:
    """Apply the plan of this hash, as far as it is due at this moment.

    The plan is kept in the zone ``retention`` before anything is removed, so that a sweep that was
    killed is finished by the same call, and its result beside it when all is done. What a killed
    sweep left in its place and a hold or a run keeps by now stays, and the result names it.

    Raises
    ------
    InputError
        If another plan is due by now and this one was never begun, or a person must approve it and
        nobody did: then nothing is removed.
    """
    done, kept = _result_path(services, plan_hash), tuple[str, ...]()
    services.lake.make("retention")
    inventory, plan = _look(services)
    whole = plan if plan.hash == plan_hash else _begun(services, plan_hash, plan)
    check_approved(services, plan_hash, asked_of_sweep(services, whole))
    if whole is plan:
        write_text(_plan_path(services, plan_hash), plan.model_dump_json(indent=1))
    else:
        rest = plan_remainder(whole, plan, inventory)
        if rest.finished and done.is_file():
            return RetentionResult.model_validate_json(done.read_text(encoding="utf-8"))
        plan, kept = rest.plan, rest.kept
    if done.is_file():  # what it names is here again
        done.rename(done.with_suffix(f".until-{services.clock():%Y%m%dT%H%M%S}.json"))
    result = apply_retention(plan, plan.hash, services.lake, inventory)
    disposal = _disposal(services, plan_hash)
    ended, discarded = end_versions(services, plan, services.clock() - _UPLOADING, disposal)
    deleted = services.registry.trash.delete(plan.trash) if plan.trash else []
    forget_sketches(services)
    discard_period_keys(services.lake, AUDIT, services.clock())
    result = result.model_copy(
        update={
            "plan": plan_hash,
            "kept": kept,
            "versions": ended,
            "objects": discarded,
            "deleted": len(deleted),
        }
    )
    aside = {entry.md5 for entry in inventory.trash}
    keep_evidence(services, whole, result, aside - {*plan.trash})
    write_text(done, result.model_dump_json(indent=1))
    return result


def asked_of_sweep(services: Services, plan: RetentionPlan) -> tuple[AskedFor, ...]:
    """The data sets of which a plan takes so much that a person must approve it."""
    return asked_for(plan, _rules(services).policies)


def _disposal(services: Services, plan_hash: str) -> Disposal:
    """How objects go to the trash: for as long as the policies say, and not what a run reads."""
    policies, at = _rules(services).policies, services.clock()
    return Disposal(
        plan=plan_hash,
        at=at,
        until=lambda dataset: trashed_until(policies, dataset, at),
        spared=lambda: (
            services.catalog.objects.needed(),
            services.catalog.leases.pinned(services.clock()),
        ),
    )


def _look(services: Services) -> tuple[Inventory, RetentionPlan]:
    """What there is now, and what of it is past its period.

    A registry whose history was rewound is refused: what it no longer names isn't unneeded.
    """
    services.registry.check_history()
    close_rewound(services)
    follow_registry(services)
    rules = _rules(services)
    with _without_collection():
        inventory = _inventory(services, rules)
        known = {"problems": (*rules.problems, *inventory.problems)}
        inventory = inventory.model_copy(update=known)
        classes = rules.classes
        return inventory, plan_retention(inventory, rules.policies, services.clock(), classes)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pause Python's garbage collection: a plan makes a record of each version and drops none.

    Looking through all of them again and again takes a third of its time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _plan_path(services: Services, plan_hash: str) -> Path:
    return services.lake.path("retention", f"{plan_hash}.json")


def _result_path(services: Services, plan_hash: str) -> Path:
    return services.lake.path("retention", f"{plan_hash}.done.json")


def _begun(services: Services, plan_hash: str, due: RetentionPlan) -> RetentionPlan:
    """The plan of this hash, which another sweep has begun."""
    path = _plan_path(services, plan_hash)
    if path.is_file():
        return RetentionPlan.model_validate_json(path.read_text(encoding="utf-8"))
    raise InputError(
        "this isn't the plan that is due now",
        got=plan_hash,
        expected=due.hash,
        do="Plan again and look at it: assay retention plan.",
    )


@dataclass(frozen=True)
class _Rules:
    """Contracts and policies that load; data sets of which one doesn't are left to ``problems``."""

    contracts: dict[str, Contract]
    policies: dict[str, RetentionPolicy]
    problems: tuple[str, ...]

    @property
    def classes(self) -> dict[str, str]:
        """Data set to the strictest class of its columns."""
        found = {n: {x.classification for x in c.columns} for n, c in self.contracts.items()}
        return {n: next((k for k in _STRICT if k in has), UNCLASSIFIED) for n, has in found.items()}

    def batch_end(self, dataset: str, batch: str) -> datetime | None:
        """When a batch ended, where a period of its data set counts from it."""
        policy = self.policies.get(dataset)
        if policy is None or not policy.asks_batch_end:
            return None
        return self.contracts[dataset].partition.ended(batch)


def _rules(services: Services) -> _Rules:
    contracts, policies, problems = dict[str, Contract](), dict[str, RetentionPolicy](), list[str]()
    for name, contract in load_contracts(services.project.contracts).items():
        try:
            if isinstance(contract, AssayError):
                raise contract
            contracts[name] = contract
            classes = {c.classification for c in contract.columns if c.classification}
            policies[name] = services.policy(contract, RetentionPolicy).for_classes(classes)
        except AssayError as exc:
            problems.append(f"{name}: nothing of it is planned: {exc}")
    return _Rules(contracts, with_placed_holds(services, policies), tuple(problems))


def _inventory(services: Services, rules: _Rules) -> Inventory:
    catalog, registry = services.catalog, services.registry
    before = services.clock() - _UPLOADING
    stones, trash = catalog.versions.tombstones(), registry.trash.find()
    indexed = catalog.versions.committed()
    committed = [v for v in indexed if not v.removed]
    held = catalog.objects.learn_news({v.key: v.hashes for v in committed})
    due = any(entry.until <= services.clock() for entry in trash)
    hashes = ((v.removed, v.hashes.values()) for v in indexed)
    unneeded = registry.removal.unneeded(before, hashes)
    found = take_inventory(
        services.lake,
        catalog.batches.arrivals(),
        catalog.snapshots.released(),
        latest=catalog.snapshots.latest(),
        pointers=catalog.snapshots.pointers(),
        live={(x.dataset, x.batch): x.owner for x in catalog.leases.live(services.clock())},
        committed=committed,
        batch_end=rules.batch_end,
        stays={t.version: t.stay.until for t in stones if t.stay is not None},
        objects=unneeded - held,
        pinned=catalog.leases.pinned(services.clock()),
        trash=trash,
        needed=registry.removal.needed() | held if due else (),
    )
    if not (kept := unneeded & held):
        return found
    problem = (
        f"{len(kept)} objects that the catalog needs and the registry doesn't: they stay; "
        "assay versions verify says what is wrong"
    )
    return found.model_copy(update={"problems": (*found.problems, problem)})
