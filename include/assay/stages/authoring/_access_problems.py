"""Every fault of an access policy that shows beside the contract and the other policies."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import AssayError, Problem, unknown
from assay.policy.access import AccessPolicy
from assay.policy.cleaning import CleaningPolicy
from assay.stages.authoring._file_problems import DatasetFiles


def access_problems(files: DatasetFiles, policy: AccessPolicy) -> Iterator[Problem]:
    """Columns that no version has, and filters that can't be read."""
    cleaning = files.policy(CleaningPolicy)
    made = cleaning.made_columns() if cleaning else frozenset()
    left = [n for n in files.contract.column_names if n not in files.dropped]
    names = [*left, *sorted(made)]
    for role, of_role in policy.roles.items():
        for column in of_role.columns:
            where = f"roles.{role}.columns.{column}"
            yield from _column(files, column, where, names)
        if of_role.rows is not None:
            yield from _filter(files, of_role.rows, f"roles.{role}.rows", names)


def _column(files: DatasetFiles, name: str, where: str, names: list[str]) -> Iterator[Problem]:
    if name in files.dropped:
        yield Problem("the privacy policy drops this column; no role sees it", where=where,
                      do="Leave it out.")  # fmt: skip
    elif name not in names:
        yield Problem("no such column", where=where, **unknown(name, names))


def _filter(files: DatasetFiles, text: str, where: str, names: list[str]) -> Iterator[Problem]:
    from assay.expression import columns_of

    try:
        read = columns_of(text)
    except AssayError as error:
        yield from (Problem(p.what, where, p.got, p.expected, p.do) for p in error.problems)
        return
    for name in read:
        yield from _column(files, name, where, names)
