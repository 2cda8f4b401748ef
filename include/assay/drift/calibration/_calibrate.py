"""From distances between ordinary batches to proposed limits.

References
----------
Vovk, Gammerman & Shafer (2005), Algorithmic learning in a random world,
https://doi.org/10.1007/b106715 (the rank of an exchangeable newcomer).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import ibis
from ibis import Table

from assay.drift._column_judge import ColumnJudge
from assay.drift._measurements import DriftMeasurements
from assay.engine import ROW, round12
from assay.errors import InputError
from assay.policy.drift import CategoryTest, DriftPolicy, NumericTest
from assay.verdict import Frozen

What = Literal["effect", "missing", "unseen"]
_DIGITS: Final = 2


class Proposal(Frozen):
    """One limit: what it is, what ordinary batches reach, and what it should be.

    ``quantile`` is what they exceed at the asked rate. ``floor`` is what the gate, at its own
    level, can separate from chance in a batch one fifth smaller than the smallest of them: a limit
    below it makes ordinary batches INCONCLUSIVE. ``proposed`` is the larger of the two, rounded up.
    """

    key: tuple[str, ...]
    column: str
    what: What
    effect: str
    current: float
    quantile: float
    floor: float
    proposed: float
    largest: float
    caveat: str | None = None


@dataclass(frozen=True)
class _Row:
    """What one comparison says about one limit: the distance, and what chance alone reaches."""

    key: tuple[str, ...]
    what: What
    effect: str
    limit: float
    distance: float
    floor: float


class Calibration(Frozen):
    """Proposals for every limit of a policy.

    Read ``supported`` first: the smallest false-alarm rate that so many batches can show.
    ``least_rows`` is the size of batch that no proposal leaves too small to judge. ``alarms`` are
    the batches in which some column would reach a proposed limit.
    """

    dataset: str
    rate: float
    batches: tuple[str, ...]
    between: Literal["batches", "halves"]
    supported: float
    least_rows: int
    proposals: tuple[Proposal, ...]
    alarms: tuple[str, ...] = ()


def comparisons(batches: Sequence[str], pinned: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each ordinary batch with the pinned ones that it is compared with: all but itself.

    Raises
    ------
    InputError
        If there are fewer than two, or none of them is pinned.
    """
    left = {batch: [p for p in pinned if p != batch and p in batches] for batch in batches}
    kept = {batch: reference for batch, reference in left.items() if reference}
    if len(kept) < 2:
        raise InputError(
            "there are too few ordinary batches to calibrate from",
            got=sorted(batches),
            expected="two bootstrap batches or more, of which the reference pins one",
            do="Release more bootstrap batches, or name a folder of their files by --data.",
        )
    yield from kept.items()


def halved(table: Table, seed: int) -> tuple[Table, Table]:
    """A table's rows in two random halves, by a seeded hash of their number."""
    text = ibis.literal(f"{seed}/").concat(table[ROW].cast("string"))
    marked = table.mutate(half=text.hexdigest("md5").substr(0, 1).isin(list("01234567")))
    left, right = (marked.filter(s).drop("half") for s in (marked["half"], ~marked["half"]))
    return left, right


def calibrate(
    measured: Mapping[str, DriftMeasurements],
    chance: DriftMeasurements,
    policy: DriftPolicy,
    rate: float,
    dataset: str,
    between: Literal["batches", "halves"] = "batches",
) -> Calibration:
    """Propose limits at a false-alarm rate.

    Parameters
    ----------
    measured : mapping
        Ordinary batch → what was measured of it against the other ones.
    chance : DriftMeasurements
        What :func:`measure_chance` finds of the smallest of them: no limit is below it.
    rate : float
        Share of ordinary batches in which one column may reach its limit, 0 to .5.
    between : {"batches", "halves"}
        ``halves``: ``measured`` holds one batch's random halves, taken at level ``rate``; their
        null quantiles replace the distances, which understates how much batches differ.

    Notes
    -----
    Of n exchangeable batches a further one exceeds the k-th smallest distance with probability
    1 − k/(n + 1), so that k = ⌈(n + 1)(1 − rate)⌉. Where that is more than n, no batch is extreme
    enough: the largest distance is proposed, whose rate is 1/(n + 1), and the caveat says so.
    """
    if not 0 < rate < 0.5:
        raise InputError(
            "the false-alarm rate is out of range", got=rate, expected="a number between 0 and .5"
        )
    least = chance.rows_current
    found: dict[tuple[str, ...], list[_Row]] = {}
    for one in measured.values():
        for row in _distances(one, policy):
            found.setdefault(row.key, []).append(row)
    floors = {row.key: row.floor for row in _distances(_unshifted(chance), policy)}
    proposals = [
        _proposal(rows, floors.get(key, 0.0), rate, between, least) for key, rows in found.items()
    ]
    limits = {p.key: p.proposed for p in proposals}
    alarms = [
        batch
        for batch, one in measured.items()
        if any(row.distance >= limits[row.key] for row in _distances(one, policy))
    ]
    return Calibration(
        dataset=dataset,
        rate=rate,
        batches=tuple(sorted(measured)),
        between=between,
        supported=rate if between == "halves" else 1 / (len(measured) + 1),
        least_rows=least,
        proposals=tuple(proposals),
        alarms=() if between == "halves" else tuple(sorted(alarms)),
    )


def _distances(one: DriftMeasurements, policy: DriftPolicy) -> Iterator[_Row]:
    """Every limit's distance, and what chance alone reaches beside it."""
    for column in one.columns:
        if column.slice is not None or column.fault is not None:
            continue
        judge = ColumnJudge(policy, one, column, None)
        effect, spec = judge.effect, judge.spec
        key = ("columns", column.column) if column.column in policy.columns else ("classifier",)
        if effect is not None and effect.value is not None and effect.null_quantile is not None:
            yield _Row(key, "effect", effect.name, spec.limit, effect.value, effect.null_quantile)
        if isinstance(spec, NumericTest) and spec.missing and (of := judge.missing_share()):
            yield _Row((*key, "missing"), "missing", "missing", spec.missing.limit, of[0], of[1][1])
        if isinstance(spec, CategoryTest) and spec.unseen and (of := judge.unseen_share()):
            yield _Row((*key, "unseen"), "unseen", "unseen", spec.unseen.limit, of[0], of[1][1])


def _unshifted(one: DriftMeasurements) -> DriftMeasurements:
    """As it would be with the reference's own shares, so that their bounds are chance's."""
    columns = []
    for c in one.columns:
        missing = round(c.missing_reference * c.rows_current / max(c.rows_reference, 1))
        unseen = None if c.unseen is None else 0
        columns.append(c.model_copy(update={"missing_current": missing, "unseen": unseen}))
    return one.model_copy(update={"columns": tuple(columns)})


def _proposal(
    rows: Sequence[_Row], chance: float, rate: float, between: str, least: int
) -> Proposal:
    """One limit by its rank among the distances, and no lower than chance."""
    first = rows[0]
    distances, floors = sorted(r.distance for r in rows), sorted(r.floor for r in rows)
    rank = math.ceil((len(rows) + 1) * (1 - rate))
    at = min(rank, len(rows)) - 1
    caveat = None
    if between == "halves":
        quantile, floor = floors[-1], chance
        caveat = "from chance within one batch; whole batches differ more"
    elif first.what == "effect":
        quantile, floor = distances[at], max(floors[-1], chance)
    else:
        # A share is judged by its upper bound, which holds what chance adds to the distance.
        quantile, floor = floors[at], chance
    if between == "batches" and rank > len(rows):
        caveat = f"{len(rows)} batches support no rate below {1 / (len(rows) + 1):.2g}"
    if floor > quantile:
        raised = f"raised to what chance alone reaches with {least} rows"
        caveat = raised if caveat is None else f"{caveat}; {raised}"
    return Proposal(
        key=first.key,
        column=first.key[1] if len(first.key) > 1 else "(all columns)",
        what=first.what,
        effect=first.effect,
        current=first.limit,
        quantile=round12(quantile),
        floor=round12(floor),
        proposed=_up(max(quantile, floor)),
        largest=round12(distances[-1]),
        caveat=caveat,
    )


def _up(value: float) -> float:
    """Rounded up to two significant digits, strictly above the value."""
    if value <= 0:
        return 0.001
    step = 10.0 ** (math.floor(math.log10(value)) - _DIGITS + 1)
    return round12((math.floor(value / step) + 1) * step)
