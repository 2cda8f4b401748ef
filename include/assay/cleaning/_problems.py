"""Problems of a cleaning policy: what it may not do to columns of certain roles, or can't name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ibis import Table

from assay.cleaning.steps import CleaningStep, steps_of
from assay.cleaning.steps._step import removed_column
from assay.contract import Contract
from assay.engine import data_columns
from assay.errors import PolicyError, Problem, problems_error, unknown
from assay.policy.cleaning import CleaningPolicy

UNTOUCHABLE = frozenset({"label", "prediction", "probability", "protected", "identifier", "key"})
"""Roles whose values cleaning may not invent, move or select rows by."""


def roles_of(contract: Contract) -> dict[str, str]:
    """Find the roles of a contract's columns; of several roles, the one that protects most.

    Protected comes first, then identifier, then key (the primary key's columns), then the
    contract's ``role``.
    """
    found: dict[str, str] = {}
    for column in contract.columns:
        role = column.role and str(column.role)
        if role != "protected" and column.classification == "identifier":
            role = "identifier"
        elif role != "protected" and column.name in contract.primary_key:
            role = "key"
        found |= {column.name: role} if role else {}
    return found


def problems(
    policy: CleaningPolicy,
    roles: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
    dropped: Collection[str] = (),
) -> list[Problem]:
    """List everything that is wrong with a policy, given the columns' roles.

    Parameters
    ----------
    roles : mapping, optional
        Column to role, as ``roles_of(contract)`` gives it; the policy's own ``roles`` hold for
        columns that it doesn't have.
    columns : collection of str, optional
        Columns of the data; where given, expressions that name others are refused.
    dropped : collection of str
        Those of them that the privacy policy removes before cleaning.

    Returns
    -------
    list of Problem
        Empty where the policy may be used. ``where`` is the key's place within the file.

    Notes
    -----
    Refused are imputation (every method, ``drop`` too), clip, null and drop of outliers, dropping
    rows whose text doesn't parse, and maps of spellings, of labels, predictions, keys, identifiers
    and protected attributes: an invented label trains a model on fiction, and a dropped group
    can't be counted. Trim and case keep the meaning of a value; they are allowed.
    """
    all_roles = {**policy.roles, **(roles or {})}
    left = None if columns is None else {*columns} - {*dropped}
    steps = steps_of(policy)
    gone = [(path, n) for path, n in policy.column_paths() if n in dropped and path[0] != "roles"]
    found = [removed_column(name, ".".join(map(str, path)), left) for path, name in gone]
    found = [*_same_names(steps), *found]
    added: set[str] = set()
    for step in steps:
        found += _refused(step, all_roles)
        found += step.problems(None if left is None else {*left, *added}, dropped)
        found += _names_taken(step, added, columns or ())
        added |= {*step.spec.added_columns()}
    return found


def check_policy(policy: CleaningPolicy, roles: Mapping[str, str] | None, table: Table) -> None:
    """Check that a policy can be applied to a table.

    Raises
    ------
    PolicyError
        If it may not do to a column what it says, or names a column that the table doesn't have.
    """
    columns = data_columns(table)
    if found := problems(policy, roles, columns):
        raise problems_error(PolicyError, found)
    for path, name in policy.column_paths():
        if path[0] != "roles" and name not in columns:
            where, known = ".".join(map(str, path)), unknown(name, sorted(columns))
            raise PolicyError("the data has no such column", where=where, **known)


def _refused(step: CleaningStep[Any], roles: Mapping[str, str]) -> Iterator[Problem]:
    """What the step does to columns whose roles forbid it."""
    for name, what, do in step.inventions():
        role = roles.get(name)
        if role in UNTOUCHABLE:
            yield Problem(
                f"{what} is refused for a column of role {role}",
                where=f"steps.{step.index}.columns.{name}",
                got=name,
                expected="a column that is not a label, prediction, key, identifier or protected "
                "attribute",
                do=do,
            )


def _names_taken(
    step: CleaningStep[Any], added: Collection[str], columns: Collection[str]
) -> Iterator[Problem]:
    """Names of new columns that are taken, or that only the system may give."""
    where = f"steps.{step.index}"
    for name in step.spec.added_columns():
        if name in added or (name in columns and not step.replaces_flags):
            yield Problem("the step adds a column that is there already", where=where, got=name)
        if name.startswith("__"):
            yield Problem("names that begin with __ are the system's", where=where, got=name)


def _same_names(steps: Collection[CleaningStep[Any]]) -> Iterator[Problem]:
    """Names of steps that two steps have, so that their flags would have one name."""
    counts = Counter((step.spec.step, step.name) for step in steps if step.name is not None)
    for (_, name), count in sorted(counts.items()):
        if count > 1:
            yield Problem("two isolation forests have one name", where="steps", got=name)
