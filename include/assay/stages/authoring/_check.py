"""Everything that is wrong with a project's contracts, suites and policies, at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from assay.contract import Contract, load_contracts
from assay.document import load_document, shown_path
from assay.errors import AssayError, Problem, did_you_mean
from assay.policy import Policy, load_policy
from assay.policy.alerting import AlertingPolicy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import Drop, PrivacyPolicy
from assay.policy.quality import QualityPolicy
from assay.policy.retention import RetentionPolicy
from assay.project import SUITES, Project

MODELS: Mapping[str, type[Policy]] = {
    "quality": QualityPolicy,
    "privacy": PrivacyPolicy,
    "cleaning": CleaningPolicy,
    "drift": DriftPolicy,
    "fairness": FairnessPolicy,
    "retention": RetentionPolicy,
    "alerting": AlertingPolicy,
}
"""Policy → its model; a data set has one file of each."""


def check_project(project: Project, *, gx: bool = True) -> list[Problem]:
    """Every fault of every contract, suite and policy of a project, each with file and line.

    Parameters
    ----------
    project : Project
    gx : bool
        Load each suite through Great Expectations as well, which takes seconds.
    """
    loaded = load_contracts(project.contracts)
    contracts = {n: c for n, c in loaded.items() if isinstance(c, Contract)}
    problems = [p for e in loaded.values() if isinstance(e, AssayError) for p in e.problems]
    problems += _strangers(project, list(loaded))
    for contract in contracts.values():
        problems += _of_standard(contract)
        problems += _of_references(contract, contracts)
        policies, faults = _policies(project, contract)
        problems += faults
        problems += _across(project, contract, contracts, policies)
        problems += _of_suites(project, contract, policies, gx)
    return problems


def _strangers(project: Project, datasets: list[str]) -> Iterator[Problem]:
    """Files and folders that nothing reads, because their name is no data set's or policy's."""
    known = {"policies": {f"{n}.yaml" for n in MODELS}, "suites": {f"{n}.json" for n in SUITES}}
    for kind, names in known.items():
        folders = (project.include / kind).glob("*/") if (project.include / kind).is_dir() else ()
        for folder in sorted(folders):
            if folder.name not in datasets:
                hint = did_you_mean(folder.name, datasets) or None
                yield Problem("no data set has this name", where=shown_path(folder), do=hint)
            for path in sorted(folder.iterdir()):
                if path.name not in names:
                    expected = "one of: " + ", ".join(sorted(names))
                    hint = did_you_mean(path.name, names) or None
                    yield Problem(
                        "nothing reads this file",
                        where=shown_path(path),
                        expected=expected,
                        do=hint,
                    )


def _of_standard(contract: Contract) -> Iterator[Problem]:
    """Faults against the whole of the Open Data Contract Standard's own schema."""
    import jsonschema
    import open_data_contract_standard

    schema = Path(open_data_contract_standard.__file__).parent / "schema.json"
    document = load_document(contract.path)
    validator = jsonschema.Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))
    for fault in validator.iter_errors(document.value):
        yield Problem(
            f"not as the standard has it: {fault.message[:200]}",
            where=document.where(tuple(fault.absolute_path)),
        )


def _of_references(contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[Problem]:
    for column in contract.columns:
        to = column.references
        if to is None:
            continue
        where = f"{shown_path(contract.path)} {column.name}"
        if to.dataset not in contracts:
            hint = did_you_mean(to.dataset, contracts) or None
            yield Problem("refers to no data set", where=where, got=to.dataset, do=hint)
        elif to.column not in contracts[to.dataset].column_names:
            names = contracts[to.dataset].column_names
            hint = did_you_mean(to.column, names) or None
            yield Problem("refers to no column", where=where, got=to.column, do=hint)


def _policies(project: Project, contract: Contract) -> tuple[dict[str, Policy], list[Problem]]:
    found: dict[str, Policy] = {}
    problems: list[Problem] = []
    for noun, model in MODELS.items():
        try:
            path = project.policy(contract.dataset, noun)
            found[noun] = load_policy(path, model, columns=contract.column_names)
        except AssayError as error:
            problems += error.problems
    return found, problems


def _across(
    project: Project,
    contract: Contract,
    contracts: Mapping[str, Contract],
    policies: Mapping[str, Policy],
) -> Iterator[Problem]:
    """What a policy and its contract say against each other."""
    from assay.cleaning import problems as cleaning_problems
    from assay.cleaning import roles_of
    from assay.fairness import fairness_problems
    from assay.privacy import problems as privacy_problems

    privacy, cleaning = policies.get("privacy"), policies.get("cleaning")
    drift, fairness = policies.get("drift"), policies.get("fairness")
    listed = {c.name: c.levels for c in contract.columns}
    found: dict[str, list[Problem]] = {}
    if isinstance(privacy, PrivacyPolicy):
        found["privacy"] = privacy_problems(privacy, contract, dict(contracts))
    if isinstance(cleaning, CleaningPolicy):
        found["cleaning"] = cleaning_problems(
            cleaning, roles_of(contract), contract.column_names, _dropped(privacy)
        )
    if isinstance(fairness, FairnessPolicy) and isinstance(privacy, PrivacyPolicy):
        levels = privacy.closed_levels(listed)
        found["fairness"] = fairness_problems(fairness, dict(contract.roles), levels)
        found["retention"] = _of_audit(fairness, privacy, policies.get("retention"))
    if isinstance(drift, DriftPolicy):
        found["drift"] = [*_of_drift(drift, contract, _dropped(privacy))]
    for noun, problems in found.items():
        document = load_document(project.policy(contract.dataset, noun))
        for p in problems:
            where = document.where(_loc(p.where))
            yield Problem(p.what, where=where, got=p.got, expected=p.expected, do=p.do)


def _of_drift(
    drift: DriftPolicy, contract: Contract, dropped: Collection[str]
) -> Iterator[Problem]:
    """Columns that drift can't look at, or mustn't."""
    identifiers = {c.name for c in contract.identifiers}
    classified = ((f"classifier.columns.{i}", n) for i, n in enumerate(drift.classified_by))
    for where, name in (*((f"columns.{n}", n) for n in drift.columns), *classified):
        if name in identifiers and not (name in drift.columns and where.startswith("class")):
            yield Problem("an identifier takes no part in drift", where=where)
    for loc, name in drift.column_paths():
        if name in dropped:
            yield Problem(
                "the privacy policy drops this column before drift looks at it",
                where=".".join(map(str, loc)),
                got=name,
                do="Leave it out here, or treat it otherwise in privacy.yaml.",
            )


def _dropped(privacy: Policy | None) -> frozenset[str]:
    """Columns that no stage after ``protect`` sees."""
    if not isinstance(privacy, PrivacyPolicy):
        return frozenset()
    return frozenset(n for n, treatment in privacy.columns.items() if isinstance(treatment, Drop))


def _of_audit(
    fairness: FairnessPolicy, privacy: PrivacyPolicy, retention: Policy | None
) -> list[Problem]:
    """Attributes that are removed and compared all the same are kept for a time, which is said."""
    from assay.privacy import removed_columns

    removed = removed_columns(privacy, fairness.grouping) if fairness.applies else ()
    if not removed or not isinstance(retention, RetentionPolicy) or retention.zones.audit:
        return []
    return [
        Problem(
            "the audit zone has no period, and protected attributes will be kept in it",
            where="zones",
            got=", ".join(removed),
            expected="audit: {counts_from: …, max_age_days: …}",
            do="Say how long they may be kept for the fairness gate, or let it not compare them.",
        )
    ]


def _loc(where: str | None) -> tuple[str | int, ...]:
    """``steps.0.columns`` as the place in a document."""
    parts = where.split()[-1].split(".") if where else []
    return tuple(int(p) if p.isdigit() else p for p in parts)


def _of_suites(
    project: Project, contract: Contract, policies: Mapping[str, Policy], gx: bool
) -> Iterator[Problem]:
    from assay.quality import check_suite_with_gx, load_suite

    quality = policies.get("quality")
    parameters = quality.parameters if isinstance(quality, QualityPolicy) else {}
    for name in SUITES:
        path = project.suite(contract.dataset, name)
        try:
            suite = load_suite(path, parameters)
        except AssayError as error:
            yield from error.problems
            continue
        known = project.datasets()
        for other in (d for d in suite.other_datasets if d not in known):
            hint = did_you_mean(other, known) or None
            yield Problem("compares with no data set", where=shown_path(path), got=other, do=hint)
        if name == "raw" or {"cleaning", "privacy"} <= policies.keys():
            there, dropped = _columns_of_suite(name, contract, policies)
            for where, column in suite.columns_named:
                if column not in there:
                    yield _not_there(column, where or shown_path(path), there, dropped)
        if gx:
            yield from check_suite_with_gx(path)


def _columns_of_suite(
    name: str, contract: Contract, policies: Mapping[str, Policy]
) -> tuple[list[str], frozenset[str]]:
    """The columns that are there when a suite is judged, and those that were dropped before."""
    if name == "raw":
        return list(contract.column_names), frozenset()
    dropped, cleaning = _dropped(policies.get("privacy")), policies.get("cleaning")
    made = cleaning.made_columns() if isinstance(cleaning, CleaningPolicy) else frozenset()
    left = [n for n in contract.column_names if n not in dropped]
    return [*left, *sorted(made)], dropped


def _not_there(
    column: str, where: str, there: Collection[str], dropped: Collection[str]
) -> Problem:
    """A suite names a column that it doesn't find, so that nothing would be judged."""
    if column in dropped:
        what = "the privacy policy drops this column before this suite is judged"
        do = "Judge it in raw.json, or treat it otherwise in privacy.yaml."
        return Problem(what, where=where, got=column, do=do)
    expected, hint = "one of: " + ", ".join(there), did_you_mean(column, there) or None
    return Problem("no such column", where=where, got=column, expected=expected, do=hint)
