"""Cleaning without some of its rules, and how the table then differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import ibis
from ibis import Table

from assay.cleaning._run import Cleaned, clean
from assay.cleaning._state import FittedState
from assay.engine import ROW, Session, data_columns
from assay.errors import InputError, PolicyError, did_you_mean
from assay.policy.cleaning import (
    CleaningPolicy,
    DeduplicateStep,
    DeriveStep,
    Forest,
    ImputeStep,
    OutliersStep,
    ParseStep,
    Step,
    TextStep,
)


@dataclass(frozen=True)
class Rule:
    """A rule of a policy on one column, by the names that the change log has for it.

    ``column`` is None for a rule that judges rows; ``rules`` has the name of its changes and, where
    it drops rows, that of the drops.
    """

    step: int
    column: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """How a table without a rule differs from the one with it; counts and row numbers only.

    ``back`` are rows that the rule had dropped, ``gone`` rows that a later step drops now, and
    ``cells`` the cells of the rows in both that have another value, by column.
    """

    back: int
    gone: int
    cells: dict[str, int]
    columns: tuple[str, ...]

    @classmethod
    def between(cls, left: Table, right: Table) -> Self:
        """How the right table differs from the left one, rows by number, in one join."""
        shared = [n for n in data_columns(left) if n in right.columns]
        others = {f"__o{i}": right[n] for i, n in enumerate(shared)}
        renamed = right.select(__other=right[ROW], **others)
        both = left.outer_join(renamed, left[ROW] == renamed["__other"])
        paired = both[ROW].notnull() & both["__other"].notnull()
        differ = {
            f"c{i}": (paired & ~_alike(both[n], both[f"__o{i}"])).sum()
            for i, n in enumerate(shared)
        }
        row = both.aggregate(
            back=both[ROW].isnull().sum(), gone=both["__other"].isnull().sum(), **differ
        ).to_pyarrow().to_pylist()[0]  # fmt: skip
        cells = {n: int(row[f"c{i}"] or 0) for i, n in enumerate(shared)}
        lost = [n for n in data_columns(left) if n not in right.columns]
        return cls(
            back=int(row["back"] or 0), gone=int(row["gone"] or 0),
            cells={n: k for n, k in cells.items() if k}, columns=tuple(lost),
        )  # fmt: skip


def rules_of(policy: CleaningPolicy) -> list[Rule]:
    """Every rule of a policy, step by step."""
    return [rule for index, step in enumerate(policy.steps) for rule in _rules(index, step)]


def _rules(index: int, step: Step) -> Iterator[Rule]:
    if isinstance(step, DeduplicateStep):
        yield Rule(index, None, ("deduplicate.drop",))
    elif isinstance(step, OutliersStep):
        own = f"outliers.{step.by.method}.{step.action}"
        names = (own, "outliers.drop") if step.action == "drop" else (own,)
        columns = (None,) if isinstance(step.by, Forest) else step.columns
        yield from (Rule(index, column, names) for column in columns)
    elif isinstance(step, ImputeStep):
        for name, how in step.columns.items():
            yield Rule(index, name, (f"impute.{how.method}",))
    elif isinstance(step, ParseStep):
        for name, parse in step.columns.items():
            yield Rule(index, name, (f"parse.{parse.type}", *["parse.drop"] * _drops(parse)))
    elif isinstance(step, TextStep | DeriveStep):
        name = "text" if isinstance(step, TextStep) else "derive"
        yield from (Rule(index, column, (name,)) for column in step.columns)


def _drops(parse: Any) -> bool:
    return bool(parse.on_error == "drop")


def undo(
    session: Session,
    before: Any,
    policy: CleaningPolicy,
    state: FittedState,
    rule: str | None = None,
    column: str | None = None,
) -> Cleaned:
    """The table as it would be without a rule.

    Read it as: the same steps with the same fitted numbers over the same rows, the rule left out.
    Later steps see what the rule would have changed, and may act on it: a value that is emptied no
    more is filled no more, a row that is back is cleaned by the others. What was fitted stays as it
    was, although later steps learned it from the output of this rule.

    Parameters
    ----------
    session : Session
        The session that the table belongs to.
    before : ibis.Table
        The rows before cleaning.
    policy, state
        The policy that cleaned them, and what was fitted for it.
    rule : str, optional
        Name of the rule as the change log has it; ``derive`` for derived columns. All by default.
    column : str, optional
        Only of this column; of all by default.

    Raises
    ------
    InputError
        If the policy has no such rule, or a later step can't do without it.
    """
    reduced, fitted = without(policy, state, rule, column)
    try:
        return clean(session, before, reduced, fitted)
    except PolicyError as exc:
        raise InputError(
            "a later step can't do without the rule", got=rule or column,
            expected=exc.problems[0].what if exc.problems else None,
            do="Undo the rules that build on it as well: --column without --rule undoes all of a "
            "column.",
        ) from exc  # fmt: skip


def without(
    policy: CleaningPolicy, state: FittedState, rule: str | None = None, column: str | None = None
) -> tuple[CleaningPolicy, FittedState]:
    """A policy and its state with a rule left out; every step keeps its number.

    Raises
    ------
    InputError
        If the policy has no such rule.
    """
    known = rules_of(policy)
    chosen = [
        r for r in known
        if (rule is None or rule in r.rules) and (column is None or column == r.column)
    ]  # fmt: skip
    if not chosen:
        raise _unknown(known, rule, column)
    steps = tuple(
        _left(step, [r.column for r in chosen if r.step == index])
        for index, step in enumerate(policy.steps)
    )
    reduced = policy.model_copy(update={"steps": steps, "budget": None})
    reduced.__dict__.pop("hash", None)  # the copy has that of the whole policy
    return reduced, state.model_copy(update={"policy": reduced})


def _unknown(known: list[Rule], rule: str | None, column: str | None) -> InputError:
    names = list(dict.fromkeys(name for r in known for name in r.rules))
    columns = list(dict.fromkeys(r.column for r in known if r.column))
    if rule is not None and rule not in names:
        return InputError(
            "the policy has no such rule", got=rule, expected="one of: " + ", ".join(names),
            do=did_you_mean(rule, names) or None,
        )  # fmt: skip
    return InputError(
        "the policy has no such rule on this column", got=column,
        expected="one of: " + ", ".join(
            dict.fromkeys(r.column for r in known if r.column and (not rule or rule in r.rules))
        ), do=did_you_mean(column or "", columns) or None,
    )  # fmt: skip


def _left(step: Step, undone: Iterable[str | None]) -> Step:
    """A step without some of its columns; one that does nothing in place of one without any."""
    gone = set(undone)
    if not gone:
        return step
    columns = getattr(step, "columns", ())
    if None in gone or gone >= set(columns):
        return TextStep.model_construct(step="text", columns={}, reason=None, rationale=None)
    kept: Any = (
        {n: how for n, how in columns.items() if n not in gone}
        if isinstance(columns, dict)
        else tuple(n for n in columns if n not in gone)
    )
    return step.model_copy(update={"columns": kept})


def _alike(a: Any, b: Any) -> Any:
    if a.type() != b.type():
        a, b = a.cast("string"), b.cast("string")
    return a.identical_to(b) if a.type() == b.type() else ibis.literal(False)
