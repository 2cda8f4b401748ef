"""The query of a contract: one SELECT that only reads, with the batch as its parameters."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp

from assay.contract import Contract
from assay.errors import InputError

_PARAMETERS: Final = ("batch", "batch_start", "batch_end")
_WRITES: Final = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command,
    exp.Into, exp.Lock, exp.Set, exp.Copy,
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """One SELECT for one batch of a contract."""

    contract: Contract
    batch: str
    parsed: exp.Query

    @classmethod
    def of(cls, contract: Contract, batch: str, query: str, dialect: str | None) -> Statement:
        """Parse a query.

        Raises
        ------
        InputError
            If it isn't one SELECT, writes, or names another parameter.
        """
        return cls(contract, batch, _select(query, dialect))

    @property
    def zone(self) -> str:
        """The zone in which batches begin: naive moments are compared and dates cut in it."""
        return self.contract.partition.timezone

    def moments(self) -> dict[str, str | dt.datetime]:
        """The parameters' values, by name."""
        start, end = self.contract.partition.bounds(self.batch)
        return {"batch": self.batch, "batch_start": start, "batch_end": end}

    def wall_clock(self) -> dict[str, str]:
        """The same as text in the batch's zone; a midnight as its date.

        A date alone is less than each time of its day and greater than each of the day before, so
        that it compares rightly with columns of dates and of moments that are stored as text.
        """
        zone = ZoneInfo(self.zone)
        return {name: _wall_clock(value, zone) for name, value in self.moments().items()}

    def with_marks(self, dialect: str) -> str:
        """The text with psycopg's named parameters, and its own % signs kept."""
        marks = {name: f"assay_{secrets.token_hex(16)}" for name in _PARAMETERS}

        def marked(node: exp.Expression) -> exp.Expression:
            if isinstance(node, exp.Placeholder):
                return exp.to_identifier(marks[node.name])
            return node

        text = str(self.parsed.transform(marked).sql(dialect)).replace("%", "%%")
        for name, mark in marks.items():
            text = text.replace(mark, f"%({name})s")
        return text

    def with_literals(self) -> exp.Expression:
        """The statement with the values in it: digits and separators of our own making only."""
        zone, moments = ZoneInfo(self.zone), self.moments()

        def value(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Placeholder):
                return node
            moment = moments[node.name]
            if isinstance(moment, str):
                return exp.Literal.string(moment)
            text = moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
            return exp.cast(exp.Literal.string(text), "timestamp")

        filled: exp.Expression = self.parsed.transform(value)
        return filled

    def taken(self, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """The contract's columns that there are, and the order of the rows."""
        there = [name for name in self.contract.column_names if name in names]
        order = [name for name in self.contract.primary_key if name in there]
        return there, [*order, *(name for name in there if name not in order)]


def _wall_clock(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, str):
        return value
    local = value.astimezone(zone)
    return str(local.strftime("%Y-%m-%d" if local.time() == dt.time() else "%Y-%m-%d %H:%M:%S"))


def _select(query: str, dialect: str | None) -> exp.Query:
    try:
        parsed = sqlglot.parse(query, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        raise InputError("the query can't be parsed", where="source.query") from None
    statement = parsed[0] if len(parsed) == 1 else None
    if not isinstance(statement, exp.Query) or any(statement.find_all(*_WRITES)):
        raise InputError(
            "the query isn't one SELECT that only reads",
            where="source.query",
            do="Write one SELECT.",
        )
    for placeholder in statement.find_all(exp.Placeholder, exp.Parameter):
        if placeholder.name not in _PARAMETERS:
            raise InputError(
                "no such parameter of a query",
                where="source.query",
                got=placeholder.name or "?",
                expected=", ".join(f":{name}" for name in _PARAMETERS),
            )
    return statement
