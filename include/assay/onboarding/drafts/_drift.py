"""The text of a first drift policy: limits that ordinary batches meet, and that can be judged."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import yaml
from ibis import Table

from assay.engine import Session
from assay.onboarding.drafts._draft import Draft, plain, quote
from assay.onboarding.evidence._part_distances import BLOCKS, PARTS, comparable, is_category
from assay.onboarding.evidence._predicted_distance import with_chance
from assay.onboarding.evidence._rounding import rounded_up, upper_limit
from assay.onboarding.evidence._sample import ColumnProfile, Profile
from assay.onboarding.evidence._versions import CHANCE, LEAST_VERSIONS
from assay.policy.drift import DriftPolicy

Chance = Callable[[Session, Table, DriftPolicy], tuple[int, Mapping[str, float]]]
"""Session, sample, policy → rows of a batch, and what random variation alone reaches in it."""
_LEAST: Final = 0.01
_FEW_BATCHES: Final = 0.3
_ORDERED: Final = 0.6
_MOST: Final = 0.95
_ENOUGH: Final = 5
_CYCLE: Final = {"day": 7, "month": 12, "year": LEAST_VERSIONS}


def measure_chance(
    session: Session, table: Table, draft: Draft, profile: Profile, chance: Chance
) -> Profile:
    """The profile with what random variation reaches at the level of the policy to be drafted."""
    document = yaml.safe_load(render_drift(draft, profile))
    if not document.get("applies", True):
        return profile
    rows, reached = chance(session, table, DriftPolicy.model_validate(document))
    return replace(profile, chance=reached, chance_rows=rows)


def render_drift(draft: Draft, profile: Profile) -> str:
    """The text of the policy: limits by how much batches or parts differ, a pinned reference."""
    measured = [c for c in comparable(profile) if c.name in profile.distances.by_column]
    columns = [c for c in measured if rounded_up(_reached(c, profile, draft)) < _MOST]
    first = ", ".join(map(quote, draft.batches))
    lines = [
        f"description: A batch is compared with {_reference_words(draft)}.",
        "on_inconclusive: hold",
        *_warnings(profile),
    ]
    if not columns:
        reason = f"The sample of {profile.rows} rows has no column that could be compared in parts."
        return "\n".join([*lines, "applies: false", f"reason: {reason}"]) + "\n"
    lines += [
        "alpha: 0.01",
        "alpha_rationale: >-",
        "  A convention: in one of a hundred batches without a shift, a test finds one. Confirm.",
        "most_levels: 10000",
        "most_levels_rationale: >-",
        f"  A column of levels below has {_most_levels(columns)} at most; one of more than 10 000",
        "  holds something else, and would take minutes.",
        "references:",
        f"  {'first_batch' if len(draft.batches) == 1 else 'first_batches'}:",
        "    kind: pinned",
        f"    batches: [{first}]  # confirm: batches that are ordinary",
        f"bootstrap: [{first}]",
        "columns:",
    ]
    for column in columns:
        lines += _column(column, profile, draft)
    left = [c for c in measured if c not in columns]
    lines += [
        f"  # {plain(c.name)}: ordinary batches differ so much "
        f"({profile.distances.by_column[c.name]:.2f}) that no limit would show a shift."
        for c in left
    ]
    lines += [f"  # {plain(name)}: {text}." for name, text in profile.restated.items()]
    if more := len(comparable(profile)) - len(measured):
        lines.append(f"  # {more} more columns could be compared: add those that matter, in the "
                     "place of others.")  # fmt: skip
    return "\n".join(lines) + "\n"


def _reference_words(draft: Draft) -> str:
    n = len(draft.batches)
    return "the first one" if n == 1 else f"the first {n}"


def _most_levels(columns: list[ColumnProfile]) -> str:
    most = max((c.distinct for c in columns if is_category(c)), default=0)
    return f"{most} levels" if most else "20 levels"


def _warnings(profile: Profile) -> list[str]:
    """What the limits can't know, as comments."""
    found = profile.distances
    if found.batches > 1 or not found.by_column:
        return []
    text = (
        "These limits come from one batch, which doesn't show how much batches differ. Draft again "
        "from several (`assay new --from` for each), or run `assay drift calibrate` after some "
        "ordinary ones."
    )
    if found.sorted_by:
        text += f" The rows are sorted by {_named(found.sorted_by)}."
    if found.ordered:
        text += (
            f" The values of {_named(found.ordered)} go with the order of the rows: batches may "
            f"differ much more in them than the parts of one, so their limits are wide."
        )
    return ["# " + line for line in textwrap.wrap(text, 96)]


def _named(names: tuple[str, ...]) -> str:
    shown = ", ".join(plain(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _factor(profile: Profile) -> float:
    return 1.5 if profile.distances.batches >= _ENOUGH else 2


def _least(column: ColumnProfile, profile: Profile, draft: Draft) -> float:
    """What the true distances of ordinary batches may reach, by how many the sample has.

    Until they are a week of days or a year of months, they don't show how much weekdays or months
    differ.
    """
    found = profile.distances
    if found.batches == 1 and column.name in found.ordered:
        return _ORDERED
    return _FEW_BATCHES if found.batches < _CYCLE[draft.grain] else _LEAST


def _reached(column: ColumnProfile, profile: Profile, draft: Draft) -> float:
    """What batches that differ no more than these do may reach.

    Random variation adds to the true distance of a batch, so that what it reaches alone adds to
    what batches truly reach.
    """
    found, name = profile.distances, column.name
    least = with_chance(_least(column, profile, draft), profile.chance.get(name, 0.0))
    return max(least, _factor(profile) * found.by_column[name])


def _limit(column: ColumnProfile, profile: Profile, draft: Draft) -> float:
    """What is reached, or where it is more, what so few batches let expect of the next one."""
    predicted = min(_MOST, profile.distances.predicted.get(column.name, 0.0))
    return rounded_up(max(_reached(column, profile, draft), predicted))


def _column(column: ColumnProfile, profile: Profile, draft: Draft) -> list[str]:
    limit = _limit(column, profile, draft)
    effect = "jensen_shannon" if is_category(column) else "ks_statistic"
    tied = not is_category(column) and 2 * column.distinct < profile.rows - column.nulls
    test = "permutation" if tied else "kolmogorov_smirnov"
    test = "chi_square" if is_category(column) else test
    return [
        f"  {quote(column.name)}:",
        f"    test: {test}",
        f"    effect: {effect}",
        *["    ties: matter  # rows share values"] * tied,
        f"    limit: {limit:g}",
        "    rationale: >-",
        *_wrapped(_rationale(column, profile, draft, limit)),
        *([] if is_category(column) else _missing(column, profile)),
    ]


def _missing(column: ColumnProfile, profile: Profile) -> list[str]:
    """The largest change of the share of missing values."""
    share = upper_limit(column.nulls, profile.rows)
    limit = min(_MOST, rounded_up(max(_FEW_BATCHES, share)))
    why = (
        f"{column.nulls} of {profile.rows} values are missing; the larger of {_FEW_BATCHES:g} and "
        "the upper end of the 95 % Wilson interval of their share. Confirm."
    )
    return ["    missing:", f"      limit: {limit:g}", "      rationale: >-",
            *("  " + line for line in _wrapped(why))]  # fmt: skip


def _wrapped(text: str) -> list[str]:
    return [" " * 6 + line for line in textwrap.wrap(text, 92)]


def _rationale(column: ColumnProfile, profile: Profile, draft: Draft, limit: float) -> str:
    """What a limit comes from, the largest of its sources first."""
    found, name = profile.distances, column.name
    predicted, chance = found.predicted.get(name, 0.0), profile.chance.get(name, 0.0)
    source = _source(column, profile)
    if predicted > _reached(column, profile, draft):
        of = "" if predicted <= limit else f", here {limit:g} at most"
        return (
            f"What the next batch keeps below with probability {1 - CHANCE:g}, predicted from "
            f"{found.batches} batches (Student's t, {found.batches - 1} degrees of freedom{of}). "
            f"{source} is less. More batches give a narrower limit: draft again from them, or run "
            "`assay drift calibrate`."
        )
    return (
        f"{source}; no less than a true distance of {_least(column, profile, draft):g} together "
        f"with what random variation alone reaches ({chance:.3g}) at this alpha in a batch of "
        f"{profile.chance_rows} rows, half of the smallest one's. By a limit below the latter an "
        "ordinary batch is inconclusive."
    )


def _source(column: ColumnProfile, profile: Profile) -> str:
    """How often the largest distance is taken, and between what it is."""
    found, distance = profile.distances, profile.distances.by_column[column.name]
    if found.batches > 1:
        times = "Twice" if _factor(profile) == 2 else "One and a half times"
        return (
            f"{times} the largest distance ({distance:.3f}) of any of {found.batches} batches from "
            "the others"
        )
    return (
        f"Twice the largest distance ({distance:.3f}) of any of {PARTS} parts of the sample "
        f"from the rest, each part of {BLOCKS // PARTS} blocks of consecutive rows"
    )
