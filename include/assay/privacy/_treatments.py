"""Treatments: what becomes of a column, one registered class each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.contract import Column
from assay.engine import Session
from assay.errors import Problem
from assay.keys import PseudonymKey
from assay.policy.privacy import Drop, Generalise, Keep, Mask, Pseudonymise, Redact
from assay.privacy._generalisations import GENERALISATIONS
from assay.privacy._pseudonym import pseudonym_table
from assay.privacy._redaction import pattern_problems, redacted
from assay.statistics.levels import level_text


@dataclass(frozen=True)
class Landed:
    """The landed rows, their session, and the key of pseudonyms."""

    session: Session
    table: Table
    key: PseudonymKey


class Untreated:
    """The column stays as it is, because the policy doesn't name it; ``asked`` is what it says."""

    has_column: ClassVar[bool] = True
    """Whether versions have the column."""
    has_values: ClassVar[bool] = True
    """Whether versions have its values, be it in another form."""

    def __init__(self, asked: Any) -> None:
        self.asked = asked

    def problems(self, column: Column, where: str) -> Iterator[Problem]:
        """Why the column can't be treated so."""
        if column.classification:
            rest = "" if column.classification == "identifier" else ", redact or keep with a reason"
            yield Problem(
                f"the {column.classification} has no treatment",
                where=where,
                expected=f"drop, mask, generalise, pseudonymise{rest}",
            )

    def apply(self, rows: Table, column: Column, landed: Landed) -> Table:  # noqa: ARG002
        """The rows with the column treated; ``landed`` has the column as it arrived."""
        return rows.mutate(**{column.name: self.value(rows[column.name])})

    def value(self, values: ir.Column) -> ir.Column:
        """The treated values of a column, for what treats them one by one."""
        return values


TREATMENTS: Final[dict[type, type[Untreated]]] = {type(None): Untreated}


def treatment_of(asked: Any) -> Untreated:
    """The treatment that a policy asks for; None asks for none."""
    return TREATMENTS[type(asked)](asked)


def treated_values(asked: Any, values: ir.Column) -> ir.Column:
    """Values masked or made coarser, for what treats them one by one when they are read."""
    return treatment_of(asked).value(values)


def _registered(asked: type) -> Callable[[type[Untreated]], type[Untreated]]:
    def register(treatment: type[Untreated]) -> type[Untreated]:
        TREATMENTS[asked] = treatment
        return treatment

    return register


class _Treated(Untreated):
    """A treatment that has no problem of its own."""

    def problems(self, column: Column, where: str) -> Iterator[Problem]:  # noqa: ARG002
        """Why the column can't be treated so."""
        return iter(())


@_registered(Drop)
class Dropped(_Treated):
    """The column is left out."""

    has_column = False
    has_values = False

    def apply(self, rows: Table, column: Column, landed: Landed) -> Table:  # noqa: ARG002
        """The rows with the column treated."""
        return rows.drop(column.name)


@_registered(Mask)
class Masked(_Treated):
    """Each value becomes the mask's text, with its last characters where the policy keeps them."""

    has_values = False

    def value(self, values: ir.Column) -> ir.Column:
        """The treated values."""
        mask: Mask = self.asked
        none, hidden = ibis.null("string"), ibis.literal(mask.text)
        if mask.keep_last == 0:
            return values.isnull().ifelse(none, hidden)
        text = values.cast("string")
        # A value no longer than what stays readable would be readable wholly.
        shown = (text.length() > mask.keep_last).ifelse(text.right(mask.keep_last), "")
        return text.isnull().ifelse(none, hidden + shown)


@_registered(Redact)
class Redacted(_Treated):
    """What leads to a person inside a text becomes the name of its kind."""

    def problems(self, column: Column, where: str) -> Iterator[Problem]:
        """Why the column can't be treated so: what no pattern finds of an identifier stays."""
        if column.type != "string":
            yield Problem("only texts can be redacted", where=where, got=column.type,
                          expected="string")  # fmt: skip
        if column.classification == "identifier":
            yield Problem("an identifier may not be redacted: what no pattern finds stays",
                          where=where, got="redact",
                          expected="drop, mask, generalise or pseudonymise")  # fmt: skip
        yield from pattern_problems(self.asked, where)

    def value(self, values: ir.Column) -> ir.Column:
        """The treated values."""
        return redacted(values, self.asked)


@_registered(Generalise)
class Generalised(_Treated):
    """Values become coarser."""

    def problems(self, column: Column, where: str) -> Iterator[Problem]:
        """Why the column can't be treated so."""
        types = GENERALISATIONS[type(self.asked.to)].types
        if types and column.type not in types:
            yield Problem(
                f"generalisation {self.asked.to.kind!r} doesn't fit the column's type",
                where=where,
                got=column.type,
                expected=" or ".join(types),
            )

    def value(self, values: ir.Column) -> ir.Column:
        """The treated values."""
        return GENERALISATIONS[type(self.asked.to)].apply(self.asked.to, values)


@_registered(Pseudonymise)
class Pseudonymised(_Treated):
    """Each value becomes its keyed pseudonym."""

    def problems(self, column: Column, where: str) -> Iterator[Problem]:
        """Why the column can't be treated so."""
        if not column.identity_domain:
            yield Problem("the column has no identity domain", where=where,
                          do="Declare identityDomain in the contract.")  # fmt: skip

    def apply(self, rows: Table, column: Column, landed: Landed) -> Table:
        """The rows with the column treated."""
        name, domain = column.name, str(column.identity_domain)
        pairs = pseudonym_table(landed.session, _identity(landed.table[name]), domain, landed.key)
        pairs = pairs.rename(__value="value", __pseudonym="pseudonym")
        joined = rows.left_join(pairs, _identity(rows[name]) == pairs["__value"])
        return joined.mutate(**{name: joined["__pseudonym"]}).drop("__value", "__pseudonym")


def _identity(column: Any) -> Any:
    """The text by which a value is one person's, whatever its type: 17.0 is 17."""
    return level_text(column).cast("string")


@_registered(Keep)
class Kept(_Treated):
    """The column stays as it is, for a stated reason; an identifier may not."""

    def problems(self, column: Column, where: str) -> Iterator[Problem]:
        """Why the column can't be treated so."""
        if column.classification == "identifier":
            yield Problem("an identifier may not be kept", where=where, got="keep",
                          expected="drop, mask, generalise or pseudonymise")  # fmt: skip
