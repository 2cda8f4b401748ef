"""Leakage by name: features that nobody has when the model is asked.

References
----------
Kaufman S, Rosset S, Perlich C, Stitelman O (2012), Leakage in data mining: formulation, detection,
and avoidance, https://doi.org/10.1145/2382577.2382579.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.errors import AssayError, Problem, unknown
from assay.expression import columns_of
from assay.policy.model import ModelFile
from assay.training._columns import Columns

_ROLES: Final = {
    "label": "it is the label of the data set",
    "prediction": "it is another model's prediction",
    "probability": "it is another model's probability",
    "key": "it only tells rows apart",
    "weight": "it weighs rows and says nothing of them",
}
"""Role of a column → why a model may not see it."""


def leakage_problems(model: ModelFile, columns: Columns) -> list[Problem]:
    """Find the features that a model file may not have, each with its place in the file.

    Refused are: the label's own inputs, what is known later than the prediction, what is derived
    from either, identifiers, what another model says, and protected attributes without a
    rationale.

    Parameters
    ----------
    columns : Columns
        What is known of the columns; see :func:`describe_columns`.
    """
    return [*_feature_problems(model, columns), *_subject_problems(model, columns)]


def label_inputs(model: ModelFile) -> frozenset[str]:
    """Columns that the label is made of.

    Raises
    ------
    PolicyError
        If its expression can't be read.
    """
    label = model.label
    return frozenset(columns_of(label.expression) if label.expression else (label.column or "",))


def _feature_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    when = {name: moment for moment, names in model.known_from.items() for name in names}
    for place, name in enumerate(model.features):
        if name not in columns.types:
            continue
        found = _refused(model, columns, name, when)
        if found is not None:
            what, expected, do = found
            yield Problem(what, where=f"features.{place}", got=name, expected=expected, do=do)


def _refused(
    model: ModelFile, columns: Columns, name: str, when: dict[str, str]
) -> tuple[str, str | None, str] | None:
    """Why a feature is refused, what would be right, and what to do; None for one that isn't."""
    leave_out = "Leave it out of the features."
    origins = _origins(name, columns)
    of = "" if origins == (name,) else f" ({name} is made of {', '.join(origins)})"
    inputs = _inputs(model)
    if leaked := [n for n in (name, *origins) if n in inputs]:
        return (
            f"the label is made of {leaked[0]}, so the model would see the answer{of}",
            None,
            (leave_out),
        )
    if any(n in columns.identifiers for n in (name, *origins)):
        do = f"{leave_out} To join by it, name it in data.joins."
        return (
            f"an identifier is no feature: the model would learn its subjects by heart{of}",
            (None),
            do,
        )
    for one in (name, *origins):
        if columns.roles.get(one) in _ROLES:
            return f"it is no feature: {_ROLES[columns.roles[one]]}{of}", None, leave_out
    if late := _late(model, origins if name not in when else (name, *origins), when):
        return late[0] + of, late[1], late[2]
    if _is_protected(model, columns, name) and name not in model.protected_features:
        do = "Leave it out, or say in protected_features why the model may see it."
        return "a protected attribute is a feature without a rationale", None, do
    return None


def _inputs(model: ModelFile) -> frozenset[str]:
    try:
        return label_inputs(model)
    except AssayError:
        return frozenset()  # an expression that can't be read is a problem of its own


def _origins(name: str, columns: Columns) -> tuple[str, ...]:
    """The columns of the contract that a column is made of, through all derivations."""
    waiting, found = [name], []
    seen: set[str] = set()
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        made_of = columns.derived.get(one)
        if made_of:
            waiting += made_of
        else:
            found.append(one)
    return tuple(found)


def _late(
    model: ModelFile, names: tuple[str, ...], when: dict[str, str]
) -> tuple[str, str | None, str] | None:
    """The first of some columns that isn't known when the model is asked."""
    known = set(model.known)
    for name in names:
        if name in known:
            continue
        if name not in when:
            return (
                f"nothing says from when {name} is known",
                (f"one of the moments: {', '.join(model.moments)}"),
                f"Add {name} to known_from.",
            )
        return (
            f"{name} is known from `{when[name]}` and the model is asked at "
            f"`{model.predicted_at}`: leakage"
        ), None, "Leave it out of the features, or ask the model later."  # fmt: skip
    return None


def _is_protected(model: ModelFile, columns: Columns, name: str) -> bool:
    return columns.roles.get(name) == "protected" or name in model.protected


def _subject_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    """Subjects that would be on both sides of the split."""
    subjects = sorted(n for n in columns.identifiers if n in columns.own)
    split = model.split
    if split.by == "group":
        if subjects and split.group not in subjects:
            yield Problem(
                "the group isn't the subject, so that a subject may be on both sides",
                where="split.group", **unknown(split.group, subjects),
            )  # fmt: skip
    elif subjects and not split.shared_subjects:
        yield Problem(
            "a subject may be on both sides of the split", where="split.by", got=split.by,
            expected=f"by: group, with group: {subjects[0]}",
            do="Or say in shared_subjects why the model is asked of subjects that it has seen.",
        )  # fmt: skip
