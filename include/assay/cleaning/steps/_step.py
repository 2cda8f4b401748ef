"""What every kind of cleaning step answers; a subclass answers what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from ibis import Schema, Table
from ibis.expr.datatypes import DataType

from assay.cleaning._fitted_state import ColumnFit, Fault, FittedOn, StepFit, Value
from assay.cleaning._marked_table import MarkedTable
from assay.engine import Session
from assay.errors import Problem
from assay.policy.cleaning import CleaningPolicy
from assay.policy.cleaning_step import Step
from assay.policy.cleaning_steps import TextStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile

Need = float | None
"""What a step needs to know of a column: a quantile, by its share, or the moments (None)."""
Spans = tuple[tuple[float, float], ...]
Fits = Mapping[str, ColumnFit]
Profiles = Mapping[str, Profile]
Spec = TypeVar("Spec", bound=Step)


@dataclass(frozen=True)
class Rule:
    """A rule of a policy on one column, by the names that the change log has for it.

    ``column`` is None for a rule that judges rows. ``rules`` has the name of its changes and, where
    it drops rows, that of the drops.
    """

    step: int
    column: str | None
    rules: tuple[str, ...]


class Invention(NamedTuple):
    """A column whose values a step invents or moves, or by whose values it selects rows."""

    column: str
    what: str
    do: str


@dataclass(frozen=True)
class UnchangedCells:
    """Conditions on the rows before cleaning: where all hold, no step changes the row.

    ``table`` has the columns derived so far. ``filled`` are the columns whose missing cells some
    step fills, ``bounded`` those with a condition that a missing cell doesn't meet.
    """

    table: Table
    filled: frozenset[str]
    bounded: frozenset[str] = frozenset()
    conditions: tuple[Any, ...] = ()

    def with_conditions(self, found: Mapping[str, Any]) -> UnchangedCells:
        """Add conditions by column."""
        conditions = (*self.conditions, *found.values())
        return replace(self, conditions=conditions, bounded=self.bounded | found.keys())


class CleaningStep(Generic[Spec]):
    """One step of a policy, at its place: everything that the room asks about it.

    ``index`` is its place in the policy, ``spec`` what the policy says.

    Notes
    -----
    Every default is safe: a kind that answers no more than ``apply`` is correct. The other answers
    make it faster, or say what is particular about it.
    """

    kinds: ClassVar[dict[str, type[CleaningStep[Any]]]] = {}
    learns: ClassVar[bool] = True
    """Whether it is fitted on data."""
    numeric: ClassVar[bool] = False
    """Whether all its columns must be numeric."""
    changes_values: ClassVar[bool] = True
    """Whether it may change a value of its columns."""
    replaces_flags: ClassVar[bool] = True
    """Whether the columns that it adds may be in the data, since cleaning added them before."""

    def __init_subclass__(cls, kind: str = "", **more: Any) -> None:
        """Register the class of a kind of step."""
        super().__init_subclass__(**more)
        CleaningStep.kinds[kind] = cls

    def __init__(self, index: int, spec: Spec) -> None:
        self.index = index
        self.spec = spec

    # What is wrong with it

    def inventions(self) -> Iterator[Invention]:
        """List the columns whose values the step invents, moves, or selects rows by."""
        return iter(())

    def problems(
        self, columns: Collection[str] | None, dropped: Collection[str]
    ) -> Iterator[Problem]:
        """List what else is wrong with the step.

        Parameters
        ----------
        columns : collection of str or None
            Columns that are there when the step runs; None where they aren't known.
        dropped : collection of str
            Columns that the privacy policy removes before cleaning.
        """
        return iter(())

    @property
    def drops_rows(self) -> bool:
        """Whether it may drop rows, or change columns that it doesn't name."""
        return True

    @property
    def name(self) -> str | None:
        """A name of its own, which no other step of the policy may have."""
        return None

    # What it fits

    def read_columns(self) -> Collection[str]:
        """List the columns of the data that the step reads."""
        return {name for _, name in self.spec.named_columns()}

    def number_columns(self) -> Collection[str]:
        """List the columns that must be numeric."""
        return getattr(self.spec, "columns", ()) if self.numeric else ()

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """List what the fit needs to know of columns and one scan can find for many."""
        return {}

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Learn from the rows of a reference, as the steps before this one left them."""
        return self.fitted()

    def check_numbers(self, rows: MarkedTable) -> None:
        """Check that the columns that must be numeric are.

        Raises
        ------
        PolicyError
            If one isn't.
        """
        for name in self.number_columns():
            rows.numeric(name, self.index)

    def fitted(self, **found: Any) -> StepFit:
        """Make the fit of this step."""
        return StepFit(index=self.index, step=self.spec.step, **found)

    def estimate(self, sample: ColumnNumbers) -> Fits:
        """Estimate the fit from a sample, for the columns of which it shows enough."""
        return {}

    def changed_spans(self, fits: Fits, profiles: Profiles) -> Mapping[str, Spans]:
        """Find where the values lie that the step will change, from the profiles of a sample."""
        return {}

    def profiles_after(self, fits: Fits, profiles: Profiles, types: Schema) -> dict[str, Profile]:
        """Compute the profiles of columns once the step has changed the rows."""
        if self.drops_rows:
            return {}
        columns = getattr(self.spec, "columns", ()) if self.changes_values else ()
        changed = {*columns, *self.spec.added_columns()}
        return {name: p for name, p in profiles.items() if name not in changed}

    # What it changes

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Change the rows with what was fitted."""
        return rows

    def filled_columns(self, fit: StepFit) -> Collection[str]:
        """List the columns whose missing cells the step fills."""
        return ()

    def unchanged(self, cells: UnchangedCells, fit: StepFit) -> UnchangedCells | None:
        """Add the conditions under which the step changes nothing.

        None where the rows before cleaning don't show it.
        """
        return None

    # How it is explained and undone

    def faults(self, fit: StepFit) -> dict[str, Fault]:
        """List the columns that couldn't be fitted, with the reason."""
        return {name: f.fault for name, f in fit.columns.items() if f.fault is not None}

    def rules(self) -> Iterator[Rule]:
        """List the rules of the step; by default one a column, named as the step."""
        for name in getattr(self.spec, "columns", ()):
            yield Rule(self.index, name, (self.spec.step,))

    def without(self, undone: Collection[str | None]) -> Step:
        """Leave out the rules of some columns; a step without any rule changes nothing."""
        columns = getattr(self.spec, "columns", ())
        if not undone:
            return self.spec
        if None in undone or {*undone} >= {*columns}:
            return TextStep.model_construct(step="text", columns={}, reason=None, rationale=None)
        kept = [name for name in columns if name not in undone]
        left = {n: columns[n] for n in kept} if isinstance(columns, Mapping) else tuple(kept)
        return self.spec.model_copy(update={"columns": left})


def steps_of(policy: CleaningPolicy) -> tuple[CleaningStep[Any], ...]:
    """Make the steps of a policy, in its order."""
    return tuple(CleaningStep.kinds[s.kind](i, s) for i, s in enumerate(policy.steps))


def held_value(dtype: DataType, value: Value) -> float | None:
    """The number that a column of a type holds for a value; None where that isn't known here."""
    if value is None or isinstance(value, bool | str):
        return None
    # How the engine rounds to narrower types isn't known here.
    return float(value) if dtype.is_float64() or dtype.is_integer() else None


def removed_column(name: str, where: str, left: Collection[str] | None) -> Problem:
    """Describe a column that a cleaning policy names and that isn't there any more."""
    counted = "; the fairness gate counts its groups" if where.startswith("groups") else ""
    return Problem(
        "the privacy policy drops this column before cleaning",
        where=where,
        got=name,
        expected=None if left is None else "one of: " + ", ".join(sorted(left)),
        do=f"Leave it out here{counted}, or treat it otherwise in privacy.yaml.",
    )
