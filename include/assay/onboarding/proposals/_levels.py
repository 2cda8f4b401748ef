"""The closed list of a column's levels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from assay.onboarding.evidence._columns import Level
from assay.onboarding.evidence._level_list import LevelList
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_levels(context: ColumnContext) -> Found:
    """Propose a closed list, if the rarest levels show that it is complete; else remark why not."""
    found = context.level_list
    if found is None:
        return
    if context.names_batch:
        yield Remark(context.name, "one value in all rows: it names the batch")
        return
    if found.why_open:
        if not context.column.numeric:
            yield Remark(context.name, found.why_open)
        return
    kwargs = context.kwargs(value_set=list(found.levels))
    if found.unseen.once:
        kwargs["mostly"] = found.mostly
    yield from _spelt_alike(context.name, found.levels)
    yield Proposal("expect_column_values_to_be_in_set", kwargs, _rationale(found),
                   _evidence(found), context.stage)  # fmt: skip


def _evidence(found: LevelList) -> dict[str, Any]:
    unseen = found.unseen
    batches = {"batches": found.batches} if found.batches > 1 else {}
    return {
        "n": unseen.n, "distinct": unseen.levels, "seen_once": unseen.once,
        "seen_twice": unseen.twice, "rarest": found.rarest,
        "unseen_share": round(unseen.mass, 6), "chao1": round(unseen.richness, 1), **batches,
    }  # fmt: skip


def _rationale(found: LevelList) -> str:
    unseen = found.unseen
    why = f"{unseen.levels} levels in {unseen.n} rows, the rarest in {found.rarest}"
    if found.batches > 1:
        why += f", in {found.batches} batches"
    if unseen.once:
        return why + (
            f"; {unseen.once} seen once, so that {unseen.mass:.4%} of further rows may bring a new "
            "one (Good and Turing), which mostly allows."
        )
    return why + "; none seen only once, so no further one is expected (Good and Turing, Chao1)."


def _spelt_alike(name: str, levels: Collection[Level]) -> Found:
    """Levels that differ in case only: probably one, and cleaning can make them so."""
    folded: dict[str, list[str]] = {}
    for level in sorted(str(v) for v in levels):
        folded.setdefault(level.casefold(), []).append(level)
    for same in folded.values():
        if len(same) > 1:
            yield Remark(name, f"{' and '.join(map(repr, same))} differ in case only: a text step "
                         "of the cleaning policy can make them one")  # fmt: skip
