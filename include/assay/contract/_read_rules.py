"""From what a contract file states to rules that are judged, and notes of what isn't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

import yaml

from assay.contract import _odcs as odcs
from assay.contract._level import level_advice, level_text
from assay.contract._odcs_rules import Quality
from assay.contract.rule import Limits, Metric, NotJudged, QualityRule, Severity
from assay.document import Document, Loc
from assay.errors import UNSET, Problem, did_you_mean

_TYPES: Final = ("library", "text", "sql", "custom")
_LIBRARY: Final = tuple(m for m in get_args(Metric) if m[0] != "s" and m != "greatExpectations")
_OF_TABLE: Final = frozenset({"rowCount", "duplicateValues"})
_UNITS: Final = ("rows", "percent")
_SEVERITIES: Final[dict[str, Severity]] = {
    **dict.fromkeys(("critical", "error", "high", "major", "blocker", "fatal"), "critical"),
    **dict.fromkeys(("warning", "warn", "medium", "moderate", "minor"), "warning"),
    **dict.fromkeys(("info", "information", "informational", "low"), "info"),
}
_OPERATORS: Final = {
    "must_be": lambda v: Limits(min_value=v, max_value=v),
    "must_not_be": lambda v: Limits(min_value=v, max_value=v, negated=True),
    "must_be_greater_than": lambda v: Limits(min_value=v, strict_min=True),
    "must_be_greater_or_equal_to": lambda v: Limits(min_value=v),
    "must_be_less_than": lambda v: Limits(max_value=v, strict_max=True),
    "must_be_less_or_equal_to": lambda v: Limits(max_value=v),
    "must_be_between": lambda v: Limits(min_value=v[0], max_value=v[1]),
    "must_not_be_between": lambda v: Limits(min_value=v[0], max_value=v[1], negated=True),
}


@dataclass
class RuleReader:
    """Reads ``quality`` of a table and its columns; collects faults, and what isn't judged."""

    document: Document
    dialect: str
    tables: tuple[str, ...]
    columns: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    notes: list[NotJudged] = field(default_factory=list)

    def rules(
        self, entries: Sequence[Quality], loc: Loc, column: odcs.Property | None = None
    ) -> Iterator[QualityRule]:
        """The rules among some entries that can be judged."""
        for i, entry in enumerate(entries):
            place: Loc = (*loc, "quality", i)
            if entry.schedule or entry.scheduler:
                self.note(place, "the schedule of a rule", "each batch is judged when it is landed")
            rule = self._rule(entry, place, column)
            if rule is not None:
                yield rule

    def note(self, loc: Loc, what: str, why: str, column: str | None = None) -> None:
        """Say of a statement that nothing judges it, and why."""
        where = self.document.where(loc)
        self.notes.append(NotJudged(where=where, what=what, why=why, column=column))

    def fault(self, what: str, loc: Loc, got: object = UNSET, do: str | None = None) -> None:
        """Add a fault of the file."""
        self.problems.append(Problem(what, where=self.document.where(loc), got=got, do=do))

    def _rule(self, entry: Quality, loc: Loc, column: odcs.Property | None) -> QualityRule | None:
        kind = entry.type or "library"
        if kind not in _TYPES:
            hint = did_you_mean(kind, _TYPES) or f"One of: {', '.join(_TYPES)}."
            self.fault("no such type of rule", (*loc, "type"), kind, hint)
            return None
        read = {"library": self._library, "sql": self._sql, "custom": self._custom}.get(kind)
        if read is None:
            self.note(loc, "a rule in words", "people read it", column.name if column else None)
            return None
        found = read(entry, loc, column)
        if found is None:
            return None
        about = {
            "where": self.document.where(loc),
            "severity": self._severity(entry, loc),
            "dimension": entry.dimension,
            "words": _words(entry),
        }
        return QualityRule(**about, **found)

    def _severity(self, entry: Quality, loc: Loc) -> Severity:
        written = (entry.severity or "critical").lower()
        if written not in _SEVERITIES:
            known = "unknown: the rule is judged as critical"
            self.note((*loc, "severity"), f"the severity {entry.severity!r}", known)
        return _SEVERITIES.get(written, "critical")

    def _limits(self, entry: Quality, loc: Loc) -> Limits | None:
        """What the entry compares with; exactly one operator."""
        given = {n: v for n in _OPERATORS if (v := getattr(entry, n)) is not None}
        if len(given) != 1:
            what = "a rule needs exactly one of mustBe, mustBeLessThan and the like"
            self.fault(what, loc, ", ".join(given) or UNSET)
            return None
        ((name, value),) = given.items()
        if isinstance(value, tuple) and value[0] > value[1]:
            self.fault("the smaller number of a range comes first", loc, list(value))
            return None
        return _OPERATORS[name](int(value) if isinstance(value, bool) else value)

    def _library(
        self, entry: Quality, loc: Loc, column: odcs.Property | None
    ) -> dict[str, Any] | None:
        metric = entry.metric or entry.rule
        if metric is None:
            self.fault("a rule of the library names no metric", loc, do=_one_of(_LIBRARY))
            return None
        if metric not in _LIBRARY:
            if entry.metric:
                self.fault("no such metric", (*loc, "metric"), metric,
                           did_you_mean(metric, _LIBRARY) or _one_of(_LIBRARY))  # fmt: skip
            else:
                self.note((*loc, "rule"), f"the rule {metric!r}", "it is no metric of the standard")
            return None
        limits = self._limits(entry, loc)
        columns = self._columns(entry, metric, loc, column)
        if limits is None or columns is None:
            return None
        if entry.unit not in {None, *_UNITS}:
            self.note((*loc, "unit"), f"the metric {metric} in {entry.unit!r}", "no such unit")
            return None
        found = {"metric": metric, "columns": columns, "limits": limits,
                 "unit": entry.unit or "rows"}  # fmt: skip
        return found | self._arguments(entry, metric, loc, column)

    def _columns(
        self, entry: Quality, metric: str, loc: Loc, column: odcs.Property | None
    ) -> tuple[str, ...] | None:
        """The columns that a metric counts; None where it can't count."""
        if metric == "rowCount":
            return ()
        if column is not None:
            return (column.name,)
        named = entry.arguments.properties
        if metric not in _OF_TABLE or not named:
            self.note(loc, f"the metric {metric} of the table", "it names no column")
            return None
        for name in named:
            if name not in self.columns:
                self.fault("properties names no column", (*loc, "arguments", "properties"), name,
                           did_you_mean(name, self.columns) or None)  # fmt: skip
        return named

    def _arguments(
        self, entry: Quality, metric: str, loc: Loc, column: odcs.Property | None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        asked = entry.arguments
        if metric == "missingValues":
            found["missing_values"] = asked.missing_values or (None, "")
        if metric == "invalidValues" and column is not None:
            if asked.valid_values is None and asked.pattern is None:
                self.fault("invalidValues needs validValues or a pattern", loc)
            values = enumerate(asked.valid_values or ())
            place: Loc = (*loc, "arguments", "validValues")
            texts = [self.level(column, v, (*place, i)) for i, v in values if v is not None]
            found["valid_values"] = None if asked.valid_values is None else tuple(texts)
            found["pattern"] = asked.pattern
        return found

    def level(self, column: odcs.Property, value: Any, loc: Loc) -> str:
        """A value of a closed list as text, a fault where it isn't of the column's type."""
        text = level_text(column.logical_type, value)
        if text is None:
            what = f"a level of {column.name!r} isn't of its type, {column.logical_type}"
            self.fault(what, loc, value, level_advice(column.logical_type, value))
        return text or ""

    def _sql(self, entry: Quality, loc: Loc, column: odcs.Property | None) -> dict[str, Any] | None:
        limits = self._limits(entry, loc)
        if entry.query is None:
            self.fault("a rule of type sql has no query", loc)
        if limits is None or entry.query is None:
            return None
        return {
            "metric": "sql", "columns": (column.name,) if column else (), "limits": limits,
            "query": entry.query, "dialect": self.dialect, "tables": self.tables,
        }  # fmt: skip

    def _custom(
        self, entry: Quality, loc: Loc, column: odcs.Property | None
    ) -> dict[str, Any] | None:
        engine = "".join(c for c in (entry.engine or "").lower() if c.isalnum())
        if engine not in {"greatexpectations", "gx", "greatexpectation"}:
            what = f"a rule of the engine {entry.engine!r}"
            self.note(loc, what, "only greatExpectations is judged",
                      column.name if column else None)  # fmt: skip
            return None
        expectation = entry.implementation
        if isinstance(expectation, str):
            try:
                expectation = yaml.safe_load(expectation)
            except (yaml.YAMLError, ValueError, RecursionError):
                expectation = None
        place: Loc = (*loc, "implementation")
        named = isinstance(expectation, dict) and all(isinstance(k, str) for k in expectation)
        if not named or not isinstance(expectation.get("type"), str):
            self.fault("an expectation needs a type, and its arguments in kwargs", place)
            return None
        return {"metric": "greatExpectations", "columns": (column.name,) if column else (),
                "expectation": expectation}  # fmt: skip


def _words(entry: Quality) -> str | None:
    """What the entry says of itself."""
    more = entry.model_extra or {}
    words = more.get("description") or more.get("name")
    return None if words is None else str(words)


def _one_of(names: Sequence[str]) -> str:
    return f"One of: {', '.join(names)}."
