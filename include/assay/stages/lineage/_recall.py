"""The recall of a released version: plan what it touches, then apply exactly that plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from assay.errors import InputError
from assay.launcher import commands
from assay.lineage import KINDS, Graph, Node, NodeKind
from assay.records.uses import Origin, Use
from assay.records.versions import VersionKey
from assay.stages.incidents.recalls import close_recall, report_recall
from assay.stages.index import follow_registry
from assay.stages.lineage._target import find_version
from assay.stages.lineage._walk import JUDGED, trace
from assay.stages.services import Services
from assay.verdict import Frozen
from assay.wording import few

_PLAN: Final = "plan"


class RecallPlan(Frozen):
    """What a recall would do; ``hash`` names it.

    Parameters
    ----------
    version : str
        The version that is bad.
    pointer : int or None
        The snapshot that readers get now.
    back_to : int or None
        An earlier snapshot that lacks nothing but the version; None where there is none, so that a
        new one is made without the batch.
    with_readers : bool
        Whether the pointer's snapshot holds the version.
    derived : tuple
        Versions that were made from it: data set, batch, version.
    downstream : dict
        Kind of use → the ids of those that came of it.
    champions : tuple of str
        Those of the model versions that are champions now.
    commands : tuple of str
        The commands that mend it.
    """

    dataset: str
    batch: str
    version: str
    pointer: int | None
    back_to: int | None
    with_readers: bool
    derived: tuple[VersionKey, ...]
    downstream: dict[NodeKind, tuple[str, ...]]
    champions: tuple[str, ...] = ()
    commands: tuple[str, ...]

    @property
    def key(self) -> VersionKey:
        """Data set, batch and version."""
        return self.dataset, self.batch, self.version

    @property
    def hash(self) -> str:
        """SHA-256 of all that the plan says but the commands, whose run ids are drawn."""
        text = self.model_dump_json(exclude={"commands"})
        return hashlib.sha256(text.encode()).hexdigest()

    def lines(self) -> list[str]:
        """The plan, for people."""
        found = [f"{self.dataset} {self.batch}, version {self.version}"]
        if not self.with_readers:
            found.append("  readers don't get it; nothing changes for them")
        elif self.back_to is not None:
            found.append(
                f"  the pointer goes from snapshot {self.pointer} back to {self.back_to}, which "
                "lacks nothing but this version"
            )
        else:
            found.append(f"  a new snapshot without the batch replaces snapshot {self.pointer}")
        found += [f"  made from it: {d} {b} ({v[:12]})" for d, b, v in self.derived]
        if self.derived:
            found.append(
                "  readers keep what was made from it until it is made again; no snapshot takes "
                "it a second time, and its owners are notified"
            )
        for kind, names in self.downstream.items():
            found.append(f"  {KINDS[kind].plural} that came of it: {few(names)}")
        if "model_version" in self.downstream:
            found.append("  these model versions are marked, and can't be promoted")
        for name in self.champions:
            found.append(f"  {name} is the champion, and predicts until another one is promoted")
        found.append("To mend it, correct the source or the rules, and then:")
        return [*found, *(f"  {command}" for command in self.commands)]


def plan_recall(services: Services, dataset: str, which: str) -> RecallPlan:
    """Plan the recall of a version; nothing is changed.

    Parameters
    ----------
    which : str
        A batch, for the version that readers have of it, or the id of a version.

    Raises
    ------
    InputError
        If there is no such version.
    """
    follow_registry(services)
    return _plan(services, (dataset, *find_version(services, dataset, which)))


def apply_recall(
    services: Services, dataset: str, which: str, plan_hash: str, *, reason: str, author: str
) -> RecallPlan:
    """Recall a version as planned; killed anywhere, the same call does the rest.

    The recall is on record first. From then on the models that learned from the version are
    marked, and no snapshot takes it again. Then readers get a snapshot without it, and the owners
    are notified, once.

    Returns
    -------
    RecallPlan
        The plan that was applied, or what of it is left to say after a kill.

    Raises
    ------
    InputError
        If the plan of now has another hash, and this one was never begun.
    """
    if not reason.strip():
        raise InputError("a recall needs its reason", got=reason)
    follow_registry(services)
    key = _of_recall(services, dataset, which, plan_hash)
    plan = _plan(services, key or (dataset, *find_version(services, dataset, which)))
    if key is None:
        if plan.hash != plan_hash:
            raise InputError(
                "another plan is due by now", got=plan_hash[:12], expected=plan.hash[:12],
                do=f"Look at it again: assay recall {dataset} {which}",
            )  # fmt: skip
        _record(services, plan, reason, author)
    _move_pointer(services, plan, reason, author)
    follow_registry(services)
    for name, batch, version in (plan.key, *plan.derived):
        if services.catalog.snapshots.version_of(name, batch) in {None, version}:
            report_recall(services, name, batch, reason)
    return plan


def lift_recall(
    services: Services, dataset: str, which: str, *, reason: str, author: str
) -> tuple[Use, ...]:
    """Lift the recalls of a version, on record; readers get it when it is released again.

    Raises
    ------
    InputError
        If it isn't recalled.
    """
    follow_registry(services)
    known = [r for r in services.catalog.uses.recalls() if _names(r, dataset, which)]
    if not known:
        raise InputError("no such version is recalled", where=dataset, got=which)
    for recall in known:
        lifted = Use(
            kind="recall_lifted", id=recall.id, subject=dataset, of=(recall.origin,),
            author=author, at=services.clock(), details={"reason": reason},
        )  # fmt: skip
        services.registry.record_use(lifted)
    follow_registry(services)
    for recall in known:
        for name, batch, _ in (o.version for o in recall.of if o.kind == "version"):
            close_recall(services, name, batch)
    return tuple(known)


def _plan(services: Services, key: VersionKey) -> RecallPlan:
    graph = trace(services, [Node.of_version(key)], up=False)
    current = services.catalog.snapshots.current(key[0])
    with_readers = current is not None and current.batches.get(key[1]) == key[2]
    derived = tuple(n.key for n in sorted(_derived(graph)))
    downstream = {
        kind: tuple(n.name for n in sorted(graph.nodes) if n.kind == kind)
        for kind in sorted({n.kind for n in graph.nodes if n.kind not in _DATA})
    }
    return RecallPlan(
        dataset=key[0], batch=key[1], version=key[2],
        pointer=current.number if current else None,
        back_to=_back_to(services, key) if with_readers else None,
        with_readers=with_readers, derived=derived, downstream=downstream,
        champions=tuple(
            n.name for n in sorted(graph.nodes)
            if n.kind == "model_version" and graph.nodes[n].get("role") == "champion"
        ),
        commands=tuple(_mending(services, key, derived, downstream)),
    )  # fmt: skip


_DATA: Final = {"source", "landing", "version", "snapshot", "recall", "recall_lifted"}


def _derived(graph: Graph) -> set[Node]:
    """The versions that were made from the target, not those that were judged against it."""
    links = [link for link in graph.links if link.how != JUDGED]
    made, level = set[Node](), {*graph.targets}
    while level:
        level = {link.target for link in links if link.source in level} - made
        made |= level
    return {n for n in made if n.kind == "version" and n not in graph.targets}


def _back_to(services: Services, key: VersionKey) -> int | None:
    """The newest snapshot without the version, if it holds all else that the pointer's does."""
    dataset, batch, _ = key
    spans = services.catalog.lineage.spans([key]).get(key, [])
    numbers = [s.number for s in services.catalog.snapshots.listed(dataset)]
    without = [n for n in numbers if not any(a <= n and (b is None or n <= b) for a, b in spans)]
    current = services.catalog.snapshots.current(dataset)
    earlier = services.catalog.snapshots.get(dataset, without[-1]) if without else None
    if current is None or earlier is None:
        return None
    now, then = ({b: v for b, v in s.batches.items() if b != batch} for s in (current, earlier))
    held = {(dataset, b, v) for b, v in earlier.batches.items()}
    if now != then or services.catalog.lineage.removed(held):
        return None
    return None if held & _recalled(services) else earlier.number


def _recalled(services: Services) -> set[VersionKey]:
    """The versions that are recalled by now."""
    recalls = services.catalog.uses.recalls()
    return {o.version for recall in recalls for o in recall.of if o.kind == "version"}


def _mending(
    services: Services,
    key: VersionKey,
    derived: Sequence[VersionKey],
    downstream: Mapping[NodeKind, tuple[str, ...]],
) -> Iterator[str]:
    """The commands that make what came of a version once more: data, models, predictions.

    Predictions are delivered again by the model that is trained meanwhile, and released after.
    """
    uses = services.catalog.lineage.uses(
        [(kind, n) for kind in _MODELS for n in downstream.get(kind, ())]
    )
    said = [u for u in uses if u.delivers]
    predicted = {(u.delivers.dataset, u.delivers.batch) for u in said if u.delivers}
    again = [one[:2] for one in (key, *derived) if one[:2] not in predicted]
    for dataset in dict.fromkeys(name for name, _ in again):
        batches = {batch for name, batch in again if name == dataset}
        yield from commands(f"release__{dataset}", sorted(batches))
    models = {u.subject for u in uses if u.kind == "model_version"}
    yield from (f"assay train {model}" for model in sorted(models))
    for model in sorted({u.subject for u in said}):
        batches = {u.delivers.batch for u in said if u.delivers and u.subject == model}
        yield from commands(f"score__{model}", sorted(batches))


_MODELS: Final[tuple[NodeKind, ...]] = ("model_version", "prediction_batch")


def _record(services: Services, plan: RecallPlan, reason: str, author: str) -> None:
    lifted = services.catalog.uses.counted().get("recall_lifted", 0)
    name = services.registry.use_id("recall", [*plan.key, plan.hash, lifted])
    origins = tuple(Origin.of_version(*one) for one in (plan.key, *plan.derived))
    recall = Use(
        kind="recall", id=name, subject=plan.dataset, of=origins, author=author,
        at=services.clock(), details={"reason": reason, _PLAN: plan.hash},
    )  # fmt: skip
    services.registry.record_use(recall)


def _of_recall(services: Services, dataset: str, which: str, plan_hash: str) -> VersionKey | None:
    """The version whose recall by this plan is on record, if one is."""
    for recall in services.catalog.uses.recalls():
        if recall.details.get(_PLAN) == plan_hash and _names(recall, dataset, which):
            return recall.of[0].version
    return None


def _names(recall: Use, dataset: str, which: str) -> bool:
    """Whether a recall is of this batch or version."""
    if recall.subject != dataset or not recall.of or recall.of[0].kind != "version":
        return False
    _, batch, version = recall.of[0].version
    return batch == which or version.startswith(which)


def _move_pointer(services: Services, plan: RecallPlan, reason: str, author: str) -> None:
    why = f"recall of {plan.batch} ({plan.version[:12]}): {reason}"
    at, registry = services.clock(), services.registry
    if not plan.with_readers:
        return
    if plan.back_to is not None:
        registry.rollback(plan.dataset, plan.back_to, reason=why, author=author, at=at)
        return
    registry.removal.withdraw(
        plan.dataset, {plan.batch: plan.version}, reason=why, author=author, at=at
    )
