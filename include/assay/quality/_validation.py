"""Running a suite: one scan for the numbers, a second pass only to show rows that fail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import ibis
from ibis import Table

from assay.engine import ROW, Session
from assay.expression import names_in
from assay.quality._failing_rows import Judged, with_failing
from assay.quality._finding import Finding
from assay.quality._finding_words import table_row, unjudged, unmet_first
from assay.quality._frame import Frame
from assay.quality._marks import duplicates_in, marks_of
from assay.quality._registry import OF_CONTRACTS, OWN_TESTS, REGISTRY, entry_of
from assay.quality._scan import judged_compiled
from assay.quality._suite import Expectation, Suite
from assay.quality.gx._fallback import judged_by_gx
from assay.verdict import Outcome, worst

Engine = Literal["compiled", "gx"]


@dataclass(frozen=True)
class Validation:
    """What a suite found in a table.

    Read ``outcome`` (the suite by itself: an unmet critical expectation is FAIL even when its rows
    were quarantined), then ``findings``. ``marks`` is a table of the rows that are set aside:
    ``__row``, ``disposition`` (``quarantined`` or ``dropped``), ``reasons``; it lives as long as
    the session. rows_in = quarantined + dropped + rows that go on. ``duplicates`` are the exact
    duplicates among the dropped, None where the suite lets them stay. ``not_judged`` is what the
    contract says and nothing judges: its place, the statement, and why.
    """

    suite_name: str
    suite_hash: str
    findings: tuple[Finding, ...]
    rows_in: int
    quarantined: int
    dropped: int
    marks: Any
    duplicates: int | None = None
    redact: frozenset[str] = frozenset()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    not_judged: tuple[tuple[str, str, str], ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst verdict of the expectations that aren't mere information."""
        return worst(f.verdict for f in self.findings if f.expectation.severity != "info")

    @property
    def rows_left(self) -> int:
        """Rows that go on to the next stage."""
        return self.rows_in - self.quarantined - self.dropped

    def unmet(self) -> list[tuple[str, str, str, str]]:
        """What isn't met and what isn't judged, as rows of a table for people, the worst first.

        Returns
        -------
        list of tuple
            What became of it, expectation, number of failing rows, what was found.
        """
        shown = [*unmet_first(self.findings), *unjudged(self.findings)]
        return [table_row(f, self.redact) for f in shown]

    def document(self, *, rows: bool = True) -> dict[str, Any]:
        """Great Expectations' validation result as JSON-safe data, redacted.

        Parameters
        ----------
        rows : bool
            Whether it has the numbers of failing rows. They lead back from a row to its place in
            the source, so they stay in restricted zones.
        """
        met = sum(f.success for f in self.findings)
        n = len(self.findings)
        return {
            "success": met == n,
            "results": [f.document(self.redact, rows=rows) for f in self.findings],
            "suite_name": self.suite_name,
            "suite_parameters": {},
            "statistics": {
                "evaluated_expectations": n,
                "successful_expectations": met,
                "unsuccessful_expectations": n - met,
                "success_percent": met / n * 100 if n else None,
            },
            "meta": {"suite_hash": self.suite_hash},
            "id": None,
            "verdict": self.outcome.value,
            "judged": sum(f.not_judged is None for f in self.findings),
            "not_judged": [
                {"where": where, "what": what, "why": why} for where, what, why in self.not_judged
            ],
            "rows": {
                "in": self.rows_in, "quarantined": self.quarantined,
                "dropped": self.dropped, "left": self.rows_left,
            },
        }  # fmt: skip


def validate(
    session: Session,
    table: Table,
    suite: Suite,
    *,
    engine: Engine = "compiled",
    redact: Collection[str] = (),
    row: str = ROW,
    gx_max_rows: int | None = None,
    seed: str | None = None,
    details: bool = True,
) -> Validation:
    """Judge a table by a suite.

    Parameters
    ----------
    table : ibis.Table
        Data columns and the row number ``row``; rows are numbered as scanned where it is missing.
    suite : Suite
        See :func:`load_suite` and :func:`contract_suite`; suites can be added.
    engine : {"compiled", "gx"}
        ``gx`` hands every expectation of Great Expectations' to itself.
    redact : collection of str
        Classified columns: no value of them gets into the result.
    gx_max_rows : int, optional
        Most rows that Great Expectations may be given. Beyond them what it would have judged is
        INCONCLUSIVE.
    seed : str, optional
        A secret by which the failing rows that a result shows are drawn; by default it shows the
        first ones, which tells of the rows' order.
    details : bool
        Whether findings have the failing rows that are shown, and the medians. Without them they
        say which expectations are met and how many rows fail, which takes fewer scans.

    Raises
    ------
    SuiteError
        If neither the compiler nor Great Expectations knows an expectation.

    Notes
    -----
    All aggregates of all expectations are computed in one scan. One more is needed for each
    uniqueness, order of rows, most common value, pattern outside what RE2 and Python share, and
    one for all medians, quantiles and z-scores together.
    """
    frame = _typed(Frame.of(session, table, row, seed, details=details), suite)
    rows_in = int(frame.value(frame.table.count()))
    duplicates = duplicates_in(frame) if suite.drop_exact_duplicates else None
    if duplicates is not None:
        frame = replace(frame, table=frame.table.anti_join(duplicates, row))
    frame = frame.marked(len(suite.expectations))
    try:
        judged = _judged(frame, suite, engine, gx_max_rows, redact)
        findings = tuple(j.finding for j in judged)
        marks = marks_of(frame, judged, duplicates)
        dispositions = {
            r["disposition"]: int(r["n"])
            for r in frame.rows(marks.group_by("disposition").agg(n=marks.count()))
        }
    finally:
        frame.forget()
    return Validation(
        suite_name=suite.name, suite_hash=suite.hash, findings=findings, rows_in=rows_in,
        quarantined=dispositions.get("quarantined", 0), dropped=dispositions.get("dropped", 0),
        marks=marks, redact=frozenset(redact), parameters=suite.parameters,
        duplicates=None if duplicates is None else dispositions.get("dropped", 0),
        not_judged=suite.not_judged,
    )  # fmt: skip


def _numbers_expected(e: Expectation) -> bool:
    textual = any(isinstance(e.kwargs.get(b), str) for b in ("min_value", "max_value"))
    takes = entry_of(e.type).takes
    return takes == "numbers" or (takes == "bounded" and not textual)


def _typed(frame: Frame, suite: Suite) -> Frame:
    """The frame with text columns of nulls only as columns of numbers, if only such are expected.

    A CSV column without a value has no type of its own and is read as text.
    """
    wanted: set[str] = set()
    others: set[str] = set()
    for e in suite.expectations:
        others |= set(names_in(e.condition) if e.condition else ())
        if _numbers_expected(e):
            wanted |= set(e.columns)
        elif entry_of(e.type).takes != "any":
            others |= set(e.columns)
    schema = frame.table.schema()
    names = sorted(c for c in wanted - others if c in schema and schema[c].is_string())
    if not names:
        return frame
    counts = frame.rows(frame.table.aggregate(**{c: frame.table[c].count() for c in names}))[0]
    blank = {c: ibis.null("float64") for c, n in counts.items() if not n}
    return replace(frame, table=frame.table.mutate(**blank)) if blank else frame


def _is_ours(e: Expectation) -> bool:
    """Whether Great Expectations doesn't know it, or not what it tolerates."""
    return entry_of(e.type).oracle == OWN_TESTS or bool(OF_CONTRACTS & set(e.kwargs))


def _judged(
    frame: Frame, suite: Suite, engine: Engine, cap: int | None, redact: Collection[str]
) -> list[Judged]:
    everything = suite.expectations
    own = [
        i for i, e in enumerate(everything)
        if e.type in REGISTRY and (engine == "compiled" or _is_ours(e))
    ]  # fmt: skip
    compiled = judged_compiled(frame, [everything[i] for i in own], redact)
    compiled = with_failing(frame, compiled, redact) if frame.details else compiled
    by_place: dict[int, Judged] = dict(zip(own, compiled, strict=True))
    rest = [i for i in range(len(everything)) if i not in by_place]
    if rest:
        found = judged_by_gx(frame, [everything[i] for i in rest], cap, redact)
        by_place |= dict(zip(rest, found, strict=True))
    return [by_place[i] for i in range(len(everything))]
