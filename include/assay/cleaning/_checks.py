"""What a cleaning policy may not do to columns of certain roles, and what it can't name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from assay.errors import PolicyError, Problem, did_you_mean
from assay.expression import columns_of
from assay.policy.cleaning import (
    CleaningPolicy,
    DeriveStep,
    Forest,
    ImputeStep,
    OutliersStep,
    ParseStep,
    Step,
    TextStep,
    made_by,
)

UNTOUCHABLE = frozenset({"label", "prediction", "probability", "protected", "identifier", "key"})
"""Roles whose values cleaning may not invent, move or select rows by."""


def roles_of(contract: Any) -> dict[str, str]:
    """Roles of a contract's columns; where a column has several, the one that protects it most.

    Protected comes first, then identifier, then key (the primary key's columns), then what the
    contract's ``role`` says.
    """
    found: dict[str, str] = {}
    for column in contract.columns:
        role = column.role
        if role == "protected":
            found[column.name] = role
        elif column.classification == "identifier":
            found[column.name] = "identifier"
        elif column.name in contract.primary_key:
            found[column.name] = "key"
        elif role is not None:
            found[column.name] = str(role)
    return found


def problems(
    policy: CleaningPolicy,
    roles: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
    dropped: Collection[str] = (),
) -> list[Problem]:
    """Everything that is wrong with a policy, given the columns' roles.

    Parameters
    ----------
    policy : CleaningPolicy
        The policy; its own ``roles`` hold where ``roles`` says nothing.
    roles : mapping, optional
        Column to role, as ``roles_of(contract)`` gives it.
    columns : collection of str, optional
        Columns of the data; where given, expressions that name others are refused.
    dropped : collection of str
        Those of them that the privacy policy leaves out, so that no step finds them.

    Returns
    -------
    list of Problem
        Empty where the policy may be used. ``where`` is the key's place within the file.

    Notes
    -----
    Refused are imputation (every method, ``drop`` too), clip, null and drop of outliers, dropping
    rows whose text doesn't parse, and maps of spellings, of labels, predictions, keys, identifiers
    and protected attributes: an invented label trains a model on fiction, and a dropped group
    can't be counted. Trim and case keep what a value says; they are allowed.
    """
    all_roles = {**policy.roles, **(roles or {})}
    left = None if columns is None else {*columns} - {*dropped}
    found = [*_forest_names(policy), *_gone(policy, dropped, left)]
    made: set[str] = set()
    for index, step in enumerate(policy.steps):
        found += _refused(index, step, all_roles)
        found += _expressions(index, step, None if left is None else {*left, *made}, dropped)
        known = made | set(columns or ())
        for name in made_by(step):
            flag = not isinstance(step, DeriveStep)
            if name in known and not (flag and name not in made):
                found.append(
                    Problem("the step adds a column that is there already",
                            where=f"steps.{index}", got=name)
                )  # fmt: skip
            if name.startswith("__"):
                found.append(
                    Problem("names that begin with __ are the system's",
                            where=f"steps.{index}", got=name)
                )  # fmt: skip
        made |= set(made_by(step))
    return found


def _refused(index: int, step: Step, roles: Mapping[str, str]) -> Iterator[Problem]:
    for name, what, do in _reshaped(step):
        role = roles.get(name)
        if role in UNTOUCHABLE:
            yield Problem(
                f"{what} is refused for a column of role {role}",
                where=f"steps.{index}.columns.{name}",
                got=name,
                expected="a column that is not a label, prediction, key, identifier or protected "
                "attribute",
                do=do,
            )


def _reshaped(step: Step) -> Iterator[tuple[str, str, str]]:
    """Columns whose values a step invents or moves, or by whose values it selects rows.

    With each, what the step does to it, and what to do instead.
    """
    if isinstance(step, ImputeStep):
        for name, how in step.columns.items():
            yield name, f"imputation ({how.method})", "Leave its missing values to the suite."
    elif isinstance(step, OutliersStep) and step.action != "flag":
        for name in step.columns:
            yield name, f"outlier {step.action}", "Flag its outliers."
    elif isinstance(step, ParseStep):
        for name, parse in step.columns.items():
            if parse.on_error == "drop":
                yield name, "parse with on_error: drop", "on_error: null keeps the row."
    elif isinstance(step, TextStep):
        for name, text in step.columns.items():
            if text.map:
                yield name, "text map", "Let the suite set its other spellings aside, by a set."


def _gone(
    policy: CleaningPolicy, dropped: Collection[str], left: Collection[str] | None
) -> Iterator[Problem]:
    """Columns that the policy names and that aren't there any more when cleaning begins."""
    for path, name in policy.column_paths():
        if name in dropped and path[0] != "roles":
            yield _removed(name, ".".join(str(part) for part in path), left)


def _removed(name: str, where: str, left: Collection[str] | None) -> Problem:
    counted = "; the fairness gate counts its groups" if where.startswith("groups") else ""
    return Problem(
        "the privacy policy drops this column before cleaning",
        where=where,
        got=name,
        expected=None if left is None else "one of: " + ", ".join(sorted(left)),
        do=f"Leave it out here{counted}, or treat it otherwise in privacy.yaml.",
    )


def _expressions(
    index: int, step: Step, known: Collection[str] | None, dropped: Collection[str]
) -> Iterator[Problem]:
    if not isinstance(step, DeriveStep):
        return
    so_far = None if known is None else set(known)
    for name, text in step.columns.items():
        where = f"steps.{index}.columns.{name}"
        try:
            reads = columns_of(text)
        except PolicyError as exc:
            yield from (
                Problem(p.what, where=f"{where} {p.where or ''}".rstrip(), got=p.got,
                        expected=p.expected, do=p.do)
                for p in exc.problems
            )  # fmt: skip
            continue
        if so_far is None:
            continue
        for unknown in [n for n in reads if n not in so_far]:
            if unknown in dropped:
                yield _removed(unknown, where, so_far)
                continue
            yield Problem("no such column", where=where, got=unknown,
                          expected="one of: " + ", ".join(sorted(so_far)),
                          do=did_you_mean(unknown, so_far) or None)  # fmt: skip
        so_far.add(name)


def _forest_names(policy: CleaningPolicy) -> Iterator[Problem]:
    """Forests whose flags would have one name."""
    names = [s.by.name for s in policy.steps
             if isinstance(s, OutliersStep) and isinstance(s.by, Forest)]  # fmt: skip
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield Problem("two isolation forests have one name", where="steps", got=name)
