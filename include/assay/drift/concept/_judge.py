"""Judge whether label, prediction and score still go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.drift._column_judge import beyond, either_way
from assay.drift._measurements import DriftMeasurements
from assay.drift.concept._measure import auc_of
from assay.policy.drift import DriftPolicy
from assay.reasons import ReasonCode
from assay.statistics.auc import change
from assay.statistics.intervals import newcombe
from assay.verdict import Measurement, Outcome, Reason


def judge_concept(one: DriftMeasurements, policy: DriftPolicy) -> Iterator[Reason]:
    """Compare label, prediction and score of one table with its reference.

    Notes
    -----
    A change of either sign is FAIL if a one-sided bound at alpha over the number of limits is
    beyond the limit, nothing if the other bound is within it, else INCONCLUSIVE. While fewer rows
    have a label than the policy asks, labels are late: WARN, and no measure is judged. A positive
    level that neither table has is INCONCLUSIVE; then accuracy alone is judged.
    """
    concept = policy.concept
    if concept is None or not concept.limits or one.state != "compared":
        return
    current = {m.name: m for m in one.concept if m.group == "current"}
    reference = {m.name: m for m in one.concept if m.group == "reference"}
    labelled = current.get("labelled_share")
    share = 0.0 if labelled is None or labelled.value is None else labelled.value
    if share < (concept.least_labelled or 0.0) or share == 0:
        yield _late(one, share, concept.least_labelled or 0.0)
        return
    level = (policy.alpha or 0.0) / len(concept.limits)
    never = _never_positive(current, reference)
    if never is not None:
        yield _undecided(one, never, concept.level)
    for name, limit in concept.limits.items():
        if never is not None and name != "accuracy":
            continue
        yield from _judged(one, name, limit.limit, (current.get(name), reference.get(name)), level)


def _late(one: DriftMeasurements, share: float, least: float) -> Reason:
    return Reason(
        code=ReasonCode.LABELS_LATE,
        outcome=Outcome.WARN,
        message=f"only {share:.3g} of the rows have a label so far; {least:g} is needed to judge "
        f"label and prediction ({one.table} against {one.reference})",
        numbers={"labelled_share": share, "least_labelled": least, "table": one.table},
    )


def _never_positive(
    current: Mapping[str, Measurement], reference: Mapping[str, Measurement]
) -> str | None:
    """The role whose column never has the positive level, in the batch and in its reference."""
    for role, name, key in (("label", "label_share", "count"), ("prediction", "precision", "n")):
        sides = [side[name] for side in (current, reference) if name in side]
        if sides and not any(m.n if key == "n" else m.detail[key] for m in sides):
            return role
    return None


def _undecided(one: DriftMeasurements, role: str, positive: str) -> Reason:
    message = (
        f"no {role} of the batch or of its reference is {positive!r}, which the policy names as "
        f"the positive level, so the measures that need it are not judged: write `positive` of "
        f"`concept` as the data write it ({one.table} against {one.reference})"
    )
    return Reason(
        code=ReasonCode.CONCEPT_UNDECIDED,
        outcome=Outcome.INCONCLUSIVE,
        message=message,
        numbers={"positive": positive, "table": one.table, "reference": one.reference},
    )


def _judged(
    one: DriftMeasurements,
    name: str,
    limit: float,
    pair: tuple[Measurement | None, Measurement | None],
    level: float,
) -> Iterator[Reason]:
    place = f"({one.table} against {one.reference})"
    now, before = pair
    if now is None or before is None or now.value is None or before.value is None:
        side = "batch" if now is None or now.value is None else "reference"
        yield Reason(
            code=ReasonCode.CONCEPT_UNDECIDED,
            outcome=Outcome.INCONCLUSIVE,
            message=f"{name} cannot be measured in the {side} {place}",
            numbers={"limit": limit, "table": one.table, "reference": one.reference},
        )
        return
    bounds = either_way(*_bounds(name, now, before, level / 2))
    gap = abs(now.value - before.value)
    outcome = beyond(gap, bounds, limit, gap == 0)
    if outcome is None:
        return
    code = ReasonCode.CONCEPT_CHANGED if outcome is Outcome.FAIL else ReasonCode.CONCEPT_UNDECIDED
    change = f"{name} is {now.value:.3g}, in the reference {before.value:.3g}"
    yield Reason(
        code=code,
        outcome=outcome,
        message=f"{change}; bounds of the change {bounds[0]:.3g} to {bounds[1]:.3g}, "
        f"limit {limit:g} {place}",
        column=now.column,
        numbers={
            "measure": name,
            "value": now.value,
            "reference_value": before.value,
            "lower": bounds[0],
            "upper": bounds[1],
            "limit": limit,
            "n": now.n,
            "table": one.table,
            "reference": one.reference,
        },
    )


def _bounds(name: str, now: Measurement, before: Measurement, level: float) -> tuple[float, float]:
    if name == "auc":
        current, reference = auc_of(now), auc_of(before)
        if current is None or reference is None:
            return -1.0, 1.0
        return change(current, reference, level)
    counts = now.detail["count"], now.n or 0, before.detail["count"], before.n or 0
    return newcombe(*counts, 2 * level)
