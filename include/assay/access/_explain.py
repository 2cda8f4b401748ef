"""What a role may do with a data set, each with the line that says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay.access._allowed import Decision, allowed
from assay.access._view import View, seen_by
from assay.document import Document, Loc
from assay.policy.access import RIGHTS, AccessPolicy


@dataclass(frozen=True)
class Explained:
    """One thing that a role may or may not do.

    Parameters
    ----------
    subject : str
        ``right``, ``column``, ``rows``, ``purposes``, ``until`` or ``members``.
    what : str
        The right or the column; for the others what they say.
    answer : str
        ``yes`` or ``no`` of a right; ``keep``, ``mask``, ``generalise`` or ``drop`` of a column.
    where : str
        File, line and key that says so.
    """

    subject: str
    what: str
    answer: str
    why: str
    where: str


def explain(
    policy: AccessPolicy,
    document: Document,
    role: str,
    dataset: str,
    classified: Mapping[str, bool],
    *,
    day: dt.date,
) -> list[Explained]:
    """List every right and every column, with the answer and the line that gives it.

    Parameters
    ----------
    document : Document
        The policy's file, for its lines.
    classified : mapping of str to bool
        Column to whether the contract classifies it; columns that cleaning derives aren't in it.
    """
    rights = [(right, allowed(policy, role, right, day=day)) for right in RIGHTS]
    lines = [_right(right, decision, document) for right, decision in rights]
    if role not in policy.roles:
        return lines
    lines += _conditions(policy, document, role)
    if dict(rights)["read_released"].allowed:
        names = dict.fromkeys([*classified, *policy.roles[role].columns])
        view = seen_by(policy, role, names, classified, dataset)
        lines += _columns(view, document, policy.roles[role].others)
    return lines


def _right(right: str, decision: Decision, document: Document) -> Explained:
    answer = "yes" if decision.allowed else "no"
    return Explained("right", right, answer, decision.why, document.where(decision.loc))


def _conditions(policy: AccessPolicy, document: Document, role: str) -> Iterator[Explained]:
    found, at = policy.roles[role], ("roles", role)
    said: dict[str, tuple[Loc, str]] = {
        "purposes": ((*at, "purposes"), ", ".join(found.purposes)),
        "until": ((*at, "until"), str(found.until or "")),
        "rows": ((*at, "rows"), found.rows or ""),
        "members": (("members", role), ", ".join(policy.members.get(role, ()))),
    }
    for subject, (loc, text) in said.items():
        if text:
            yield Explained(subject, text, "", found.rationale or "", document.where(loc))


def _columns(view: View, document: Document, others: str) -> Iterator[Explained]:
    for column in view.columns:
        named = len(column.loc) > 3
        rationale = getattr(column.treatment, "rationale", None) or ""
        why = rationale if named else f"no line names it; others: {others}"
        yield Explained("column", column.name, column.how, why, document.where(column.loc))
