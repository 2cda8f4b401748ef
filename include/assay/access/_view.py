"""Which rows and columns of a data set a role sees, and each in which form."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.access._allowed import allowed, check_allowed
from assay.document import Loc, content_hash
from assay.policy.access import PIPELINE, AccessPolicy, RolePolicy
from assay.policy.privacy import Drop, Keep

_DONE_TO: Final = re.compile(r"(.+)__(?:imputed|outlier)", re.DOTALL)
"""A column that says what was done to another one."""
_ROW_NUMBER: Final = "__id"
_BATCH: Final = "__batch"


@dataclass(frozen=True)
class SeenColumn:
    """A column, what a role sees of it, and the place in the policy that says so.

    ``treatment`` is a treatment of the privacy policy; None keeps the values.
    """

    name: str
    treatment: Any
    loc: Loc

    @property
    def how(self) -> str:
        """``keep``, ``mask``, ``generalise`` or ``drop``."""
        return "keep" if self.treatment is None else str(self.treatment.treatment)


@dataclass(frozen=True)
class View:
    """What a role sees of a data set's released rows.

    Parameters
    ----------
    columns : tuple of SeenColumn
        Every column of the rows, those that aren't seen too.
    rows : str or None
        The filter; None shows all rows.
    """

    dataset: str
    role: str
    columns: tuple[SeenColumn, ...]
    rows: str | None

    @property
    def seen(self) -> tuple[SeenColumn, ...]:
        """The columns that are seen, in whatever form."""
        return tuple(c for c in self.columns if c.how != "drop")

    @property
    def whole(self) -> bool:
        """Whether all rows and columns are seen as they are."""
        return self.rows is None and all(c.treatment is None for c in self.columns)

    @property
    def hash(self) -> str:
        """SHA-256 of what is seen: two views with one hash show the same of the same rows."""
        columns = {
            c.name: None if c.treatment is None else c.treatment.model_dump(mode="json")
            for c in self.columns
        }
        return content_hash({"columns": columns, "rows": self.rows})


def view_of(
    policy: AccessPolicy,
    role: str,
    columns: Iterable[str],
    classified: Mapping[str, bool],
    *,
    day: dt.date,
    dataset: str,
    purpose: str | None,
) -> View:
    """What a role sees of released rows.

    Parameters
    ----------
    columns : iterable of str
        Columns of the rows, those that the cleaning added and Assay's own (``__id``) too.
    classified : mapping of str to bool
        Column of the contract to whether the contract classifies it.

    Raises
    ------
    AccessError
        If the role may not read released rows on that day and for that purpose.
    """
    check_allowed(policy, role, "read_released", day=day, dataset=dataset, purpose=purpose)
    return seen_by(policy, role, columns, classified, dataset)


def seen_by(
    policy: AccessPolicy, role: str, columns: Iterable[str], classified: Mapping[str, bool],
    dataset: str,
) -> View:  # fmt: skip
    """What :func:`view_of` gives, without the question whether the role may read."""
    found, names = policy.roles[role], list(columns)
    of_data = [n for n in names if not _is_own(n, classified)]
    seen = {name: _of_data(found, role, name, classified) for name in of_data}
    whole = found.rows is None and all(c.treatment is None for c in seen.values())
    numbered = whole or role == PIPELINE
    for name in (n for n in names if n not in seen):
        seen[name] = _of_bookkeeping(name, seen, numbered, ("roles", role))
    return View(dataset, role, tuple(seen[name] for name in names), found.rows)


def may_read(policy: AccessPolicy, role: str, day: dt.date) -> bool:
    """Whether a role may read released rows on a day, for any of its purposes."""
    return allowed(policy, role, "read_released", day=day).allowed


def _is_own(name: str, classified: Mapping[str, bool]) -> bool:
    """Whether a column is Assay's, and not of the data."""
    return name not in classified and (name.startswith("__") or bool(_DONE_TO.fullmatch(name)))


def _of_data(
    role: RolePolicy, name: str, column: str, classified: Mapping[str, bool]
) -> SeenColumn:
    at: Loc = ("roles", name)
    if column in role.columns:
        asked = role.columns[column]
        kept = None if isinstance(asked, Keep) else asked
        return SeenColumn(column, kept, (*at, "columns", column))
    if role.others == "keep" and classified.get(column) is False:
        return SeenColumn(column, None, (*at, "others"))
    return _dropped(column, (*at, "columns"))


def _of_bookkeeping(
    name: str, seen: Mapping[str, SeenColumn], numbered: bool, at: Loc
) -> SeenColumn:
    """What was done to a column is seen where its values are; a row's number where all is.

    The numbers of rows are without gaps, so that the missing ones would count what is hidden, and
    two roles could join what each sees. Tasks need them: they say of which rows they speak.
    """
    if name == _BATCH:
        return SeenColumn(name, None, at)
    done = _DONE_TO.fullmatch(name)
    if done and done[1] in seen:
        clear = seen[done[1]].treatment is None
    else:
        clear = numbered and name == _ROW_NUMBER
    return SeenColumn(name, None, at) if clear else _dropped(name, at)


def _dropped(name: str, loc: Loc) -> SeenColumn:
    return SeenColumn(name, Drop(treatment="drop"), loc)
