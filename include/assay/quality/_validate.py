"""Running a suite: one scan for the numbers, a second pass only for rows that fail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import duckdb
import ibis
import ibis.common.exceptions as ibis_errors

from assay.engine import ROW, data_columns
from assay.errors import SuiteError
from assay.quality._check import REGISTRY, Check, Conclusion, Values, compiled
from assay.quality._finding import SHOWN, Finding, touches, with_rows
from assay.quality._frame import Frame, Unjudged
from assay.quality._suite import Expectation, Suite
from assay.verdict import Outcome, worst

Engine = Literal["compiled", "gx"]
EXACT_DUPLICATE = "exact_duplicate"
_FAULTS = (
    ibis_errors.IbisError, duckdb.Error, TypeError, ValueError, KeyError, AttributeError,
    OverflowError, IndexError,
)  # fmt: skip


@dataclass(frozen=True)
class Validation:
    """What a suite found in a table.

    Read ``outcome`` (the suite by itself: an unmet critical expectation is FAIL even when its rows
    were quarantined), then ``findings``. ``marks`` is a table of the rows that are set aside:
    ``__row``, ``disposition`` (``quarantined`` or ``dropped``), ``reasons``; it lives as long as
    the session. rows_in = quarantined + dropped + rows that go on.
    """

    suite_name: str
    suite_hash: str
    findings: tuple[Finding, ...]
    rows_in: int
    quarantined: int
    dropped: int
    marks: Any
    redact: frozenset[str] = frozenset()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """The worst verdict of the expectations that aren't mere information."""
        return worst(f.verdict for f in self.findings if f.expectation.severity != "info")

    @property
    def rows_left(self) -> int:
        """Rows that go on to the next stage."""
        return self.rows_in - self.quarantined - self.dropped

    def document(self) -> dict[str, Any]:
        """Great Expectations' validation result as JSON-safe data, redacted."""
        met = sum(f.success for f in self.findings)
        n = len(self.findings)
        return {
            "success": met == n,
            "results": [f.document(self.redact) for f in self.findings],
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
            "rows": {
                "in": self.rows_in, "quarantined": self.quarantined,
                "dropped": self.dropped, "left": self.rows_left,
            },
        }  # fmt: skip


def validate(
    con: Any,
    table: Any,
    suite: Suite,
    *,
    engine: Engine = "compiled",
    redact: Collection[str] = (),
    row: str = ROW,
    gx_max_rows: int | None = None,
) -> Validation:
    """Judge a table by a suite.

    Parameters
    ----------
    con : ibis.backends.duckdb.Backend
        The session that the table belongs to.
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
    frame = Frame.of(con, table, row)
    rows_in = int(con.to_pyarrow(frame.table.count()).as_py())
    duplicates = _duplicates(frame) if suite.drop_exact_duplicates else None
    if duplicates is not None:
        frame = replace(frame, table=frame.table.anti_join(duplicates, row))
    try:
        judged = _judged(frame, suite, engine, gx_max_rows, redact)
        findings = tuple(j.finding for j in judged)
        marks = _marks(frame, judged, duplicates)
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
    )  # fmt: skip


@dataclass(frozen=True)
class _Judged:
    """A finding, and which rows fail."""

    finding: Finding
    flag: Any | None = None
    shown: tuple[str, ...] = ()


def _judged(
    frame: Frame, suite: Suite, engine: Engine, cap: int | None, redact: Collection[str]
) -> list[_Judged]:
    everything = suite.expectations
    own = [
        i for i, e in enumerate(everything)
        if e.type in REGISTRY and (engine == "compiled" or not _known_to_gx(e))
    ]  # fmt: skip
    by_place: dict[int, _Judged] = dict(
        zip(own, _compiled(frame, [everything[i] for i in own], redact), strict=True)
    )
    rest = [i for i in range(len(everything)) if i not in by_place]
    if rest:
        found = _on_gx(frame, [everything[i] for i in rest], cap, redact)
        by_place |= dict(zip(rest, found, strict=True))
    return [by_place[i] for i in range(len(everything))]


def _known_to_gx(e: Expectation) -> bool:
    return REGISTRY[e.type].oracle != "Assay's own tests"


# -- compiled ---------------------------------------------------------------------------------


def _compiled(
    frame: Frame, expectations: Sequence[Expectation], redact: Collection[str]
) -> list[_Judged]:
    checks: list[Check | Unjudged] = []
    for e in expectations:
        try:
            checks.append(compiled(frame, e))
        except (Unjudged, *_FAULTS) as exc:
            checks.append(_unjudged(exc))
    checks, values = _scan(frame, checks)
    return [
        _concluded(frame, e, check, got, redact)
        for e, check, got in zip(expectations, checks, values, strict=True)
    ]


def _unjudged(exc: Exception) -> Unjudged:
    """The reason why not, without the text of an engine's error, which may hold values."""
    return exc if isinstance(exc, Unjudged) else Unjudged(f"it fails: {type(exc).__name__}")


def _scan(
    frame: Frame, checks: list[Check | Unjudged]
) -> tuple[list[Check | Unjudged], list[Values]]:
    """All aggregates in one scan; then, for what needs those numbers, one more."""
    values = _computed(frame, checks)
    following: list[Check | Unjudged] = []
    for check, got in zip(checks, values, strict=True):
        if isinstance(check, Check) and check.then is not None and not isinstance(got, Unjudged):
            try:
                check = check.then(got)  # noqa: PLW2901
            except (Unjudged, *_FAULTS) as exc:
                check = _unjudged(exc)  # noqa: PLW2901
            following.append(check)
        else:
            following.append(got if isinstance(got, Unjudged) else check)
    second = [
        check if isinstance(check, Unjudged) or check is not checks[i] else Unjudged("")
        for i, check in enumerate(following)
    ]
    if any(isinstance(c, Check) for c in second):
        again = _computed(frame, second)
        for i, check in enumerate(second):
            if isinstance(check, Check):
                values[i] = again[i]
    out: list[Check | Unjudged] = []
    for check, got in zip(following, values, strict=True):
        out.append(got if isinstance(got, Unjudged) else check)
    return out, [{} if isinstance(v, Unjudged) else v for v in values]


def _computed(frame: Frame, checks: Sequence[Check | Unjudged]) -> list[Any]:
    """Values of each check's aggregates; equal aggregates are computed once."""
    names: dict[Any, str] = {}
    wanted: dict[str, Any] = {}
    for check in checks:
        for aggregate in check.aggregates.values() if isinstance(check, Check) else ():
            name = names.setdefault(aggregate.op(), f"a{len(names)}")
            wanted[name] = aggregate
    try:
        row = frame.rows(frame.table.aggregate(**wanted))[0] if wanted else {}
    except _FAULTS:
        return [_alone(frame, check) for check in checks]
    return [
        check if isinstance(check, Unjudged)
        else {k: row[names[a.op()]] for k, a in check.aggregates.items()}
        for check in checks
    ]  # fmt: skip


def _alone(frame: Frame, check: Check | Unjudged) -> Any:
    """One check's values by themselves, so that one that fails takes no other with it."""
    if isinstance(check, Unjudged) or not check.aggregates:
        return check if isinstance(check, Unjudged) else {}
    try:
        return frame.rows(frame.table.aggregate(**check.aggregates))[0]
    except _FAULTS as exc:
        return _unjudged(exc)


def _concluded(
    frame: Frame,
    e: Expectation,
    check: Check | Unjudged,
    values: Values,
    redact: Collection[str],
) -> _Judged:
    try:
        if isinstance(check, Unjudged):
            raise check
        conclusion = check.conclude(values)
        if check.flag is not None:
            conclusion = _with_failing(frame, e, check, conclusion, redact)
    except (Unjudged, *_FAULTS) as exc:
        problem = str(_unjudged(exc)) or "it couldn't be judged"
        return _Judged(Finding(e, False, "compiled", problem=problem))
    row_level = check.flag is not None
    finding = Finding(e, bool(conclusion.success), "compiled", conclusion.result, row_level)
    return _Judged(finding, check.flag, check.shown)


def _with_failing(
    frame: Frame, e: Expectation, check: Check, conclusion: Conclusion, redact: Collection[str]
) -> Conclusion:
    """The conclusion with the first failing rows; values that are redacted aren't even read."""
    rows: list[dict[str, Any]] = []
    hidden = touches(e, redact)
    shown = () if hidden else check.shown
    if conclusion.result.get("unexpected_count"):
        failing = frame.table.filter(check.flag).order_by(frame.row).limit(SHOWN)
        rows = frame.rows(failing.select(frame.row, *shown))
    if hidden or (not shown and e.columns):
        numbers = {"partial_unexpected_index_list": [r[frame.row] for r in rows]}
        return replace(conclusion, result={**conclusion.result, **numbers})
    return replace(conclusion, result=with_rows(e, conclusion.result, list(rows), frame.row))


# -- rows set aside ---------------------------------------------------------------------------


def _duplicates(frame: Frame) -> Any:
    """Row numbers of rows that equal an earlier one in every data column.

    Rows with text that couldn't be parsed are left alone: their nulls hide different texts.
    """
    table = frame.table
    if "__unparsed" in table.columns:
        table = table.filter(table["__unparsed"].isnull())
    names = list(data_columns(table))
    table = table.select(frame.row, *names, __hash=ibis.struct({n: table[n] for n in names}).hash())
    twice = table.group_by("__hash").having(table.count() > 1).agg()
    candidates = table.semi_join(twice, "__hash")
    place = ibis.row_number().over(group_by=names, order_by=frame.row)
    later = candidates.mutate(__place=place)
    return frame.keep(later.filter(later["__place"] > 0).select(frame.row))


def _marks(frame: Frame, judged: Sequence[_Judged], duplicates: Any | None) -> Any:
    """The table of rows set aside, with all their reasons, made in one pass."""
    parts = []
    failing = [j for j in judged if j.finding.quarantines and j.flag is not None]
    if failing:
        reasons = ibis.array([
            ibis.ifelse(j.flag, ibis.literal(j.finding.expectation.label), ibis.null("string"))
            for j in failing
        ])  # fmt: skip
        named = frame.table.select(
            __row=frame.table[frame.row],
            disposition=ibis.literal("quarantined"),
            reasons=reasons.filter(lambda reason: reason.notnull()),
        )
        parts.append(named.filter(named.reasons.length() > 0))
    if duplicates is not None:
        parts.append(duplicates.select(
            __row=duplicates[frame.row], disposition=ibis.literal("dropped"),
            reasons=ibis.array([ibis.literal(EXACT_DUPLICATE)])))  # fmt: skip
    if not parts:
        schema = {"__row": "int64", "disposition": "string", "reasons": "array<string>"}
        empty = ibis.memtable([], schema=schema)
        return Frame(frame.con, empty, frame.row).keep(empty)
    marks = parts[0] if len(parts) == 1 else ibis.union(*parts)
    return Frame(frame.con, marks, frame.row).keep(marks)  # outlives the frame's own findings


# -- Great Expectations -----------------------------------------------------------------------


def _on_gx(
    frame: Frame, expectations: Sequence[Expectation], cap: int | None, redact: Collection[str]
) -> list[_Judged]:
    from assay.quality import _gx

    unknown = [e for e in expectations if not _gx.knows(e.type)]
    if unknown:
        raise SuiteError(
            "neither Assay nor Great Expectations knows this expectation",
            where=unknown[0].where, got=unknown[0].type,
            do=_gx.nearest(unknown[0].type) or None,
        )  # fmt: skip
    rows = int(frame.con.to_pyarrow(frame.table.count()).as_py())
    if cap is not None and rows > cap:
        problem = f"only Great Expectations knows it, and {rows} rows are more than {cap}"
        return [_Judged(Finding(e, False, "gx", problem=problem)) for e in expectations]
    data = frame.con.to_pyarrow(frame.table.order_by(frame.row).select(frame.row, *frame.columns))
    numbers = data.column(frame.row).to_pylist()
    outcomes = _gx.run(data.drop_columns([frame.row]).to_pandas(), expectations)
    return [
        _from_gx(frame, e, outcome, numbers, redact)
        for e, outcome in zip(expectations, outcomes, strict=True)
    ]


def _from_gx(
    frame: Frame, e: Expectation, outcome: Any, numbers: list[int], redact: Collection[str]
) -> _Judged:
    if outcome.problem is not None:
        problem = outcome.problem
        if touches(e, redact):
            problem = "Great Expectations couldn't judge it"
        return _Judged(Finding(e, False, "gx", problem=problem))
    result = dict(outcome.result)
    places = result.pop("unexpected_index_list", None)
    for key in ("unexpected_list", "unexpected_index_query"):
        result.pop(key, None)
    if places is None:
        return _Judged(Finding(e, outcome.success, "gx", result))
    failing = [numbers[p] for p in places]
    result["partial_unexpected_index_list"] = failing[:SHOWN]
    flag = ibis.literal(False)
    if failing:
        rows = frame.keep(ibis.memtable({"__row": failing}, schema={"__row": "int64"}))
        flag = frame.table[frame.row].isin(rows["__row"])
    return _Judged(Finding(e, outcome.success, "gx", result, row_level=True), flag)
