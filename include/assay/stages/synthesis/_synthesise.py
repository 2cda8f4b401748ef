"""Synthetic rows of a data set: learned, made, judged, checked and delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from assay.contract import Contract
from assay.engine import FileDigest, Session
from assay.errors import InputError
from assay.lake import publish
from assay.policy.synthesis import Method, SynthesisPolicy
from assay.stages.services import Services
from assay.stages.synthesis._choose import Candidate, choose_rows
from assay.stages.synthesis._deliver import (
    as_table,
    draft_synthetic,
    record_synthetic,
    write_report,
    write_rows,
)
from assay.stages.synthesis._released import Halves, read_halves
from assay.stages.synthesis._rules import check_rows, row_rules
from assay.synthesis import Rules, rare_combinations
from assay.synthetic import synthetic_of
from assay.verdict import Frozen, Verdict


class Synthesised(Frozen):
    """What came of making synthetic rows.

    Parameters
    ----------
    delivered : str or None
        The file in the inbox of the synthetic data set, relative to the home; None where the
        verdict holds the rows.
    refused : dict
        Drawn rows that were not kept, by what refused them.
    drafted : tuple of str
        Files that were written because the synthetic data set had none.
    """

    dataset: str
    batch: str
    snapshot: int
    method: str
    rows: int
    drawn: int
    refused: dict[str, int]
    verdict: Verdict
    sha256: str | None
    report: str
    delivered: str | None
    drafted: tuple[str, ...] = ()


def synthesise(
    services: Services, dataset: str, *, batch: str | None = None, rows: int | None = None,
    method: Method | None = None, draft: bool = False, author: str = "assay",
    step: Callable[[str], None] = lambda _: None,
) -> Synthesised:  # fmt: skip
    """Make rows like the released rows of a data set, judge them, and deliver those that pass.

    Parameters
    ----------
    batch : str, optional
        Key of the batch of the synthetic data set; today, in UTC, by default.
    rows, method : optional
        Instead of the policy's.
    draft : bool
        Write contract, suites and policies of the synthetic data set where it has none.
    author : str
        User id of who made them, on record.
    step : callable
        Called with what is done next, for a display of progress.

    Raises
    ------
    InputError
        If nothing is released, or no rows can be made that keep the contract's rules.
    PolicyError
        If the data set has no synthesis policy, or it doesn't load.
    """
    contract = services.project.contract(dataset)
    policy = services.policy(contract, SynthesisPolicy)
    key = batch or f"{services.clock():%Y-%m-%d}"
    step("reading released rows")
    halves = read_halves(services, contract, policy)
    with services.session() as session:
        chosen = choose_rows(
            halves, policy, _rules(session, contract, policy, halves), rows=rows or policy.rows,
            method=method or policy.method, step=step,
            quasi_identifiers=_quasi_identifiers(contract, halves),
            checkpoint=services.lake.make("cache", "synthesis", f"{dataset}.npz"),
        )  # fmt: skip
        step("checking every row")
        table = as_table(chosen.made.table, halves, contract)
        _check(session, table, contract, halves)
        return _deliver(session, services, contract, halves, chosen, key, draft, table, author)


def _rules(session: Session, contract: Contract, policy: SynthesisPolicy, halves: Halves) -> Rules:
    made = [c.name for c in halves.learned.columns]
    ruled = [n for n in halves.ruled if n in made]
    key = contract.primary_key
    return Rules(
        row_rules(session, contract, policy.rules, columns=ruled),
        rare_combinations(halves.both, policy.least_number),
        unique=[key] if len(key) > 1 and set(key) <= set(made) else [],
    )  # fmt: skip


def _quasi_identifiers(contract: Contract, halves: Halves) -> tuple[str, ...]:
    made = {c.name for c in halves.learned.columns}
    return tuple(
        c.name for c in contract.columns
        if c.classification == "quasi_identifier" and c.name in made
    )  # fmt: skip


def _check(session: Session, table: object, contract: Contract, halves: Halves) -> None:
    """All rows once more, by the compiled checks: none may break a rule."""
    aside = session.set_aside(table)
    found = check_rows(session, aside, contract, columns=halves.ruled)
    session.forget(aside)
    if unmet := [str(f.expectation.meta["reason"]) for f in found.findings if not f.success]:
        raise InputError("made rows break rules of the contract", where=contract.dataset,
                         got=", ".join(unmet), expected="none")  # fmt: skip


def _deliver(
    session: Session, services: Services, contract: Contract, halves: Halves, chosen: Candidate,
    batch: str, draft: bool, table: object, author: str,
) -> Synthesised:  # fmt: skip
    name = synthetic_of(contract.dataset)
    about = (
        f"{contract.dataset} {halves.source.number} {chosen.method} {chosen.verdict.policy_hash}"
    )
    version = hashlib.sha256(f"{about} {len(chosen.made.rows)}".encode()).hexdigest()[:32]
    report = write_report(services, contract, batch, version, chosen)
    written: FileDigest | None = None
    drafted: list[str] = []
    if not chosen.verdict.holds:
        path = services.lake.make("inbox", name, f"{batch}.parquet")
        aside = session.aside() / path.name
        written = write_rows(session, table, aside)
        record_synthetic(services, halves, chosen, batch, written, author)
        publish(aside, path)
        if draft:
            drafted = draft_synthetic(session, services, contract, path, batch)
    return Synthesised(
        dataset=name, batch=batch, snapshot=halves.source.number, method=chosen.method,
        rows=len(chosen.made.rows), drawn=chosen.made.drawn, refused=chosen.made.refused,
        verdict=chosen.verdict, sha256=written.sha256 if written else None,
        report=services.relative(report),
        delivered=services.relative(path) if written else None, drafted=tuple(drafted),
    )  # fmt: skip
