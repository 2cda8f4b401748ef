"""Suites in Great Expectations' JSON, loaded whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from assay.document import DEEPEST, Loc, content_hash, load_document, shown_path, too_deep
from assay.errors import AssayError, Problem, SuiteError, did_you_mean, problems_error
from assay.expression import Call, names_in
from assay.quality._registry import entry_of
from assay.quality._row_condition import ConditionError, parse_condition

SEVERITIES: Final = ("critical", "warning", "info")
_SUITE_KEYS: Final = frozenset({
    "name", "id", "expectations", "suite_parameters", "meta", "notes",
    "expectation_suite_name", "evaluation_parameters", "data_asset_type", "ge_cloud_id",
})  # fmt: skip
_SUITE_OBJECTS: Final = ("suite_parameters", "evaluation_parameters", "meta")
_EXPECTATION_KEYS: Final = frozenset({
    "type", "expectation_type", "kwargs", "meta", "notes", "severity", "id", "description",
    "rendered_content", "success_on_last_run", "expectation_context", "ge_cloud_id", "windows",
})  # fmt: skip


@dataclass(frozen=True)
class Expectation:
    """One line of a suite: what is expected of which column, and its severity if it is unmet.

    ``kwargs`` are Great Expectations' arguments, with parameters replaced by their values;
    ``label`` names the expectation among the reasons of a row.
    """

    type: str
    kwargs: Mapping[str, Any]
    severity: str = "critical"
    meta: Mapping[str, Any] = field(default_factory=dict)
    notes: Any = None
    id: str | None = None
    where: str | None = None
    label: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it is about, in the order in which it names them."""
        named = [self.kwargs.get(k) for k in ("column", "column_A", "column_B")]
        several = self.kwargs.get("column_list")
        named += several if isinstance(several, list | tuple) else ()
        return tuple(dict.fromkeys(c for c in named if isinstance(c, str)))

    @property
    def condition(self) -> Call | None:
        """The row condition as a tree, None where there is none."""
        return parse_condition(self.kwargs.get("row_condition"))

    @property
    def columns_read(self) -> frozenset[str]:
        """Columns that it is about, and those of its row condition."""
        return frozenset(self.columns).union(names_in(self.condition) if self.condition else ())

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments without tables, so that they can be written as JSON."""
        return {k: v for k, v in self.kwargs.items() if k != "released"}

    @property
    def mostly(self) -> float:
        """Least share of the rows that must meet it."""
        return float(self.kwargs.get("mostly", 1.0))


@dataclass(frozen=True)
class Suite:
    """Expectations that are judged together.

    ``drop_exact_duplicates`` says that rows equal to an earlier one in every data column are
    dropped before anything is judged. ``not_judged`` is what the contract says and nothing judges:
    its place, the statement, and why.
    """

    name: str
    expectations: tuple[Expectation, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    drop_exact_duplicates: bool = False
    not_judged: tuple[tuple[str, str, str], ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of what it expects, with its parameters; without notes and metadata."""
        expected = [(e.type, e.arguments, e.severity) for e in self.expectations]
        return content_hash([expected, self.drop_exact_duplicates])

    @property
    def other_datasets(self) -> tuple[str, ...]:
        """Data sets whose released rows it compares with, beside those that a contract names."""
        named = (e.kwargs.get("other_table_name") for e in self.expectations)
        return tuple(sorted({n for n in named if isinstance(n, str)}))

    @property
    def columns_named(self) -> tuple[tuple[str | None, str], ...]:
        """Where each expectation stands and each column that must be there for it to be judged."""
        judged = (e for e in self.expectations if entry_of(e.type).needs_columns)
        return tuple((e.where, column) for e in judged for column in e.columns)

    def with_released(self, tables: Mapping[str, Any]) -> Suite:
        """The suite with the released rows of other data sets, by name."""

        def one(e: Expectation) -> Expectation:
            released = tables.get(str(e.kwargs.get("other_table_name")))
            more = {} if released is None else {"released": released}
            return replace(e, kwargs={**e.kwargs, **more})

        return replace(self, expectations=tuple(one(e) for e in self.expectations))

    def __add__(self, other: Suite) -> Suite:
        """Both suites in one, under this one's name; labels stay distinct."""
        return Suite(
            name=self.name or other.name,
            expectations=labelled((*self.expectations, *other.expectations)),
            meta={**other.meta, **self.meta},
            parameters={**other.parameters, **self.parameters},
            drop_exact_duplicates=self.drop_exact_duplicates or other.drop_exact_duplicates,
            not_judged=(*self.not_judged, *other.not_judged),
        )


def labelled(expectations: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
    """The expectations with distinct labels: ``type:column``, numbered where equal.

    Examples
    --------
    >>> e = Expectation("expect_column_values_to_be_unique", {"column": "a"})
    >>> [x.label for x in labelled((e, e))]
    ['expect_column_values_to_be_unique:a', 'expect_column_values_to_be_unique:a#2']
    """
    seen: dict[str, int] = {}
    out = []
    for e in expectations:
        named = f"{e.type}:{','.join(e.columns)}" if e.columns else e.type
        base = str(e.meta.get("reason") or named)
        seen[base] = seen.get(base, 0) + 1
        label = base if seen[base] == 1 else f"{base}#{seen[base]}"
        out.append(Expectation(**{**e.__dict__, "label": label}))
    return tuple(out)


def load_suite(path: Path | str, parameters: Mapping[str, Any] | None = None) -> Suite:
    """Load a suite; all of its problems are in one error.

    Every expectation of the file is loaded; an unknown one isn't dropped.

    Parameters
    ----------
    path : path
        The JSON file, in Great Expectations' format.
    parameters : mapping, optional
        Values of the ``{"$PARAMETER": name}`` placeholders in it. They take precedence over the
        suite's own ``suite_parameters``.

    Raises
    ------
    SuiteError
        If the file isn't JSON, holds no expectation, has a key or severity that isn't known, a
        ``row_condition`` that can't be read, or a parameter without a value.
    """
    path = Path(path)
    content = _json(path)
    lines = _lines(path)
    problems: list[Problem] = []
    where = shown_path(path)
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        raise SuiteError(
            "isn't an expectation suite", where=where, expected="an object with `expectations`"
        )
    problems += _unknown(content, _SUITE_KEYS, _at(where, lines, ()))
    problems += _no_objects(content, _SUITE_OBJECTS, where)
    if problems:
        raise problems_error(SuiteError, problems)
    own = content.get("suite_parameters") or content.get("evaluation_parameters") or {}
    known = {**own, **dict(parameters or {})}
    items = content["expectations"]
    if not items:
        problems.append(Problem("holds no expectation", where=where, do="An empty suite passes."))
    loaded = []
    for i, item in enumerate(items):
        place = _at(where, lines, ("expectations", i))
        one = expectation_from(item, known, place, problems)
        loaded += [one] if one else []
    if problems:
        raise problems_error(SuiteError, problems)
    if len(loaded) != len(items):
        raise SuiteError("loads fewer expectations than it holds", where=where, got=len(loaded))
    name = str(content.get("name") or content.get("expectation_suite_name") or path.stem)
    return Suite(name, labelled(tuple(loaded)), content.get("meta") or {}, known)


def _json(path: Path) -> Any:
    def refused(constant: str) -> Any:
        raise ValueError(f"{constant} isn't JSON")

    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refused)
        json.dumps(content, ensure_ascii=False).encode()  # refuses half a character
    except OSError as exc:
        raise SuiteError("can't be read", where=shown_path(path), got=exc.strerror) from exc
    except json.JSONDecodeError as exc:
        where = f"{shown_path(path)}:{exc.lineno}"
        raise SuiteError(f"isn't JSON: {exc.msg}", where=where) from exc
    except ValueError as exc:
        raise SuiteError(f"isn't JSON: {exc}", where=shown_path(path)) from exc
    except RecursionError:
        raise _too_deep(path) from None
    if too_deep(content):
        raise _too_deep(path)
    return content


def _too_deep(path: Path) -> SuiteError:
    return SuiteError("is nested too deep", where=shown_path(path), expected=f"at most {DEEPEST}")


def _lines(path: Path) -> Mapping[Loc, int]:
    """Lines of the keys: JSON is YAML, save for odd white space, where lines stay unknown."""
    try:
        return load_document(path, SuiteError).lines
    except AssayError as exc:
        if "occurs twice" in str(exc):
            raise
        return {}


def _at(where: str, lines: Mapping[Loc, int], loc: Loc) -> str:
    name = f"expectations[{loc[1]}]" if len(loc) > 1 else ""
    return f"{where}:{lines[loc]} {name}".rstrip() if loc in lines else f"{where} {name}".rstrip()


def _unknown(item: Mapping[str, Any], known: frozenset[str], where: str) -> Iterator[Problem]:
    for key in item:
        if key not in known:
            yield Problem("no such key", where=where, got=key, do=did_you_mean(key, known) or None)


def _no_objects(item: Mapping[str, Any], keys: tuple[str, ...], where: str) -> Iterator[Problem]:
    for key in keys:
        if not isinstance(item.get(key), dict | None):
            yield Problem(f"{key} isn't an object", where=where)


def expectation_from(
    item: Any, parameters: Mapping[str, Any], where: str, problems: list[Problem]
) -> Expectation | None:
    """One expectation of a suite; its faults are added to the problems, and then it is None."""
    if not isinstance(item, dict):
        problems.append(Problem("isn't an object", where=where))
        return None
    kind = item.get("type") or item.get("expectation_type")
    faults = list(_unknown(item, _EXPECTATION_KEYS, where))
    if not isinstance(kind, str) or not kind:
        faults.append(Problem("an expectation has no type", where=where))
    faults += _no_objects(item, ("kwargs", "meta"), where)
    kwargs = item.get("kwargs") or {}
    kwargs = kwargs if isinstance(kwargs, dict) else {}
    severity = item.get("severity", "critical")
    if severity not in SEVERITIES:
        faults.append(Problem("no such severity", where=where, got=severity,
                              expected="one of: " + ", ".join(SEVERITIES)))  # fmt: skip
    replaced = _with_parameters(kwargs, parameters, where, faults)
    if not isinstance(replaced, dict):
        faults.append(Problem("kwargs is a parameter, not an object", where=where))
    kwargs = replaced if isinstance(replaced, dict) else {}
    faults += _kwarg_faults(kwargs, where)
    problems += faults
    if faults:
        return None
    return Expectation(
        type=str(kind), kwargs=kwargs, severity=severity, meta=item.get("meta") or {},
        notes=item.get("notes"), id=item.get("id"), where=where,
    )  # fmt: skip


def _with_parameters(
    value: Any, parameters: Mapping[str, Any], where: str, faults: list[Problem]
) -> Any:
    """The value with each ``{"$PARAMETER": name}`` replaced."""
    if isinstance(value, dict):
        if set(value) == {"$PARAMETER"}:
            name = str(value["$PARAMETER"])
            if name not in parameters:
                faults.append(Problem(
                    "a parameter has no value", where=where, got=name,
                    do=did_you_mean(name, parameters) or f"Give --param {name}=VALUE, or "
                    "`parameters:` in the quality policy."))  # fmt: skip
            return parameters.get(name)
        return {k: _with_parameters(v, parameters, where, faults) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_parameters(v, parameters, where, faults) for v in value]
    return value


def _kwarg_faults(kwargs: Mapping[str, Any], where: str) -> Iterator[Problem]:
    mostly = kwargs.get("mostly", 1.0)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 <= mostly <= 1:
        yield Problem("mostly isn't a share", where=where, got=mostly, expected="0 to 1")
    try:
        parse_condition(kwargs.get("row_condition"))
    except ConditionError as exc:
        yield Problem(f"row_condition can't be read: {exc}", where=where)
