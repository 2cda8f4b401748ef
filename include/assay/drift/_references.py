"""Which released batches a batch is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from assay.contract import Partition
from assay.policy import drift as spec
from assay.policy.drift import Batches, BatchRange, DriftPolicy

_NOT_EXPECTED: Final = "not_expected"
DECIDED: Final = frozenset(
    {"released", "held", "forced", "superseded", "expired", "erased", _NOT_EXPECTED}
)


@dataclass(frozen=True)
class ReferenceChoice:
    """The reference of each name, pinned by version, or what must be decided first.

    Read ``undecided`` first: if it names a batch, the run stops with reason
    ``earlier_batch_undecided``, because what comes of that batch could change the choice. Then
    ``bootstrap``: such a batch is compared with nothing. Else ``chosen`` holds, per reference,
    pairs of batch and version id in calendar order, and ``unavailable`` says why a reference has
    none.
    """

    chosen: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)
    undecided: tuple[str, ...] = ()
    bootstrap: bool = False

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version id that a reference uses, once, sorted."""
        return tuple(sorted({v for pairs in self.chosen.values() for _, v in pairs}))


@dataclass(frozen=True)
class _Found:
    batches: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    why: str | None = None


@dataclass(frozen=True)
class _World:
    partition: Partition
    batch: str
    released: Mapping[str, str]
    states: Mapping[str, str]
    expects: Callable[[str], bool]

    def usable(self, batch: str) -> bool:
        return self.states.get(batch) == "released" and batch in self.released

    def open(self, batch: str) -> bool:
        return self.states.get(batch) not in DECIDED

    def earlier(self) -> Iterator[str]:
        """Keys of the calendar before the batch that are expected, nearest first."""
        key = self.partition.before(self.batch)
        while key is not None:
            if self.expects(key):
                yield key
            key = self.partition.before(key)


def every_batch(batch: str) -> bool:  # noqa: ARG001 - the calendar of a data set without one
    """Expect every batch."""
    return True


def choose_references(
    policy: DriftPolicy,
    batch: str,
    partition: Partition,
    released: Mapping[str, str],
    states: Mapping[str, str],
    expects: Callable[[str], bool] = every_batch,
) -> ReferenceChoice:
    """Choose the reference batches of one batch by partition key alone.

    Parameters
    ----------
    policy : DriftPolicy
        Its ``references`` and ``bootstrap``.
    released : mapping
        Batch → version id in the snapshot that the pointer names.
    states : mapping
        Batch → state. A batch that isn't in it, or is running or a candidate, is undecided.
    expects : callable, optional
        Whether the calendar of deliveries has a batch. One that it hasn't is in no moving
        reference and in no range of a pinned one, and is waited for by none, whether it arrived or
        not: so the choice follows from the calendar, and not from the order of the runs.

    Notes
    -----
    Only batches strictly before ``batch`` are chosen, and only those whose state is ``released``:
    held and forced ones never enter. Neither the clock nor the order in which batches were
    processed plays a part. A pinned batch that isn't decided yet is waited for; one that was
    decided against makes the reference unavailable, rather than smaller without a word. A moving
    reference waits for every undecided batch that it could choose.
    """
    if batch in batches_of(policy.bootstrap, partition):
        return ReferenceChoice(bootstrap=True)
    world = _World(partition, batch, released, states, expects)
    found = {name: _find(reference, world) for name, reference in policy.references.items()}
    undecided = sorted({key for one in found.values() for key in one.undecided})
    if undecided:
        return ReferenceChoice(undecided=tuple(undecided))
    return ReferenceChoice(
        chosen={
            name: tuple((key, released[key]) for key in sorted(one.batches))
            for name, one in found.items()
            if one.why is None
        },
        unavailable={name: one.why for name, one in found.items() if one.why is not None},
    )


def batches_of(batches: Batches, partition: Partition) -> tuple[str, ...]:
    """A list of batches, or all of the calendar from the first to the last of a range."""
    if isinstance(batches, BatchRange):
        return tuple(partition.keys(batches.first, batches.last))
    return batches


def _find(reference: spec.Reference, world: _World) -> _Found:
    if isinstance(reference, spec.Pinned):
        return _pinned(_of_pinned(reference, world), world)
    if isinstance(reference, spec.Previous):
        return _nearest(world.earlier(), 1, 1, world)
    if isinstance(reference, spec.Rolling):
        return _nearest(world.earlier(), reference.batches, reference.batches, world)
    season = _season(reference, world.partition, world.batch)
    same = (k for k in world.earlier() if _season(reference, world.partition, k) == season)
    return _nearest(same, reference.batches, reference.least, world)


def _of_pinned(reference: spec.Pinned, world: _World) -> tuple[str, ...]:
    """A list as it is; of a range the batches that were expected, and not left out for good."""
    named = batches_of(reference.batches, world.partition)
    if not isinstance(reference.batches, BatchRange):
        return named
    there = (key for key in named if world.expects(key))
    return tuple(key for key in there if world.states.get(key) != _NOT_EXPECTED)


def _pinned(batches: tuple[str, ...], world: _World) -> _Found:
    later = [key for key in batches if key >= world.batch]
    if later:
        return _Found(why=f"pinned batch {later[0]} is not before {world.batch}")
    undecided = tuple(key for key in batches if world.open(key))
    if undecided:
        return _Found(undecided=undecided)
    if not batches:
        return _Found(why="no batch of the range is expected")
    refused = [key for key in batches if not world.usable(key)]
    if refused:
        state = world.states.get(refused[0], "unknown")
        return _Found(why=f"pinned batch {refused[0]} was not released (state {state})")
    return _Found(batches=batches)


def _nearest(keys: Iterator[str], most: int | None, least: int, world: _World) -> _Found:
    batches: list[str] = []
    undecided: list[str] = []
    for key in keys:
        if world.open(key):
            undecided.append(key)
        elif world.usable(key):
            batches.append(key)
        if most is not None and len(batches) == most:
            break
    if undecided:
        return _Found(undecided=tuple(undecided))
    if len(batches) < least:
        return _Found(why=f"{len(batches)} released batches before it match, {least} are needed")
    return _Found(batches=tuple(batches))


def _season(reference: spec.Season, partition: Partition, key: str) -> str:
    """What batches of one season share; holidays by the days that a batch covers."""
    first, end = partition.start(key), partition.end(key)
    if reference.by == "weekday":
        return str(first.isoweekday())
    if reference.by == "iso_week":
        return str(first.isocalendar().week)
    if reference.by == "month":
        return str(first.month)
    holidays = sorted(reference.holidays.items())
    return ",".join(name for name, days in holidays if any(first <= day < end for day in days))
