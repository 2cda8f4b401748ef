"""The first stage: take the lease of the batch, and pin what it will be compared with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from assay.contract import Contract
from assay.drift import choose_references
from assay.errors import InputError, UndecidedError, VersionExpired, did_you_mean
from assay.policy.drift import DriftPolicy
from assay.policy.label_noise import LabelNoisePolicy
from assay.reasons import ReasonCode
from assay.stages.lease import LEASE
from assay.stages.run._records import keep_spec
from assay.stages.run._rules import LoadedRules, Rules, Texts
from assay.stages.run._run import Run
from assay.stages.run._spec import Asked, Pinned, RunSpec, RunType
from assay.stages.services import Services

Awaited = Callable[[Collection[str]], Collection[str]]
_LEFT_ALONE: Final = frozenset({"held", "candidate", "running", "not_expected"})
"""How an attempt ends that leaves the batch's released version where it is; one that is still
running may yet change it, which its lease tells."""


def _nothing(_: Collection[str]) -> Collection[str]:
    return ()


def pin(
    services: Services,
    dataset: str,
    batch: str,
    run_id: str,
    run_type: RunType,
    asked: Asked | None = None,
    run_url: str | None = None,
    awaited: Awaited = _nothing,
) -> Run:
    """Begin a run: nobody else may work on the batch, and what it is judged by is fixed.

    It is kept under seal, with what was asked and by whom. Records of an earlier attempt of the
    same run count no more.

    Parameters
    ----------
    awaited : callable
        Takes batches, and gives those among them that are to be run again before this run may
        choose its references, such as earlier ones of the same backfill. They are undecided,
        whatever became of them before.

    Raises
    ------
    UndecidedError
        A batch that a reference would use is not decided yet; nothing has been written.
    LeaseError
        Another run works on this batch.
    VersionExpired
        A sweep removed a reference in this moment; a repeated run chooses another.
    InputError
        A reference data set has no release yet, or the form names no reference of the policy.
    """
    asked = asked or Asked()
    pinned, rules = _fixed(services, dataset, batch, asked.reference, awaited)
    now = services.clock()
    lease = services.catalog.leases.acquire(
        dataset, batch, run_id, now=now, ttl=LEASE, pins=pinned.versions(dataset)
    )
    try:
        for key in sorted(pinned.versions(dataset)):  # from now on no sweep removes one
            services.registry.find(*key)
    except VersionExpired:  # one had, after it was chosen
        services.catalog.leases.release(lease)
        raise
    services.catalog.batches.start(
        dataset, batch, run_id, run_type=run_type, at=now, token=lease.token
    )
    spec = RunSpec(
        dataset=dataset, batch=batch, run_id=run_id, run_type=run_type, run_url=run_url,
        started=now, token=lease.token, asked=asked, pinned=pinned,
    )  # fmt: skip
    run = Run(services, spec, rules=rules)
    keep_spec(run)
    return run


def unpinned_run(
    services: Services, *, dataset: str, batch: str, run_id: str, **more: Any
) -> Run | None:
    """A run whose first stage ended in an error, with what ``notify`` needs of it.

    Parameters
    ----------
    services, dataset, batch, run_id, more
        As for :func:`pin`.

    Returns
    -------
    Run or None
        None if another run is at work on the batch, which will notify.
    """
    now = services.clock()
    at_work = {(x.dataset, x.batch): x.owner for x in services.catalog.leases.live(now)}
    if at_work.get((dataset, batch), run_id) != run_id:
        return None
    named = {"dataset": dataset, "batch": batch, "run_id": run_id}
    return Run(services, RunSpec(**named, **more, started=now, token=0))


def _fixed(
    services: Services, dataset: str, batch: str, wanted: str | None, awaited: Awaited
) -> tuple[Pinned, Rules]:
    """What is pinned, and the content of the files that it follows from."""
    texts = Texts.read(services.project, dataset)
    contract = services.project.contract(dataset)
    contract.partition.parse(batch)
    pinned = _pinned(services, contract, batch, wanted, awaited)
    if Texts.read(services.project, dataset) != texts:  # edited in this moment
        return _fixed(services, dataset, batch, wanted, awaited)
    return pinned, Rules(texts)


def _pinned(
    services: Services, contract: Contract, batch: str, wanted: str | None, awaited: Awaited
) -> Pinned:
    dataset = contract.dataset
    policy = services.policy(contract, DriftPolicy)
    if wanted is not None and wanted not in policy.references:
        raise InputError(
            "the drift policy has no such reference",
            got=wanted,
            expected="one of: " + ", ".join(policy.references),
            do=did_you_mean(wanted, policy.references) or None,
        )
    released, forced = _released(services, dataset)
    states = {k: str(v) for k, v in services.catalog.batches.states(dataset).items()}
    # A rehearsal, or a later delivery that was held, takes nothing from what readers have.
    live = {x.batch for x in services.catalog.leases.live(services.clock()) if x.dataset == dataset}
    standing = {k for k in {*released} - forced - live if states.get(k) in _LEFT_ALONE}
    states |= dict.fromkeys(standing, "released")
    states |= dict.fromkeys(awaited([key for key in states if key < batch]), "queued")
    choice = choose_references(
        policy, batch, contract.partition, released, states, contract.expects
    )
    if choice.undecided:
        undecided = UndecidedError(
            f"{ReasonCode.EARLIER_BATCH_UNDECIDED}: a reference waits for earlier batches",
            where=f"{contract.dataset} {batch}",
            got=list(choice.undecided),
            do="Release or decide them first; this run is then repeated.",
        )
        undecided.batches = choice.undecided
        raise undecided
    loaded = LoadedRules.of(services, contract)
    joined = {*_joined(contract, loaded.suites), *_checked(services, loaded)}
    tables = {d: _table(services, d) for d in sorted(joined)}
    return Pinned(
        references={name: dict(pairs) for name, pairs in choice.chosen.items()},
        unavailable=dict(choice.unavailable),
        tables={d: batches for d, (_, batches) in tables.items()},
        snapshots={d: number for d, (number, _) in tables.items()},
        bootstrap=choice.bootstrap,
        hashes=loaded.hashes,
        idle=loaded.idle,
    )


def _joined(contract: Contract, suites: Mapping[str, Any]) -> list[str]:
    """Data sets whose released rows the run looks into, by its contract and its suites."""
    named = {reference.dataset for reference in contract.references}
    return sorted(named.union(*(suite.other_datasets for suite in suites.values())))


def _checked(services: Services, loaded: LoadedRules) -> list[str]:
    """The data set of checked labels, once it has a release."""
    policy = loaded.policies.get(LabelNoisePolicy.noun)
    sample = policy.checked if isinstance(policy, LabelNoisePolicy) else None
    if sample is None or services.registry.pointer(sample.dataset) is None:
        return []
    return [sample.dataset]


def _released(services: Services, dataset: str) -> tuple[dict[str, str], set[str]]:
    """Batch → version of the pointer's snapshot, and the batches in it that were forced."""
    registry = services.registry
    if registry.pointer(dataset) is None:
        return {}, set()
    snapshot = registry.snapshot(dataset)
    return dict(snapshot.batches), set(snapshot.forced)


def _table(services: Services, dataset: str) -> tuple[int, dict[str, str]]:
    if services.registry.pointer(dataset) is None:
        raise InputError(
            "the reference data set has no release yet",
            got=dataset,
            do=f"Run release__{dataset} first.",
        )
    snapshot = services.registry.snapshot(dataset)
    return snapshot.number, dict(snapshot.batches)
