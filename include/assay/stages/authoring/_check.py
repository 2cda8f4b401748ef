"""Every fault of a project's contracts, suites, policies and model files, in one list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from assay.contract import Contract, load_contracts
from assay.document import shown_path
from assay.errors import AssayError, InputError, Problem, did_you_mean, unknown
from assay.policy import Policy, load_organisation, load_policy
from assay.policy.access import AccessPolicy
from assay.policy.alerting import AlertingPolicy
from assay.policy.images import ImagesPolicy
from assay.policy.labelling import LabellingPolicy
from assay.policy.publishing import PublishingPolicy
from assay.policy.retention import RetentionPolicy
from assay.policy.synthesis import SynthesisPolicy
from assay.policy.tighter import ORGANISATION, organisation_model
from assay.project import SUITES, Project
from assay.stages.authoring._contract_rules import rule_problems
from assay.stages.authoring._file_problems import (
    DatasetFiles,
    reference_problems,
    standard_problems,
    suite_problems,
)
from assay.stages.authoring._model_problems import model_file_problems
from assay.stages.authoring._policy_problems import policy_problems
from assay.stages.run import chain

OPTIONAL: Final = frozenset(
    model.noun
    for model in (AccessPolicy, ImagesPolicy, LabellingPolicy, PublishingPolicy, SynthesisPolicy)
)
"""Policies that no stage follows, and that a data set may do without."""


def policy_models() -> dict[str, type[Policy]]:
    """Name of a policy file → its model; a data set has one file of each that isn't optional."""
    others = (
        RetentionPolicy, AccessPolicy, PublishingPolicy, AlertingPolicy, LabellingPolicy,
        SynthesisPolicy, ImagesPolicy,
    )  # fmt: skip
    return chain.policy_models() | {model.noun: model for model in others}


def organisation_models() -> dict[str, type[BaseModel]]:
    """Name of a policy file → what the organisation's file of it may hold, where it has one."""
    found = {noun: organisation_model(model) for noun, model in policy_models().items()}
    return {noun: model for noun, model in found.items() if model is not None}


def check_project(project: Project, *, gx: bool = True, only: str | None = None) -> list[Problem]:
    """Every fault of every contract, suite, policy and model file, each with file and line.

    Parameters
    ----------
    gx : bool
        Load each suite through Great Expectations as well, which takes seconds.
    only : str, optional
        The data set whose files are checked; the others' contracts are read beside them.

    Raises
    ------
    InputError
        If there is no such data set.
    """
    loaded = load_contracts(project.contracts)
    if only is not None and only not in loaded:
        raise InputError("no such data set", **unknown(only, list(loaded)))
    asked = loaded if only is None else {only: loaded[only]}
    contracts = {n: c for n, c in loaded.items() if isinstance(c, Contract)}
    problems = [p for e in asked.values() if isinstance(e, AssayError) for p in e.problems]
    problems += _unread_files(project, list(loaded), only)
    problems += _organisation_problems(project)
    for contract in (contracts[name] for name in asked if name in contracts):
        policies, faults = _policies(project, contract)
        files = DatasetFiles(project, contract, contracts, policies)
        problems += [*standard_problems(contract), *reference_problems(files), *faults]
        problems += rule_problems(contract, gx=gx)
        problems += [*policy_problems(files), *suite_problems(files, gx=gx)]
    problems += model_file_problems(project, contracts, only)
    return problems


def _unread_files(project: Project, datasets: list[str], only: str | None) -> Iterator[Problem]:
    """Files and folders that nothing reads, because their name is no data set's or policy's."""
    policies = {f"{noun}.yaml" for noun in policy_models()}
    known = {"policies": policies, "suites": {f"{name}.json" for name in SUITES}}
    for kind, of_kind in known.items():
        folders = (project.include / kind).glob("*/") if (project.include / kind).is_dir() else ()
        for folder in sorted(f for f in folders if only in {None, f.name}):
            names = of_kind
            if folder.name == ORGANISATION and kind == "policies":
                names = {f"{noun}.yaml" for noun in organisation_models()}
            elif folder.name not in datasets:
                hint = did_you_mean(folder.name, datasets) or None
                yield Problem("no data set has this name", where=shown_path(folder), do=hint)
            for path in sorted(folder.iterdir()):
                if path.name not in names:
                    yield Problem(
                        "nothing reads this file", where=shown_path(path),
                        expected="one of: " + ", ".join(sorted(names)),
                        do=did_you_mean(path.name, names) or None,
                    )  # fmt: skip


def _organisation_problems(project: Project) -> Iterator[Problem]:
    """Every fault of the organisation's own files; those of a data set that are looser are its."""
    for noun, model in policy_models().items():
        try:
            load_organisation(project.policy(ORGANISATION, noun), model)
        except AssayError as error:
            yield from error.problems


def _policies(project: Project, contract: Contract) -> tuple[dict[str, Policy], list[Problem]]:
    found: dict[str, Policy] = {}
    problems: list[Problem] = []
    optional = OPTIONAL | chain.on_request()
    for noun, model in policy_models().items():
        path = project.policy(contract.dataset, noun)
        if noun in optional and not path.is_file():
            continue
        try:
            found[noun] = load_policy(path, model, columns=contract.column_names)
        except AssayError as error:
            problems += error.problems
    return found, problems
