"""A suite proposed from data, and what it would have flagged on earlier versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
from ibis import Table

from assay import engine
from assay.contract import Contract
from assay.engine import BATCH, Session
from assay.engine.files import fetched, open_batches
from assay.engine.text_form import TextForm
from assay.errors import InputError
from assay.onboarding import (
    Proposal,
    Suggestion,
    aspects,
    guess_classification,
    propose_suite,
    suite_of,
)
from assay.onboarding.samples import Samples, find_samples
from assay.policy.quality import QualityPolicy
from assay.quality import contract_suite, load_suite, validate
from assay.stages.authoring._earlier_versions import Earlier, earlier_versions
from assay.stages.authoring._local_file import arrive, batch_of, columns_to_redact, released_tables
from assay.stages.run._validate import Which, referred_datasets, whole_suite
from assay.stages.services import Services


@dataclass(frozen=True)
class Judged:
    """The result of one expectation on one table; ``problem`` says why it isn't judged."""

    label: str
    met: bool
    flagged: int | None
    problem: str | None = None


@dataclass(frozen=True)
class Past:
    """An earlier version: its batch, its state, and which of its tables was judged."""

    batch: str
    state: str
    table: str
    rows: int
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Suggested:
    """The proposals, the stated expectations that the data contradict, and the backtest.

    ``own`` is the result of each proposal on the data themselves. ``stated`` says whether contract
    or suite expect anything yet. ``batch`` is None where it isn't known. ``table`` is what was
    read; it is there until the session ends.
    """

    suggestion: Suggestion
    own: tuple[Judged, ...]
    stated: bool
    contradicted: tuple[Judged, ...]
    past: tuple[Past, ...]
    batch: str | None
    table: Table = field(repr=False)


def suggest_suite(
    session: Session,
    data: Path | str | Sequence[Path | str],
    *,
    services: Services | None = None,
    dataset: str | None = None,
    which: Which = "raw",
    suite: Path | None = None,
    batch: str | None = None,
    against: Sequence[str] = (),
    redact: Collection[str] = (),
    guess: bool = True,
    form: TextForm | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Suggested:
    """Propose what a suite lacks, list what the data contradict, and run both on earlier versions.

    Parameters
    ----------
    data : path or URL, or several
        CSV or Parquet: whole ordinary batches, as :func:`find_samples` has them.
    services, dataset : optional
        With both, the contract says which columns are classified and what is stated already, and
        the data set's earlier versions give bands and a backtest.
    which : {"raw", "clean"}
        Of a data set: rows as they arrive, compared with landed ones; or rows as released.
    suite : Path, optional
        The suite that is there; a data set's own by default.
    batch : str, optional
        The batch that the data are; by the file's name where that holds one key. Only batches
        before it count as earlier; all do where it isn't known.
    against : sequence of str
        Batches for the backtest; all earlier ones by default.
    redact : collection of str
        More columns of which no value may show.
    guess : bool
        Without a data set, treat columns whose names suggest people as classified.
    form : TextForm, optional
        Without a data set, how a text file is written; what isn't given is found in it.
    """
    contract = services.project.contract(dataset) if services and dataset else None
    samples = find_samples(data, contract.partition.grain if contract else "day")
    if contract and batch:
        batch = contract.partition.parse(batch)
    elif contract:
        batch = batch_of(samples.paths[0], contract)
    table, faults = _read(session, samples, contract, which, form)
    hidden = _hidden(table, contract, redact, guess=guess)
    known, unmet = _stated(session, table, services, contract, which, suite, batch, hidden)
    past: list[Earlier] = []
    if services and contract:
        past = earlier_versions(session, services, contract, which, against, batch)
    released = [(p.batch, p.rows) for p in past if p.state == "released"]
    suggestion = propose_suite(
        session, table, hidden=hidden, known=known, earlier=released,
        batches=samples.keys or ((batch,) if batch else ()), progress=progress,
    )  # fmt: skip
    progress("judging the data by the proposals")
    own = _try(session, table, suggestion.proposals, hidden)
    tried = []
    for p in past:
        progress(f"judging {p.batch} by the proposals")
        judged = _try(session, p.rows, suggestion.proposals, hidden)
        rows = int(session.value(p.rows.count()))
        tried.append(Past(p.batch, p.state, p.table, rows, judged))
    unmet = (*faults, *unmet)
    return Suggested(suggestion, own, bool(known), unmet, tuple(tried), batch, table)


def _read(
    session: Session, samples: Samples, contract: Contract | None, which: Which,
    form: TextForm | None,
) -> tuple[Any, tuple[Judged, ...]]:  # fmt: skip
    """The data, landed as in a run where there is a contract, and the faults of landing."""
    if contract is None or which == "clean":
        paths = [fetched(session, path) for path in samples.paths]
        table = (open_batches(session, paths, form) if samples.several
                 else session.open_data(paths[0], form))  # fmt: skip
        return (table if contract is None else _typed(table, contract)), ()
    landed = [_landed(session, path, contract) for path in samples.paths]
    faults = tuple(fault for _, found in landed for fault in found)
    if not samples.several:
        return session.read_parquet(landed[0][0]), faults
    return open_batches(session, [path for path, _ in landed]), faults


def _landed(
    session: Session, data: Path | str, contract: Contract
) -> tuple[Path, tuple[Judged, ...]]:
    """A file, landed as in a run, and the faults of landing."""
    landing = arrive(session, contract, data)
    if landing.rows_path is None:
        raise InputError(
            "would not land", where=str(data),
            got=", ".join(f"{f.code} {f.column or ''}".rstrip() for f in landing.faults),
            do=" ".join(dict.fromkeys(f.message for f in landing.faults)),
        )  # fmt: skip
    labels = [f"{f.code}:{f.column}" if f.column else f.code for f in landing.faults]
    named = zip(labels, landing.faults, strict=True)
    faults = tuple(Judged(label, False, None, f.message) for label, f in named)
    return landing.rows_path, faults


def _typed(table: Table, contract: Contract) -> Any:
    """The table as the contract means it: its texts for null are null, its types the columns'."""
    nulls = [text for text in getattr(contract.source, "null_values", ()) if text]
    new = {}
    for column in contract.columns:
        if column.name not in table.columns:
            continue
        value, wanted = table[column.name], engine.DTYPES[column.type]
        if value.type().is_string():
            value = ibis.ifelse(value.isin(nulls), ibis.null("string"), value) if nulls else value
            value = value if column.type == "string" else value.strip()
        if column.format and value.type().is_string():
            value = value.as_timestamp(column.format)
        if str(value.type().copy(nullable=True)) != wanted:
            value = value.try_cast(wanted)
        new[column.name] = value
    return table.mutate(**new)


def _hidden(
    table: Table, contract: Contract | None, redact: Collection[str], *, guess: bool
) -> frozenset[str]:
    asked = columns_to_redact(table, redact)
    if contract is not None:
        return contract.classified | asked
    names = engine.data_columns(table) if guess else ()
    return frozenset(n for n in names if guess_classification(n) is not None) | asked


def _stated(
    session: Session, table: Table, services: Services | None, contract: Contract | None,
    which: Which, path: Path | None, batch: str | None, hidden: frozenset[str],
) -> tuple[set[Any], tuple[Judged, ...]]:  # fmt: skip
    """What contract and suites state already, and what of it the data don't meet."""
    known = _aspects(contract_suite(contract)) if contract else set()
    if not services or not contract:
        judged = load_suite(path) if path else None
    else:
        path = path or services.project.suite(contract.dataset, which)
        parameters = services.policy(contract, QualityPolicy).parameters
        other = services.project.suite(contract.dataset, "clean" if which == "raw" else "raw")
        if other.is_file():
            known |= _aspects(load_suite(other, parameters))
        own = load_suite(path, parameters) if path.is_file() else None
        references = released_tables(services, session, referred_datasets(contract, own))
        judged = whole_suite(contract, own, references, which, batch)
    if judged is None:
        return known, ()
    found = _judged(session, table, judged, hidden)
    return known | _aspects(judged), tuple(j for j in found if not j.met)


def _aspects(suite: Any) -> set[Any]:
    return aspects((e.type, e.arguments) for e in suite.expectations)


def proposed(session: Session, proposals: Sequence[Proposal]) -> Any:
    """The proposals as a suite, written to the session's own folder and loaded as any other."""
    path = session.aside() / "proposed.json"
    suite = json.dumps(suite_of("proposed", proposals), ensure_ascii=False, default=str)
    path.write_text(suite, encoding="utf-8")
    return load_suite(path)


def _try(
    session: Session, table: Table, proposals: Sequence[Proposal], hidden: frozenset[str]
) -> tuple[Judged, ...]:
    """The proposals on one table."""
    if not proposals:
        return ()
    return _judged(session, table, proposed(session, proposals), hidden)


def _judged(
    session: Session, table: Table, suite: Any, hidden: frozenset[str]
) -> tuple[Judged, ...]:
    """A suite on a table; where it has several batches, on each: met where each meets it."""
    if BATCH not in table.columns:
        return _results(session, table, suite, hidden)
    numbers = [row[BATCH] for row in session.rows(table.select(BATCH).distinct().order_by(BATCH))]
    parts = (table.filter(table[BATCH] == number).drop(BATCH) for number in numbers)
    found = [_results(session, part, suite, hidden) for part in parts]
    return tuple(_together(one) for one in zip(*found, strict=True))


def _together(of_batches: Sequence[Judged]) -> Judged:
    """The result of one expectation on several batches."""
    flagged = [j.flagged for j in of_batches if j.flagged is not None]
    problem = next((j.problem for j in of_batches if j.problem), None)
    met = all(j.met for j in of_batches)
    return Judged(of_batches[0].label, met, sum(flagged) if flagged else None, problem)


def _results(
    session: Session, table: Table, suite: Any, hidden: frozenset[str]
) -> tuple[Judged, ...]:
    """The result of each expectation on one batch."""
    found = validate(session, table, suite, redact=hidden, details=False)
    return tuple(
        Judged(f.expectation.label, f.success, f.result.get("unexpected_count"), f.not_judged)
        for f in found.findings
    )
