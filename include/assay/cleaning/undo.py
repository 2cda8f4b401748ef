"""Cleaning without some of its rules, and how the table then differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import ibis
from ibis import Table

from assay.cleaning._clean import Cleaned, clean
from assay.cleaning._fitted_state import FittedState
from assay.cleaning.steps import steps_of
from assay.cleaning.steps._step import Rule
from assay.engine import ROW, Session, data_columns
from assay.errors import InputError, PolicyError, did_you_mean, unknown
from assay.policy.cleaning import CleaningPolicy


@dataclass(frozen=True)
class Difference:
    """How a table without a rule differs from the table with it, in counts only.

    ``back`` counts rows that the rule had dropped, ``gone`` rows that a later step drops now, and
    ``cells`` the cells with another value, by column, of the rows in both. ``columns`` are those
    that aren't there without the rule.
    """

    back: int
    gone: int
    cells: dict[str, int]
    columns: tuple[str, ...]

    @classmethod
    def between(cls, left: Table, right: Table) -> Self:
        """Compare two tables by row number, in one join."""
        shared = [n for n in data_columns(left) if n in right.columns]
        others = {f"__o{i}": right[n] for i, n in enumerate(shared)}
        renamed = right.select(__other=right[ROW], **others)
        both = left.outer_join(renamed, left[ROW] == renamed["__other"])
        paired = both[ROW].notnull() & both["__other"].notnull()
        differ = {"back": both[ROW].isnull().sum(), "gone": both["__other"].isnull().sum()}
        for i, name in enumerate(shared):
            differ[f"c{i}"] = (paired & ~_alike(both[name], both[f"__o{i}"])).sum()
        row = both.aggregate(**differ).to_pyarrow().to_pylist()[0]
        cells = {n: int(row[f"c{i}"] or 0) for i, n in enumerate(shared)}
        lost = [n for n in data_columns(left) if n not in right.columns]
        return cls(
            back=int(row["back"] or 0), gone=int(row["gone"] or 0),
            cells={n: k for n, k in cells.items() if k}, columns=tuple(lost),
        )  # fmt: skip


def rules_of(policy: CleaningPolicy) -> list[Rule]:
    """List every rule of a policy, step by step."""
    return [rule for step in steps_of(policy) for rule in step.rules()]


def undo(
    session: Session,
    before: Table,
    policy: CleaningPolicy,
    state: FittedState,
    rule: str | None = None,
    column: str | None = None,
) -> Cleaned:
    """Clean a table again without a rule.

    The result is that of the same steps with the same fitted numbers over the same rows, with the
    rule left out. Later steps act on what they then see: a value that isn't emptied any more isn't
    filled any more, and a row that is back is cleaned by the other rules. The fitted numbers stay
    as they were, although later steps learned them from the output of this rule.

    Parameters
    ----------
    before : ibis.Table
        The rows before cleaning.
    rule, column : str, optional
        Name of the rule as the change log has it, ``derive`` for derived columns, and its column;
        all by default.

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
    """Leave a rule out of a policy and its state; every step keeps its number.

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
        step.without({r.column for r in chosen if r.step == step.index})
        for step in steps_of(policy)
    )
    reduced = policy.model_copy(update={"steps": steps, "budget": None})
    reduced.__dict__.pop("hash", None)  # the copy has that of the whole policy
    return reduced, state.model_copy(update={"policy": reduced})


def _unknown(known: list[Rule], rule: str | None, column: str | None) -> InputError:
    names = list(dict.fromkeys(name for r in known for name in r.rules))
    columns = list(dict.fromkeys(r.column for r in known if r.column))
    if rule is not None and rule not in names:
        return InputError("the policy has no such rule", **unknown(rule, names))
    of_rule = (r.column for r in known if r.column and (not rule or rule in r.rules))
    about = unknown(column, tuple(dict.fromkeys(of_rule)))
    about["do"] = did_you_mean(column or "", columns) or None
    return InputError("the policy has no such rule on this column", **about)


def _alike(a: Any, b: Any) -> Any:
    if a.type() != b.type():
        a, b = a.cast("string"), b.cast("string")
    return a.identical_to(b) if a.type() == b.type() else ibis.literal(False)
