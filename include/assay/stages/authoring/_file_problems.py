"""Faults that contracts and suites show only beside the other files of their project."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from assay.contract import Contract
from assay.document import load_document, shown_path
from assay.errors import AssayError, Problem, did_you_mean
from assay.policy import Policy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.privacy import Drop, PrivacyPolicy
from assay.policy.quality import QualityPolicy
from assay.project import SUITES, Project

PolicyT = TypeVar("PolicyT", bound=Policy)


@dataclass(frozen=True)
class DatasetFiles:
    """A data set's contract, all contracts by data set, and those of its policies that load."""

    project: Project
    contract: Contract
    contracts: Mapping[str, Contract]
    policies: Mapping[str, Policy]

    def policy(self, model: type[PolicyT]) -> PolicyT | None:
        """The data set's policy of a model, if it loads."""
        return next((p for p in self.policies.values() if isinstance(p, model)), None)

    @property
    def dropped(self) -> frozenset[str]:
        """Columns that no stage after ``protect`` sees."""
        privacy = self.policy(PrivacyPolicy)
        columns = privacy.columns if privacy else {}
        return frozenset(name for name, treatment in columns.items() if isinstance(treatment, Drop))


def standard_problems(contract: Contract) -> Iterator[Problem]:
    """Faults against the whole of the Open Data Contract Standard's own schema."""
    import jsonschema
    import open_data_contract_standard

    schema = Path(open_data_contract_standard.__file__).parent / "schema.json"
    document = load_document(contract.path)
    validator = jsonschema.Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))
    for fault in validator.iter_errors(document.value):
        yield Problem(
            f"doesn't conform to the standard: {fault.message[:200]}",
            where=document.where(tuple(fault.absolute_path)),
        )


def reference_problems(files: DatasetFiles) -> Iterator[Problem]:
    """References to a data set or a column that doesn't exist."""
    contract, contracts = files.contract, files.contracts
    for reference in contract.references:
        for to in reference.to:
            what, got, known = "data set", reference.dataset, tuple(contracts)
            if got in contracts:
                what, got, known = "column", to, contracts[got].column_names
            if got not in known:
                hint = did_you_mean(got, known) or None
                yield Problem(f"refers to no {what}", where=reference.where, got=got, do=hint)


def suite_problems(files: DatasetFiles, *, gx: bool) -> Iterator[Problem]:
    """Every fault of the suites of a data set, with ``gx`` also those that GX finds."""
    from assay.quality import check_suite_with_gx, load_suite

    project, quality = files.project, files.policy(QualityPolicy)
    parameters = quality.parameters if quality else {}
    for name in SUITES:
        path = project.suite(files.contract.dataset, name)
        try:
            suite = load_suite(path, parameters)
        except AssayError as error:
            yield from error.problems
            continue
        known = project.datasets()
        for other in (d for d in suite.other_datasets if d not in known):
            hint = did_you_mean(other, known) or None
            yield Problem("compares with no data set", where=shown_path(path), got=other, do=hint)
        if name == "raw" or {"cleaning", "privacy"} <= files.policies.keys():
            there, dropped = _columns_of_suite(name, files)
            for where, column in suite.columns_named:
                if column not in there:
                    yield _not_there(column, where or shown_path(path), there, dropped)
        if gx:
            yield from check_suite_with_gx(path)


def _columns_of_suite(name: str, files: DatasetFiles) -> tuple[list[str], frozenset[str]]:
    """The columns that are there when a suite is judged, and those that were dropped before."""
    contract = files.contract
    if name == "raw":
        return list(contract.column_names), frozenset()
    dropped, cleaning = files.dropped, files.policy(CleaningPolicy)
    made = cleaning.made_columns() if cleaning else frozenset()
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
