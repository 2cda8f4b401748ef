"""Reasons of a fairness verdict: one for everything that is not a plain PASS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from assay.fairness._cells import Cell, absent_groups, is_required, reference_of
from assay.fairness._counts import OUTCOMES, Group
from assay.fairness._groups import part_tiny
from assay.fairness._measure import FairnessMeasurements
from assay.fairness._measurements import about_text, limits_text, low_and_high, number, shown_count
from assay.fairness._report import ends, figure
from assay.policy.fairness import FairnessPolicy, OutcomeColumn
from assay.reasons import ReasonCode
from assay.verdict import Outcome, Reason
from assay.wording import few

_MOST = 10


def by_attributes(groups: Iterable[Group]) -> Iterator[tuple[tuple[str, ...], list[Group]]]:
    """The groups of each attribute and each intersection."""
    for attributes, members in groupby(groups, key=lambda g: g.attributes):
        yield attributes, list(members)


def tally_of(
    measurements: FairnessMeasurements, role: OutcomeColumn
) -> tuple[int, int, int] | None:
    """Rows where the outcome is favourable, is not, is missing; None without any group."""
    place = OUTCOMES.index(role)
    _, groups = next(by_attributes(measurements.groups), (None, None))
    if groups is None:
        return None
    values = [(key[place], n) for group in groups for key, n in group.counts.items()]
    of = {w: sum(n for v, n in values if v is w) for w in (True, False, None)}
    return of[True], of[False], of[None]


def _undecided(code: str, message: str, column: str) -> Reason:
    return Reason(code=code, outcome=Outcome.INCONCLUSIVE, message=message, column=column)


def reasons_of_columns(measurements: FairnessMeasurements) -> Iterator[Reason]:
    """Give a reason for each column that the policy names and the table lacks."""
    for name in measurements.missing_columns:
        why = "the table has no such column, so nothing that needs it is judged"
        yield _undecided(ReasonCode.COLUMN_MISSING, why, name)


def reasons_of_outcomes(
    measurements: FairnessMeasurements, policy: FairnessPolicy, idle: set[OutcomeColumn]
) -> Iterator[Reason]:
    """Give a reason for each outcome that is missing or never favourable."""
    least = policy.rules.least_number
    for role in OUTCOMES:
        column, tally = measurements.columns[role], tally_of(measurements, role)
        if column is None or tally is None:
            continue
        favourable, other, missing = tally
        if favourable == 0 and other > 0 and role in idle:
            values = ", ".join(getattr(policy.rules.favourable, role))
            why = f"no row has the favourable {role} ({values}), so its rates prove nothing"
            yield _undecided(ReasonCode.FAVOURABLE_OUTCOME_ABSENT, why, column)
        if missing > 0:
            all_missing = favourable + other == 0
            yield Reason(
                code=ReasonCode.OUTCOME_MISSING,
                outcome=Outcome.INCONCLUSIVE if all_missing else Outcome.WARN,
                message=f"rows without a {role} are left out of the rates that need it",
                column=column,
                numbers={
                    "rows_missing": shown_count(missing, least),
                    "rows": shown_count(measurements.rows, least),
                },
            )


def reasons_of_groups(
    measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Reason]:
    """Give a reason for each required group without rows and for groups that are too small."""
    for attributes, groups in by_attributes(measurements.groups):
        if not any(metric.covers(attributes) for metric in policy.metrics):
            continue
        column = " × ".join(attributes)
        if reference_of(groups, policy) is None:
            name = " × ".join(policy.attributes[a].reference for a in attributes)
            why = f"the reference group {name} has no rows, so no group can be compared"
            yield _undecided(ReasonCode.REFERENCE_GROUP_ABSENT, why, column)
        for name in absent_groups(attributes, groups, policy):
            why = f"the required group {name} has no rows"
            yield _undecided(ReasonCode.REQUIRED_GROUP_ABSENT, why, column)
        yield from _small_groups(column, groups, measurements.rows, policy)


def _small_groups(
    column: str, groups: Iterable[Group], rows: int, policy: FairnessPolicy
) -> Iterator[Reason]:
    """Group small groups in one reason: those not required, then required ones in no list."""
    least = policy.rules.least_number
    named, tiny = part_tiny(groups, least)
    reference = reference_of(named, policy)
    small = [g for g in named if g.rows < least and g is not reference]
    parts = [
        (Outcome.WARN, [g for g in (*small, *tiny) if not is_required(g, policy)]),
        (Outcome.INCONCLUSIVE, [g for g in tiny if is_required(g, policy)]),
    ]
    for outcome, members in parts:
        if members:
            names = [g.name for g in members if g not in tiny]
            shown = f": {few(names, _MOST)}" if names else " (their levels are in no list)"
            together = sum(g.rows for g in members)
            share = None if together < least else number(together / rows)
            yield Reason(
                code=ReasonCode.GROUP_TOO_SMALL,
                outcome=outcome,
                message=f"groups of {column} with fewer rows than the least number are not judged"
                f"{shown}",
                column=column,
                numbers={
                    "groups": len(members),
                    "rows": shown_count(together, least),
                    "share_of_rows": share,
                    "least_number": least,
                },
            )


def reasons_of_silence(
    cells: Iterable[Cell],
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    reasons: Iterable[Reason],
) -> list[Reason]:
    """Make an attribute INCONCLUSIVE where no group of it was compared."""
    spoken = {cell.group.attributes for cell in cells if cell.p is not None}
    inconclusive = {r.column for r in reasons if r.outcome is Outcome.INCONCLUSIVE}
    silent = [
        " × ".join(attributes)
        for attributes, _ in by_attributes(measurements.groups)
        if attributes not in spoken and any(m.covers(attributes) for m in policy.metrics)
    ]
    why, code = "no group could be compared with the reference group", ReasonCode.NOTHING_COMPARED
    return [_undecided(code, why, column) for column in silent if column not in inconclusive]


def reasons_of_cells(
    cells: Iterable[Cell], measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Reason]:
    """Give a reason for each comparison that failed, is inconclusive, or could not be made."""
    least = policy.rules.least_number
    for cell in cells:
        grouped = not cell.required and cell.group.rows < least
        if cell.outcome is Outcome.PASS or (cell.p is None and grouped):
            continue
        first, second = cell.counts
        column = cell.group.column
        label = f"{cell.metric.metric} ({cell.rate}) of {cell.group.name}"
        against = f"against {cell.reference.name}"
        about = about_text(measurements, policy, cell.rate)
        if cell.p is None:
            rows = cell.group.rows
            share = None if rows < least else number(rows / measurements.rows)
            yield Reason(
                code=ReasonCode.GROUP_TOO_SMALL,
                outcome=Outcome.INCONCLUSIVE if cell.required else Outcome.WARN,
                message=f"{label} {against} has fewer rows than the least number, {least}; {about}",
                column=column,
                numbers={
                    "n": shown_count(first.n, least),
                    "n_reference": shown_count(second.n, least),
                    "share_of_rows": share,
                },
                about=about,
            )
            continue
        failed = cell.outcome is Outcome.FAIL
        verb = "beyond the limit" if failed else "inconclusive against the limit"
        estimate = f"is {figure(cell.estimate)} ({ends(cell.low, cell.high)}), {verb}"
        yield Reason(
            code=ReasonCode.DISPARITY if failed else ReasonCode.DISPARITY_UNDECIDED,
            outcome=cell.outcome,
            message=f"{label} {against} {estimate}: {limits_text(cell.metric)}; {about}",
            column=column,
            numbers={
                cell.unit: number(cell.estimate),
                **low_and_high(cell.low, cell.high),
                "p": number(cell.p),
                "p_adjusted": number(cell.adjusted),
                "n": first.n,
                "n_reference": second.n,
            },
            about=about,
        )
