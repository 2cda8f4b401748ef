"""The suite that a contract implies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from assay.contract import Column, Contract, Freshness, Reference
from assay.contract.rule import QualityRule
from assay.quality._contract_rules import of_options, of_rule
from assay.quality._suite import Expectation, Suite, labelled


def contract_suite(
    contract: Contract,
    references: Mapping[str, Any] | None = None,
    *,
    stage: Literal["raw", "clean"] = "raw",
    batch: str | None = None,
) -> Suite:
    """The contract's promises as expectations.

    Parameters
    ----------
    references : mapping of str to ibis.Table, optional
        Released rows of other data sets, by name. A reference that isn't given can't be judged.
    stage : {"raw", "clean"}
        ``raw`` judges all but the references on identifiers; ``clean`` judges only these, because
        by then pseudonyms can be compared with pseudonyms.
    batch : str, optional
        Partition key: rows of the raw batch must lie within it where the contract names the column
        of their date.

    Notes
    -----
    Reasons: ``unparsed:<column>``, ``required:<column>``, ``unique:<column>``,
    ``level:<column>``, ``primary_key``, ``batch:<column>``, ``reference:<column>``,
    ``stale:<column>``; of the options of its type ``range:<column>``, ``length:<column>``,
    ``pattern:<column>``, ``multiple:<column>``, ``format:<column>``; of its rules
    ``null_values:<column>``, ``missing_values:<column>``, ``invalid_values:<column>``,
    ``duplicate_values:<column>``, ``row_count``, ``sql``, ``expectation``. The type of a landed
    column needs no check of its own: text that isn't of its type is unparsed, and for that reason
    alone isn't missing.

    Raises
    ------
    SuiteError
        If an expectation that the contract holds can't be read.
    """
    references = references or {}
    raw = stage == "raw"
    columns = {"column_set": list(contract.column_names), "exact_match": False}
    found = [_implied("expect_table_columns_to_match_set", "columns", columns)] if raw else []
    for column in contract.columns:
        if raw:
            found.append(_promise("expect_column_values_to_parse", "unparsed", column.name))
            found += _column_promises(column, contract.primary_key)
            found += of_options(column)
    identifiers = {c.name for c in contract.identifiers}
    found += [
        _referring(wanted, references.get(wanted.dataset))
        for wanted in contract.references
        if raw == identifiers.isdisjoint(wanted.columns)
    ]
    if raw and contract.primary_key:
        found.append(_primary_key(contract.primary_key))
    if raw and batch is not None and contract.partition.column is not None:
        found.append(_within(contract, contract.partition.column, batch))
    if raw and batch is not None:
        found += [_fresh(contract, one, batch) for one in contract.freshness]
    if raw:
        found += [e for rule in contract.quality for e in of_rule(rule, _levels(contract, rule))]
    return Suite(
        name=contract.dataset,
        expectations=labelled(tuple(found)),
        not_judged=tuple((n.where, n.what, n.why) for n in contract.not_judged if raw and n.rule),
        drop_exact_duplicates=raw and contract.on_duplicate == "keep_first",
    )


def _implied(
    kind: str, reason: str, kwargs: Mapping[str, Any], severity: str = "critical", **meta: str
) -> Expectation:
    return Expectation(kind, kwargs, severity, {"reason": reason, "from": "contract", **meta})


def _promise(
    kind: str, code: str, column: str, severity: str = "critical", **kwargs: Any
) -> Expectation:
    return _implied(kind, f"{code}:{column}", {"column": column, **kwargs}, severity)


def _within(contract: Contract, column: str, batch: str) -> Expectation:
    """Rows lie in their batch: days by the calendar, moments by the contract's time zone."""
    bounds: tuple[dt.date, dt.date] = contract.partition.bounds(batch)
    if not contract.column(column).is_moment:
        bounds = contract.partition.start(batch), contract.partition.end(batch)
    start, end = map(_naive, bounds)
    return _promise(
        "expect_column_values_to_be_between", "batch", column,
        min_value=start, max_value=end, strict_max=True,
    )  # fmt: skip


def _fresh(contract: Contract, wanted: Freshness, batch: str) -> Expectation:
    """The newest value against the batch's end, which is a place in the calendar and no clock.

    A date means its whole day.
    """
    column = contract.column(wanted.column)
    oldest = contract.partition.before_end(batch, wanted.max_age)
    if not column.is_moment:
        end = dt.datetime.combine(contract.partition.end(batch), dt.time())
        oldest = end - wanted.max_age - dt.timedelta(days=column.type == "date")
    return _implied(
        "expect_column_max_to_be_between", f"stale:{wanted.column}",
        {"column": wanted.column, "min_value": _naive(oldest)}, wanted.severity,
        dimension="timeliness",
    )  # fmt: skip


def _naive(at: dt.date) -> str:
    """A day, or a moment as it is stored: in UTC, without a zone."""
    return (at.replace(tzinfo=None) if isinstance(at, dt.datetime) else at).isoformat()


def _column_promises(column: Column, key: tuple[str, ...]) -> Iterator[Expectation]:
    if column.required or column.name in key:
        yield _promise("expect_column_values_to_not_be_null", "required", column.name)
    if column.unique and key != (column.name,):
        yield _promise("expect_column_values_to_be_unique", "unique", column.name)
    if column.levels is not None:
        promised = _promise(
            "expect_column_values_to_be_in_set", "level", column.name,
            value_set=[_level(column, v) for v in column.levels],
        )  # fmt: skip
        labels = "; ".join(f"{level} is {label}" for level, label in column.labels.items())
        yield replace(promised, notes=labels or None)


def _referring(wanted: Reference, released: Any) -> Expectation:
    """That values, or values together, are in another data set's released rows."""
    about = {"mostly": wanted.mostly, "dataset": wanted.dataset, "released": released}
    if len(wanted.columns) == 1:
        return _promise(
            "expect_column_values_to_be_in_reference", "reference", wanted.columns[0],
            severity=wanted.severity, reference_column=wanted.to[0], **about)  # fmt: skip
    kwargs = {"column_list": list(wanted.columns), "reference_columns": list(wanted.to), **about}
    reason = f"reference:{','.join(wanted.columns)}"
    return _implied("expect_columns_to_be_in_reference", reason, kwargs, wanted.severity)


def _levels(contract: Contract, rule: QualityRule) -> Callable[[str], Any]:
    return lambda text: _level(contract.column(rule.columns[0]), text)


def _level(column: Column, text: str) -> Any:
    """A closed list's entry in the column's own type."""
    if column.type in {"integer", "number"}:
        return int(text) if column.type == "integer" else float(text)
    return text.lower() == "true" if column.type == "boolean" else text


def _primary_key(key: tuple[str, ...]) -> Expectation:
    if len(key) == 1:  # Great Expectations has another name for it, and refuses a list of one
        kwargs: dict[str, Any] = {"column": key[0]}
        return _implied("expect_column_values_to_be_unique", "primary_key", kwargs)
    kwargs = {"column_list": list(key), "ignore_row_if": "any_value_is_missing"}
    return _implied("expect_compound_columns_to_be_unique", "primary_key", kwargs)
