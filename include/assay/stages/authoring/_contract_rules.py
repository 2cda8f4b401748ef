"""Rules of a contract that no batch could be judged by, found on a table without rows."""

from __future__ import annotations

from collections.abc import Iterator

from assay.contract import Contract
from assay.contract.rule import NotJudged
from assay.engine import DTYPES, ROW, Session, open_session
from assay.errors import AssayError, Problem
from assay.project import Project

_UNPARSED = "__unparsed"


def rule_problems(contract: Contract, *, gx: bool) -> Iterator[Problem]:
    """Rules that can't be judged on columns such as the contract's, each with its line.

    Parameters
    ----------
    gx : bool
        Try the rules of Great Expectations as well, which may take seconds.
    """
    if not gx:
        others = tuple(rule for rule in contract.quality if rule.metric != "greatExpectations")
        contract = contract.model_copy(update={"quality": others})
    if not contract.quality and not any(column.options for column in contract.columns):
        return
    try:
        with open_session() as session:
            yield from _tried(session, contract)
    except AssayError as error:
        yield from error.problems


def _tried(session: Session, contract: Contract) -> Iterator[Problem]:
    from assay.quality import contract_suite, validate

    columns = {c.name: DTYPES[c.type] for c in contract.columns}
    empty = session.set_aside(schema={ROW: "int64", **columns, _UNPARSED: "array<string>"})
    alone = contract.model_copy(update={"references": ()})
    for finding in validate(session, empty, contract_suite(alone)).findings:
        if finding.problem is not None:
            where = finding.expectation.where
            yield Problem(f"the rule can't be judged: {finding.problem}", where=where)


def not_judged(project: Project, only: str | None = None) -> list[NotJudged]:
    """What the contracts of a project, or of one data set, say and nothing judges, by line."""
    found: list[NotJudged] = []
    for dataset in project.datasets() if only is None else [only]:
        try:
            found += project.contract(dataset).not_judged
        except AssayError:
            continue  # it is a fault
    return found
