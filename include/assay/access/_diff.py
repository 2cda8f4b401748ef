"""What two policies of a data set allow differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.policy.access import RIGHTS, AccessPolicy, RolePolicy


@dataclass(frozen=True)
class Change:
    """One thing that a role may do before and after; empty where it is nothing.

    ``grants`` says whether anybody may do or see more by it.
    """

    role: str
    what: str
    before: str
    after: str
    grants: bool


def diff(old: AccessPolicy | None, new: AccessPolicy | None) -> list[Change]:
    """List what roles may do, see and be for, where two policies differ.

    Parameters
    ----------
    old, new : AccessPolicy or None
        None for a data set without the policy, whose rows anybody reads.

    Examples
    --------
    >>> log = {"anchor_minutes": 5}
    >>> old = AccessPolicy.model_validate({"roles": {"a": {"may": ["see_runs"]}}, "log": log})
    >>> new = AccessPolicy.model_validate(
    ...     {"roles": {"a": {"may": ["see_runs", "trigger"]}}, "log": log})
    >>> [(c.role, c.what, c.grants) for c in diff(old, new)]
    [('a', 'trigger', True)]
    """
    if old is None or new is None:
        was, now = ("no policy" if p is None else "policy" for p in (old, new))
        return [] if old is new else [Change("all", "access", was, now, new is None)]
    found: list[Change] = []
    for role in dict.fromkeys([*old.roles, *new.roles]):
        before, after = old.roles.get(role), new.roles.get(role)
        found += _of_rights(role, before, after)
        found += _of_conditions(role, before, after)
        found += _of_columns(role, before, after)
    return [*found, *_of_members(old, new)]


def _of_rights(role: str, old: RolePolicy | None, new: RolePolicy | None) -> Iterator[Change]:
    before, after = old.may if old else (), new.may if new else ()
    for right in RIGHTS:
        if (right in before) != (right in after):
            given = right in after
            yield Change(role, right, "" if given else "yes", "yes" if given else "", given)


def _of_conditions(role: str, old: RolePolicy | None, new: RolePolicy | None) -> Iterator[Change]:
    """Purposes, the last day, and the filter of rows."""
    for purpose in sorted({*(old.purposes if old else ()), *(new.purposes if new else ())}):
        had, has = bool(old and purpose in old.purposes), bool(new and purpose in new.purposes)
        if had != has:
            yield Change(role, f"purpose {purpose}", _yes(had), _yes(has), has)
    if old is None or new is None:
        return
    if old.until != new.until:
        later = new.until is None or (old.until is not None and new.until > old.until)
        yield Change(role, "until", str(old.until or ""), str(new.until or ""), later)
    if old.rows != new.rows:  # whether another filter shows more can't be seen from its text
        yield Change(role, "rows", old.rows or "all", new.rows or "all", grants=True)


def _of_columns(role: str, old: RolePolicy | None, new: RolePolicy | None) -> Iterator[Change]:
    before = old.columns if old else {}
    after = new.columns if new else {}
    for column in dict.fromkeys([*before, *after]):
        was, now = before.get(column), after.get(column)
        if was != now:
            had, has = ("" if t is None else str(t.treatment) for t in (was, now))
            yield Change(role, f"column {column}", had, has, has not in {"", "drop"})
    had, has = (of_role.others if of_role else "drop" for of_role in (old, new))
    if had != has:
        yield Change(role, "other columns", had, has, has == "keep")


def _of_members(old: AccessPolicy, new: AccessPolicy) -> Iterator[Change]:
    for role in dict.fromkeys([*old.members, *new.members]):
        was, now = old.members.get(role), new.members.get(role)
        if was == now:
            continue
        # A role whose members nobody names is anybody's.
        grants = now is None or (was is not None and not set(now) <= set(was))
        had, has = ("anybody" if m is None else ", ".join(m) for m in (was, now))
        yield Change(role, "members", had, has, grants)


def _yes(said: bool) -> str:
    return "yes" if said else ""
