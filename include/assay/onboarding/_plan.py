"""Planning the files of a new data set, and writing them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ibis import Table

from assay.engine import Session
from assay.engine.files import fetched, open_batches, read_form
from assay.engine.text_form import TextForm
from assay.errors import InputError, Problem, problems_error
from assay.onboarding.drafts import _policies as policies
from assay.onboarding.drafts._contract import parquet, render_contract
from assay.onboarding.drafts._draft import Draft
from assay.onboarding.drafts._drift import Chance, measure_chance, render_drift
from assay.onboarding.drafts._suites import closed_lists, contract_aspects, render_suite
from assay.onboarding.evidence._column_names import Guess
from assay.onboarding.evidence._part_distances import measure_distances
from assay.onboarding.evidence._sample import Profile, measure_profile
from assay.onboarding.evidence._text_types import TypedText, read_types
from assay.onboarding.evidence._whole_identifiers import read_identifiers
from assay.onboarding.proposals._proposal import Proposal, Remark
from assay.onboarding.proposals._suite import propose_suite
from assay.onboarding.samples import Grain, Samples, find_samples

_FORMAT: Final = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_POLICIES: Final[Mapping[str, Callable[[Draft, Profile], str]]] = {
    "quality": policies.render_quality,
    "cleaning": policies.render_cleaning,
    "drift": render_drift,
    "fairness": policies.render_fairness,
    "privacy": policies.render_privacy,
    "retention": policies.render_retention,
    "alerting": policies.render_alerting,
}
People = Callable[[Session, Table], Mapping[str, tuple[Guess, str]]]
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class DatasetPlan:
    """The files of a new data set: path below ``include/`` to text.

    ``proposals`` are what its suites expect, each with its evidence. ``remarks`` are what was found
    and isn't expected.
    """

    name: str
    profile: Profile
    files: Mapping[str, str]
    proposals: tuple[Proposal, ...] = ()
    remarks: tuple[Remark, ...] = ()


def plan_dataset(
    session: Session,
    data: Path | str | Sequence[Path | str],
    name: str,
    *,
    chance: Chance,
    people: People | None = None,
    form: TextForm | None = None,
    grain: Grain = "day",
    first: str | None = None,
    owner: str = "unassigned",
) -> DatasetPlan:
    """Draft contract, suites and policies of a data set from a sample of it.

    Parameters
    ----------
    data : path or URL, or several
        The sample, CSV or Parquet; best whole batches. A path may be a pattern with ``{batch}`` in
        it; each of several files must have the key of its batch in its name.
    name : str
        The data set's name: a small letter, then small letters, digits, underscores.
    chance : callable
        What random variation alone reaches, by a drift policy, in a batch a little smaller than
        the sample; no drafted limit is below it.
    people : callable, optional
        Which columns of the sample look personal: their classifications, and the evidence.
    form : TextForm, optional
        How a text file is written; what isn't given is found in it.
    grain : {'day', 'month', 'year'}
        How long a batch is.
    first : str, optional
        Key of the first batch. Without it, the key in the name of the file; without one, the batch
        of the earliest moment of the sample's first date column; without one, of the day when the
        sample was last modified. Several samples have their own.
    owner : str
        Who answers for the data.

    Returns
    -------
    DatasetPlan
        Valid without an edit: types, keys, null shares, closed lists and ranges are the sample's,
        and the rationale of each limit names what it was derived from. What a column's name
        suggests about people is in comments; no level or range of such a column is written.

    Raises
    ------
    InputError
        If the name isn't one, or the sample can't be read or is empty.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "not a name of a data set", got=name,
            expected="a small letter, then small letters, digits, underscores; at most 64",
        )  # fmt: skip
    samples = find_samples(data, grain)
    opened, form = _opened(session, samples, form)
    text = TypedText(opened) if parquet(str(samples.paths[0])) else read_types(session, opened)
    typed, whole = read_identifiers(session, text.table)
    # What is read as the file has it takes less memory, and no more time, from the file.
    table = opened if typed is opened else session.set_aside(typed)
    profile = measure_profile(session, table, people(session, table) if people else None)
    hidden = {c.name for c in profile.columns if c.guess is not None}
    batches, source = _batches(samples, profile, grain, first)
    suggestion = propose_suite(session, table, hidden=hidden, batches=batches)
    profile = replace(closed_lists(profile, suggestion), restated=suggestion.restated)
    distances = measure_distances(session, table, profile, len(batches))
    profile = replace(profile, distances=distances)
    draft = Draft(name, grain, batches, source, owner, samples, text, form)
    profile = measure_chance(session, table, draft, profile, chance)
    stated = contract_aspects(profile)
    proposals = tuple(p for p in suggestion.proposals if p.aspect not in stated)
    files = _files(draft, profile, proposals)
    remarks = (*_of_file(draft, profile), *map(_as_integer, whole), *suggestion.remarks)
    return DatasetPlan(name, profile, files, proposals, remarks)


def _as_integer(name: str) -> Remark:
    return Remark(name, "whole numbers written as floating-point ones: an integer in the contract, "
                  "so that 17.0 and 17 are one identifier")  # fmt: skip


def _opened(session: Session, samples: Samples, form: TextForm | None) -> tuple[Table, TextForm]:
    """The rows of all samples, and how the first is written."""
    paths = [fetched(session, path) for path in samples.paths]
    form = read_form(session, paths[0], form)
    if samples.several:
        return open_batches(session, paths, form), form
    return session.open_data(paths[0], form), form


def _of_file(draft: Draft, profile: Profile) -> Iterator[Remark]:
    """What the form of the file shows that a person should look at."""
    for column in profile.columns:
        others = [sign for sign in ";\t|," if sign in column.name and sign != draft.form.delimiter]
        if others and not parquet(draft.samples.shown):
            yield Remark(column.name, f"its name holds {others[0]!r}: is that the delimiter? "
                         "Name it with --delimiter")  # fmt: skip
    if draft.form.decimal == ",":
        yield Remark("the file", "numbers have a comma before their decimals")


def _files(draft: Draft, profile: Profile, proposals: tuple[Proposal, ...]) -> dict[str, str]:
    name, noise = draft.name, policies.render_label_noise(profile)
    return {
        f"contracts/{name}.odcs.yaml": render_contract(draft, profile),
        f"suites/{name}/raw.json": render_suite(name, "raw", proposals),
        f"suites/{name}/clean.json": render_suite(name, "clean", proposals),
        **{f"policies/{name}/{n}.yaml": render(draft, profile) for n, render in _POLICIES.items()},
        **({f"policies/{name}/label_noise.yaml": noise} if noise else {}),
    }


def _batches(
    samples: Samples, profile: Profile, grain: Grain, first: str | None
) -> tuple[tuple[str, ...], str]:
    """Keys of the sample's batches, and where they were found."""
    if samples.several:
        return samples.keys, "the first of the samples"
    if first is not None:
        return (first,), "as it was given"
    if samples.keys:
        return samples.keys, "the key in the sample's name"
    path = Path(samples.paths[0])
    if profile.first_day is not None:
        day, source = profile.first_day, "the earliest date of the sample"
    elif path.is_file():
        day = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
        source = "the day when the sample was last modified"
    else:
        raise InputError(
            "the sample has no date, so the first batch isn't known", where=str(path),
            do="Name the first batch.",
        )  # fmt: skip
    return (day.strftime(_FORMAT[grain]),), source


def write_dataset(plan: DatasetPlan, include: Path | str) -> tuple[Path, ...]:
    """Write the planned files below a folder; nothing is ever overwritten.

    Raises
    ------
    InputError
        If any of the files is there already; then none is written.
    """
    return write_files(plan.files, include)


def write_files(files: Mapping[str, str], include: Path | str) -> tuple[Path, ...]:
    """Write the files of a new data set, given by their path below a folder, all or none.

    Raises
    ------
    InputError
        If any of them is there already.
    """
    root = Path(include)
    paths = {root / relative: text for relative, text in files.items()}
    do = "Choose another name, or edit the file."
    there = [Problem("the file is there already", where=str(p), do=do) for p in paths if p.exists()]
    if there:
        raise problems_error(InputError, there)
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return tuple(paths)
