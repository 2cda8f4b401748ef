"""Every fault of a labelling policy that shows beside the contract and the other policies."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from assay.errors import AssayError, Problem, unknown
from assay.policy.cleaning import CleaningPolicy
from assay.policy.labelling import LabellingPolicy
from assay.policy.privacy import Mask, PrivacyPolicy, Pseudonymise
from assay.policy.retention import RetentionPolicy
from assay.stages.authoring._file_problems import DatasetFiles

_ANSWERS: Final = ("label", "prediction", "probability")
"""Roles of columns that would give the answer away."""


def labelling_problems(files: DatasetFiles, policy: LabellingPolicy) -> Iterator[Problem]:
    """Columns that annotators mustn't see, slices that can't be read, rounds that never end."""
    cleaning = files.policy(CleaningPolicy)
    made = cleaning.made_columns() if cleaning else frozenset()
    names = [*files.contract.column_names, *sorted(made)]
    for place, shown in enumerate(policy.show):
        where = f"show.{place}.column"
        if shown.column in names:
            yield from _shown(files, shown.column, shown.display, where)
        else:
            yield Problem("no such column", where=where, **unknown(shown.column, names))
    for place, part in enumerate(policy.selection.parts):
        if part.where:
            yield from _slice(files, part.where, f"selection.parts.{place}.where", names)
    yield from _period(files, policy)


def _shown(files: DatasetFiles, name: str, display: str, where: str) -> Iterator[Problem]:
    privacy = files.policy(PrivacyPolicy)
    treatment = privacy.columns.get(name) if privacy else None
    if name in files.dropped or isinstance(treatment, Mask | Pseudonymise):
        yield Problem("the privacy policy hides this column", where=where, got=name,
                      do="Leave it out; annotators would see nothing of it.")  # fmt: skip
    elif name in files.contract.classified and display != "masked":
        yield Problem(
            "values of a classified column would be shown to annotators", where=where, got=name,
            expected="display: masked", do="Mask it, or leave it out.",
        )  # fmt: skip
    role = files.contract.roles.get(name)
    if role in _ANSWERS:
        yield Problem(f"a {role} would give the answer away", where=where, got=name,
                      do="Leave it out.")  # fmt: skip


def _period(files: DatasetFiles, policy: LabellingPolicy) -> Iterator[Problem]:
    """Who answered what is kept for a time: the retention policy states it."""
    retention, days = files.policy(RetentionPolicy), policy.round.deadline_days
    if retention is None:
        return
    period = retention.zones.labelling
    if period is None or period.max_age_days <= days:
        yield Problem(
            "rounds have no period that is longer than one of them", where="round.deadline_days",
            got="none" if period is None else f"{period.max_age_days} days",
            expected=f"labelling: {{counts_from: landed_at, max_age_days: more than {days}}}",
            do="State in zones of the retention policy how long it may be kept who answered what.",
        )  # fmt: skip


def _slice(files: DatasetFiles, text: str, where: str, names: Collection[str]) -> Iterator[Problem]:
    from assay.expression import columns_of

    try:
        read = columns_of(text)
    except AssayError as error:
        yield from (Problem(p.what, where, p.got, p.expected, p.do) for p in error.problems)
        return
    for name in read:
        if name not in names:
            yield Problem("no such column", where=where, **unknown(name, names))
        elif name in files.dropped:
            yield Problem("the privacy policy drops this column", where=where, got=name)
