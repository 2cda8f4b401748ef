"""The mutation score of a suite: the share of planted faults that it detects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ibis
from ibis import Table

from assay.engine import ROW, Session
from assay.quality._frame import Frame
from assay.quality._registry import REGISTRY, entry_of
from assay.quality._scan import judged_compiled
from assay.quality._suite import Expectation, Suite
from assay.quality.mutation._mutants import Mutant, plant


@dataclass(frozen=True)
class Planted:
    """One planted fault; ``caught_by`` names the expectations that it leaves unmet."""

    operator: str
    columns: tuple[str, ...]
    rows: int
    caught_by: tuple[str, ...]


@dataclass(frozen=True)
class MutationScore:
    """How a suite stands up to planted faults.

    Read ``score``, the share of the faults that it detects, then the faults with no ``caught_by``:
    nothing in the suite detects those. ``unmet`` are expectations that the unharmed data don't
    meet: they can detect nothing, and don't count.
    """

    planted: tuple[Planted, ...]
    unmet: tuple[str, ...]
    rows: int

    @property
    def score(self) -> float | None:
        """Caught over planted."""
        caught = sum(bool(p.caught_by) for p in self.planted)
        return caught / len(self.planted) if self.planted else None

    def document(self) -> dict[str, Any]:
        """The score as JSON-safe data, by kind of fault and fault by fault."""
        kinds: dict[str, list[bool]] = defaultdict(list)
        for p in self.planted:
            kinds[p.operator].append(bool(p.caught_by))
        return {
            "score": self.score,
            "rows": self.rows,
            "planted": len(self.planted),
            "caught": sum(map(sum, kinds.values())),
            "by_fault": {
                k: {"planted": len(v), "caught": sum(v)} for k, v in sorted(kinds.items())
            },
            "faults": [
                {"fault": p.operator, "columns": list(p.columns), "rows": p.rows,
                 "caught_by": list(p.caught_by)}
                for p in self.planted
            ],
            "unmet_before": list(self.unmet),
        }  # fmt: skip


def measure_mutation(
    session: Session,
    table: Table,
    suite: Suite,
    *,
    every: int,
    most_rows: int,
    progress: Callable[[str], None] = lambda _: None,
) -> MutationScore:
    """Plant faults in data that a suite accepts, one at a time, and record which it detects.

    Parameters
    ----------
    every : int
        A fault is in every Nth row: 20 changes 5 % of them.
    most_rows : int
        Of a larger table the first so many rows are taken.
    progress : callable
        Takes a line that describes the fault that is planted next.

    Returns
    -------
    MutationScore
        A fault counts as caught if an expectation that the unharmed rows meet, of whatever
        severity, is unmet with it. Faults that harm no row (an exchange of equal columns) aren't
        planted. Expectations that only Great Expectations can judge aren't used.

    References
    ----------
    DeMillo, R. A., Lipton, R. J., & Sayward, F. G. (1978). Hints on test data selection: help for
    the practicing programmer. Computer 11(4), 34–41. doi:10.1109/C-M.1978.218136
    """
    frame = Frame.of(session, table, ROW, details=False)
    first = frame.table.order_by(frame.row).limit(most_rows)
    numbered = first.mutate(**{ROW: ibis.row_number().over(order_by=first[frame.row])})
    frame = replace(frame, table=session.set_aside(numbered))
    try:
        return _scored(frame, suite, every, progress)
    finally:
        frame.forget()
        session.forget(frame.table)


def _scored(
    frame: Frame, suite: Suite, every: int, progress: Callable[[str], None]
) -> MutationScore:
    known = [e for e in suite.expectations if e.type in REGISTRY]
    marked = frame.marked(len(known))
    met = [j.finding.success for j in judged_compiled(marked, known, frame.columns)]
    able = [e for e, ok in zip(known, met, strict=True) if ok]
    mutants = list(plant(frame, every))
    parts = {f"c{i}": frame.table.count(where=m.harmed) for i, m in enumerate(mutants)}
    row = frame.rows(frame.table.aggregate(**parts))[0] if parts else {}
    harmed = [int(row[name]) for name in parts]
    planted = []
    for i, mutant in enumerate(mutants):
        if harmed[i] == 0:
            continue
        progress(f"fault {i + 1} of {len(mutants)}: {mutant.operator} {', '.join(mutant.columns)}")
        planted.append(Planted(mutant.operator, mutant.columns, harmed[i],
                               _caught(frame, mutant, able)))  # fmt: skip
    unmet = tuple(e.label for e, ok in zip(known, met, strict=True) if not ok)
    return MutationScore(tuple(planted), unmet, int(frame.value(frame.table.count())))


def _caught(frame: Frame, mutant: Mutant, able: list[Expectation]) -> tuple[str, ...]:
    """Labels of the expectations that the fault leaves unmet; only those that could see it."""
    seeing = [
        e for e in able
        if not mutant.columns or e.columns_read & set(mutant.columns) or entry_of(e.type).reads_all
    ]  # fmt: skip
    harmed = replace(frame, table=mutant.table, made=[]).marked(len(seeing))
    try:
        judged = judged_compiled(harmed, seeing, frame.columns)
    finally:
        harmed.forget()
    return tuple(j.finding.expectation.label for j in judged if not j.finding.success)
