"""Deduplication: one row per key, by a declared order."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
from ibis import Table

from assay.cleaning._fitted_state import StepFit
from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps._step import CleaningStep, Rule
from assay.engine import ROW, Session
from assay.policy.cleaning_steps import DeduplicateStep


class Deduplicate(CleaningStep[DeduplicateStep], kind="deduplicate"):
    """Keep the first row of each key in the declared order, drop the others.

    Notes
    -----
    The landing row number decides between rows that the declared order leaves equal, so the choice
    doesn't depend on how the rows arrived at this step. Rows with a null in the key are all kept,
    unless the policy lets nulls match. A second time it drops nothing more.
    """

    learns = False

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Drop the rows whose key an earlier row has."""
        reason = "clean.deduplicate"
        if rows.from_log:
            return rows.drop(self.index, [(ibis.literal(True), reason)])
        hidden = f"__later{self.index}"
        rows = rows.matched(session, self._later(rows), hidden)
        return rows.drop(self.index, [(rows.table[hidden].notnull(), reason)])

    def _later(self, rows: MarkedTable) -> Table:
        """Numbers of the rows whose key an earlier row has; only keys and order are sorted."""
        step = self.spec
        names = [*step.keys, *(part.column for part in step.order_by)]
        for name in names:
            rows.column(name, self.index)
        kept = rows.kept.select(ROW, *dict.fromkeys(names))
        if step.null_keys == "keep":
            kept = kept.filter([kept[key].notnull() for key in step.keys])
        order = [
            getattr(kept[o.column], o.direction)(nulls_first=o.nulls == "first")
            for o in step.order_by
        ]
        keys = [kept[key] for key in step.keys]
        window = ibis.window(group_by=keys, order_by=[*order, kept[ROW]])
        ranked = kept.select(ROW, rank=ibis.row_number().over(window))
        return ranked.filter(ranked["rank"] > 0).select(ROW)

    def rules(self) -> Iterator[Rule]:
        """List its one rule, which judges rows."""
        yield Rule(self.index, None, ("deduplicate.drop",))
