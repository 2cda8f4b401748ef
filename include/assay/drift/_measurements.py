"""Measurements of a shift, before any limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Self

from assay.engine import round12
from assay.verdict import Frozen, Measurement

State = Literal["compared", "no_reference", "bootstrap", "empty_batch", "not_applicable"]


class Effect(Frozen):
    """An effect size, with what chance alone reaches at this number of rows.

    ``value`` is None where there is none (a spread of 0). ``null_quantile`` is exceeded without a
    shift with probability alpha/m; a limit below it is within the reach of chance. ``lower`` and
    ``upper`` bound it where it has an interval, each missed with the same probability.
    """

    name: str
    value: float | None
    null_quantile: float | None = None
    law: str | None = None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def of(cls, name: str, value: float, null_quantile: float, law: str) -> Self:
        """Make an effect, its numbers rounded to 12 digits."""
        return cls(name=name, value=round12(value), null_quantile=round12(null_quantile), law=law)


class Cell(Frozen):
    """Rows of both tables in one bin or level, for showing a distribution.

    ``label`` is None for missing. Of a classified column it is a level of the contract's closed
    list, or a number without meaning.
    """

    label: str | None
    reference: int
    current: int


class ColumnDrift(Frozen):
    """One column, in all rows or in a slice, compared with the reference.

    ``fault`` names why it couldn't be compared (``column_missing``, ``column_type``,
    ``too_many_levels``), and ``fault_in`` the table at fault; else there is a statistic, its p, and
    the effects. ``n`` counts what took part: values that aren't missing for an ordered column, all
    rows for levels.
    """

    column: str
    slice: str | None = None
    test: str
    fault: str | None = None
    fault_in: Literal["reference", "current"] | None = None
    statistic: float | None = None
    p: float | None = None
    law: str | None = None
    effects: tuple[Effect, ...] = ()
    n_reference: int = 0
    n_current: int = 0
    missing_reference: int = 0
    missing_current: int = 0
    rows_reference: int = 0
    rows_current: int = 0
    unseen: int | None = None
    cells: tuple[Cell, ...] = ()

    @property
    def name(self) -> str:
        """The column, with its slice where it has one."""
        return self.column if self.slice is None else f"{self.column} [{self.slice}]"

    def effect(self, name: str) -> Effect | None:
        """The effect of that name, None where it wasn't measured."""
        return next((e for e in self.effects if e.name == name), None)


class DriftMeasurements(Frozen):
    """One table of a batch compared with one reference; it knows no limit on an effect.

    Read ``state`` first: only ``compared`` has columns. ``tests`` is the number of confirmatory
    tests that the policy names over all references, and ``level`` is alpha over it, at which null
    quantiles were taken.
    """

    table: str = "observed"
    reference: str = "reference"
    batches: tuple[str, ...] = ()
    state: State
    note: str | None = None
    rows_reference: int = 0
    rows_current: int = 0
    tests: int = 0
    level: float | None = None
    columns: tuple[ColumnDrift, ...] = ()
    concept: tuple[Measurement, ...] = ()

    def measurements(self) -> tuple[Measurement, ...]:
        """All numbers in the one shape that every gate's verdict holds."""
        sides = {"reference": self.rows_reference, "current": self.rows_current}
        rows = [
            Measurement(name="rows", value=count, unit="rows", group=group, detail=self._place())
            for group, count in sides.items()
        ]
        found = [m for column in self.columns for m in self._of(column)]
        concept = [m.model_copy(update={"detail": m.detail | self._place()}) for m in self.concept]
        return (*rows, *found, *concept)

    def _place(self) -> dict[str, Any]:
        return {"table": self.table, "reference": self.reference}

    def _of(self, column: ColumnDrift) -> Iterator[Measurement]:
        place = self._place() | {"n_reference": column.n_reference}

        def one(name: str, value: float | None, unit: str = "1", **detail: Any) -> Measurement:
            about: dict[str, Any] = {"column": column.column, "group": column.slice}
            about |= {"n": column.n_current, "detail": place | detail}
            return Measurement(name=name, value=value, unit=unit, **about)

        yield one(column.test, column.statistic, p=column.p, law=column.law)
        for e in column.effects:
            ends: dict[str, Any] = {} if e.lower is None else {"lower": e.lower, "upper": e.upper}
            yield one(e.name, e.value, null_quantile=e.null_quantile, law=e.law, **ends)
        if column.rows_current:
            yield one("missing", column.missing_current / column.rows_current, "share")


class DriftReport(Frozen):
    """All comparisons of a batch: each table against each reference."""

    comparisons: tuple[DriftMeasurements, ...] = ()
