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
    theirs = tuple(rule for rule in contract.quality if rule.metric == "greatExpectations")
    ours = tuple(rule for rule in contract.quality if rule not in theirs)
    alone = contract.model_copy(update={"references": ()})
    with open_session() as session:
        if ours or any(column.options for column in contract.columns):
            yield from _tried(session, alone.model_copy(update={"quality": ours}))
        for rule in theirs if gx else ():
            yield from _tried(session, alone.model_copy(update={"quality": (rule,)}), rule.where)


def _tried(session: Session, contract: Contract, where: str | None = None) -> Iterator[Problem]:
    """The problems of a contract's rules, or of those at one place."""
    try:
        found = list(_unjudged(session, contract))
    except AssayError as error:
        found = list(error.problems)
    yield from (one for one in found if where in {None, one.where})


def _unjudged(session: Session, contract: Contract) -> Iterator[Problem]:
    from assay.quality import contract_suite, validate

    columns = {c.name: DTYPES[c.type] for c in contract.columns}
    empty = session.set_aside(schema={ROW: "int64", **columns, _UNPARSED: "array<string>"})
    for finding in validate(session, empty, contract_suite(contract)).findings:
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
