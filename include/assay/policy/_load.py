"""From a policy file to its model, every fault at once."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from assay.document import load_document, validate_document
from assay.errors import PolicyError, Problem, problems_error, unknown
from assay.policy._base import Policy
from assay.policy._organisation import with_organisation

PolicyT = TypeVar("PolicyT", bound=Policy)


def load_policy(
    path: Path | str, model: type[PolicyT], columns: Collection[str] | None = None
) -> PolicyT:
    """Load one policy file, with the organisation's bounds where ``_organisation`` has some.

    Parameters
    ----------
    columns : collection of str, optional
        Columns of the data set. Where given, a policy that names another one is refused.

    Raises
    ------
    PolicyError
        With every fault: file, line, what was got, what was expected, the nearest known name.
        A line that is looser than the organisation's policy is one.
    """
    document = with_organisation(load_document(path, PolicyError), model)
    policy = validate_document(document, model, PolicyError)
    if columns is not None:
        known = sorted(columns)
        problems = [
            Problem("no such column", where=document.where(loc), **unknown(name, known))
            for loc, name in policy.column_paths()
            if name not in columns
        ]
        if problems:
            raise problems_error(PolicyError, problems)
    return policy
