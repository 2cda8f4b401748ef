"""Faults that a suite shows beside the contract and the policies of its data set."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assay.document import shown_path
from assay.errors import AssayError, Problem, did_you_mean
from assay.policy.cleaning import CleaningPolicy
from assay.policy.quality import QualityPolicy
from assay.project import SUITES
from assay.stages.authoring._dataset_files import DatasetFiles


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
