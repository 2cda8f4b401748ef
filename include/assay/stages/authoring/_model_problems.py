"""Every fault of the model files of a project, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from assay.contract import Contract
from assay.document import load_document, shown_path
from assay.errors import AssayError, PolicyError, Problem, unknown
from assay.policy import load_policy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.model import ModelFile, load_model
from assay.policy.privacy import Drop, PrivacyPolicy
from assay.project import Project
from assay.stages.authoring._feedback_problems import feedback_problems
from assay.synthetic import SYNTHETIC

PolicyT = TypeVar("PolicyT", PrivacyPolicy, CleaningPolicy)


def model_file_problems(
    project: Project, contracts: Mapping[str, Contract], only: str | None = None
) -> Iterator[Problem]:
    """Every fault of every model file, or of those that learn from one data set."""
    folder, names = project.include / "models", project.models()
    for path in sorted(folder.iterdir()) if folder.is_dir() and only is None else ():
        if path.stem not in names or path.suffix != ".yaml":
            yield Problem("nothing reads this file", where=shown_path(path),
                          expected="<model>.yaml, its name in lower case")  # fmt: skip
    for name in names:
        yield from _problems(project, name, contracts, only)


def _problems(
    project: Project, name: str, contracts: Mapping[str, Contract], only: str | None
) -> Iterator[Problem]:
    path = project.include / "models" / f"{name}.yaml"
    try:
        model = load_model(path)
    except AssayError as error:
        yield from error.problems
        return
    if only not in {None, model.data.dataset}:
        return
    document = load_document(path, PolicyError)
    for p in _faults(project, name, model, contracts):
        place = tuple(int(s) if s.isdigit() else s for s in (p.where or "").split("."))
        yield Problem(p.what, document.where(place), p.got, p.expected, p.do)


def _faults(
    project: Project, name: str, model: ModelFile, contracts: Mapping[str, Contract]
) -> Iterator[Problem]:
    from assay.training import describe_columns, model_problems

    dataset = model.data.dataset
    if dataset not in contracts:
        if dataset not in project.datasets():  # else the contract's own fault is enough
            near = unknown(dataset, project.datasets())
            yield Problem("no such data set", where="data.dataset", **near)
        return
    if SYNTHETIC in contracts[dataset].column_names:
        yield Problem("the rows are synthetic, so the test rows would be", where="data.dataset",
                      got=dataset, expected="a data set of real rows",
                      do="Name the real data set, and ask for made rows by `synthetic`. Own "
                      f"training code can read these: assay.open({dataset!r}).")  # fmt: skip
    privacy = _policy(project, dataset, PrivacyPolicy)
    dropped = [n for n, t in (privacy.columns if privacy else {}).items() if isinstance(t, Drop)]
    cleaning = _policy(project, dataset, CleaningPolicy)
    columns = describe_columns(model, contracts, dropped=dropped, cleaning=cleaning)
    yield from model_problems(model, columns)
    yield from feedback_problems(name, model, contracts)


def _policy(project: Project, dataset: str, kind: type[PolicyT]) -> PolicyT | None:
    """A policy of the data set; None where it doesn't load, which is a fault of its own."""
    try:
        return load_policy(project.policy(dataset, kind.noun), kind)
    except AssayError:
        return None
