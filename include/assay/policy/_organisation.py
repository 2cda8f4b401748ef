"""The organisation's policy beside a data set's: which one counts, and which line is too loose."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from assay.document import Document, load_document, validate_document
from assay.errors import PolicyError, Problem, problems_error
from assay.policy._base import Policy
from assay.policy.tighter import ORGANISATION, organisation_model, tightened


def load_organisation(path: Path, model: type[Policy]) -> Document | None:
    """Load the organisation's file of a policy.

    Parameters
    ----------
    path : Path
        The organisation's file; None is returned where it isn't there.

    Raises
    ------
    PolicyError
        With every fault of the file; a key that no organisation bounds is one.
    """
    bounds = organisation_model(model)
    if bounds is None or not path.is_file():
        return None
    document = load_document(path, PolicyError)
    validate_document(document, bounds, PolicyError)
    return document


def with_organisation(document: Document, model: type[BaseModel]) -> Document:
    """The content of a data set's policy file that counts, the organisation's bounds in it.

    Raises
    ------
    PolicyError
        With each line that is looser than the organisation's file, and the line there.
    """
    if not issubclass(model, Policy) or document.path.parent.name == ORGANISATION:
        return document
    path = document.path.absolute().parent.parent / ORGANISATION / f"{model.noun}.yaml"
    theirs = load_organisation(path, model)
    if theirs is None:
        return document
    value, looser = tightened(model, document.value, theirs.value)
    if looser:
        problems = [
            Problem(
                "is looser than the organisation's policy", where=document.where(x.loc), got=x.got,
                expected=f"{x.expected} ({theirs.where(x.loc)})",
                do="Tighten it here: only the organisation's file can allow more.",
            )
            for x in looser
        ]  # fmt: skip
        raise problems_error(PolicyError, problems)
    return Document(path=document.path, value=value, lines=document.lines)
