"""The text of a first drift policy: limits that ordinary batches meet, and that can be judged."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import yaml
from ibis import Table

from assay.engine import Session
from assay.onboarding.drafts._draft import Draft, quote
from assay.onboarding.evidence._part_distances import PARTS, comparable, is_category
from assay.onboarding.evidence._rounding import rounded_up
from assay.onboarding.evidence._sample import ColumnProfile, Profile
from assay.policy.drift import DriftPolicy

Chance = Callable[[Session, Table, DriftPolicy], tuple[int, Mapping[str, float]]]
"""Session, sample, policy → rows of a batch, and what random variation alone reaches in it."""
_LEAST: Final = 0.01
_MOST: Final = 0.99


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
    """The text of the policy: limits by the distances of the sample's parts, a pinned reference."""
    columns = [c for c in comparable(profile) if c.name in profile.distances]
    lines = ["description: A batch is compared with the first one.", "on_inconclusive: hold"]
    if not columns:
        reason = f"The sample of {profile.rows} rows has no column that could be compared in parts."
        return "\n".join([*lines, "applies: false", f"reason: {reason}"]) + "\n"
    lines += [
        "alpha: 0.01",
        "most_levels: 10000",
        "alpha_rationale: >-",
        "  A convention: in one of a hundred batches without a shift, a test finds one. Confirm.",
        "references:",
        "  first_batch:",
        "    kind: pinned",
        f"    batches: [{quote(draft.first)}]  # confirm: batches that are ordinary",
        f"bootstrap: [{quote(draft.first)}]",
        "columns:",
    ]
    for column in columns:
        lines += _column(column, profile)
    return "\n".join(lines) + "\n"


def _column(column: ColumnProfile, profile: Profile) -> list[str]:
    distance, chance = profile.distances[column.name], profile.chance.get(column.name, 0.0)
    limit = min(_MOST, rounded_up(max(_LEAST, 2 * distance, chance)))
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
        *_rationale(distance, chance, profile),
    ]


def _rationale(distance: float, chance: float, profile: Profile) -> list[str]:
    reached = (
        f"hat random variation alone reaches ({chance:.3g}) at this alpha in a batch of "
        f"{profile.chance_rows} rows, four fifths of the sample's"
    )
    twice = (
        f"wice the largest distance ({distance:.3f}) of any of {PARTS} consecutive parts of the "
        f"sample ({profile.rows // PARTS} rows each) from the rest"
    )
    if chance > max(_LEAST, 2 * distance):
        text = f"W{reached}: by a lower limit an ordinary batch is inconclusive. T{twice} is less."
    else:
        text = f"T{twice}; at least .01, and no less than w{reached}."
    return [" " * 6 + line for line in textwrap.wrap(text, 94)]
