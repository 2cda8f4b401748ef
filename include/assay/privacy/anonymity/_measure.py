"""k, l and t of a table, and the risks that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
from ibis import Table

from assay.engine import Session, round12
from assay.engine.functions import without_nan
from assay.errors import InputError, unknown
from assay.privacy.anonymity._classes import PEOPLE, count_people, same_class
from assay.privacy.anonymity._closeness import equal_distance, is_ordered, ordered_distance
from assay.privacy.anonymity._diversity import distinct_and_entropy, recursive_ratios
from assay.privacy.anonymity._found import Anonymity, Diversity, Population


@dataclass(frozen=True)
class Who:
    """Which columns lead to a person, and which say who it is.

    Parameters
    ----------
    quasi_identifiers : tuple of str
        Columns that others may know of a person.
    sensitive : tuple of str
        Columns that nobody should learn of a person.
    subject : tuple of str
        Columns that are equal in all rows of one person. Empty: each row is a person.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.quasi_identifiers, *self.sensitive, *self.subject)))


def measure_anonymity(
    session: Session,
    rows: Table,
    who: Who,
    recursive: Sequence[int] = (2,),
    population: Table | None = None,
) -> Anonymity:
    """Measure how well people hide among others with the same quasi-identifiers.

    Read ``k`` of the result first: 1 means that somebody is alone. Then ``distinct`` of each
    sensitive column: 1 means that a class gives somebody's value away, however many are in it.

    Parameters
    ----------
    rows : ibis.Table
        What readers get.
    recursive : sequence of int
        Each l, at least 2, for which recursive diversity is measured.
    population : ibis.Table, optional
        Everybody of whom the rows are a sample, one row a person or with the subject's columns.

    Raises
    ------
    InputError
        If a column isn't there, or is a quasi-identifier and something else as well.

    Notes
    -----
    People are counted, not rows: a person with five rows of one class is one of its people. A
    missing value is a level like any other, and NaN is missing. What needs each class reads counts
    of classes, and the engine spills those that don't fit in memory.
    """
    _check(rows, who)
    table, own = _renamed(rows, who), _own_names(who)
    classes = session.set_aside(count_people(table, own.quasi_identifiers, own.subject))
    sizes = classes.group_by(PEOPLE).aggregate(classes=classes.count()).order_by(PEOPLE)
    found = [(int(r[PEOPLE]), int(r["classes"])) for r in session.rows(sizes)]
    sensitive = []
    for name, theirs in zip(own.sensitive, who.sensitive, strict=True) if found else ():
        sensitive.append(_diversity(session, table, own, name, recursive, theirs))
    of_population = None
    if population is not None and found:
        of_population = _population(session, classes, population, who)
    session.forget(classes)
    return Anonymity(
        quasi_identifiers=who.quasi_identifiers,
        rows=int(session.value(table.count())),
        people=sum(size * number for size, number in found),
        sizes=tuple(found),
        sensitive=tuple(sensitive),
        population=of_population,
    )


def _own_names(who: Who) -> Who:
    """Names that no column of a computation has."""
    return Who(
        tuple(f"q{i}" for i in range(len(who.quasi_identifiers))),
        tuple(f"s{i}" for i in range(len(who.sensitive))),
        tuple(f"u{i}" for i in range(len(who.subject))),
    )


def _renamed(rows: Table, who: Who) -> Table:
    own = _own_names(who)
    return without_nan(rows.select(**{
        name: rows[theirs]
        for names, columns in (
            (own.quasi_identifiers, who.quasi_identifiers),
            (own.sensitive, who.sensitive), (own.subject, who.subject),
        )
        for name, theirs in zip(names, columns, strict=True)
    }))  # fmt: skip


def _check(rows: Table, who: Who) -> None:
    for name in who.columns:
        if name not in rows.columns:
            raise InputError("no such column", where="the table", **unknown(name, rows.columns))
    if not who.quasi_identifiers:
        raise InputError("there is no quasi-identifier", expected="at least one column")
    twice = {*who.quasi_identifiers} & {*who.sensitive, *who.subject}
    if twice:
        raise InputError(
            "a quasi-identifier is neither sensitive nor the subject",
            got=", ".join(sorted(twice)),
            do="Name it once: within a class all have the same value of it.",
        )


def _diversity(
    session: Session, table: Table, who: Who, column: str, recursive: Sequence[int], theirs: str
) -> Diversity:
    by = who.quasi_identifiers
    cells = session.set_aside(count_people(table, [*by, column], who.subject))
    distinct, entropy = distinct_and_entropy(session, cells, by)
    ordered = is_ordered(table, column)
    distance = ordered_distance if ordered else equal_distance
    found = Diversity(
        column=theirs, distinct=distinct, entropy=entropy, ordered=ordered,
        recursive=recursive_ratios(session, cells, by, recursive) if recursive else (),
        closeness=distance(session, cells, by, column),
    )  # fmt: skip
    session.forget(cells)
    return found


def _population(session: Session, classes: Table, population: Table, who: Who) -> Population:
    """Risks by the population's classes.

    References
    ----------
    K. El Emam: Guide to the De-Identification of Personal Health Information (2013), chapter 16.
    """
    who = Who(who.quasi_identifiers, (), who.subject)
    _check(population, who)
    everybody, own = _renamed(population, who), _own_names(who)
    by = own.quasi_identifiers
    there = count_people(everybody, by, own.subject).rename({"__there": PEOPLE})
    joined = classes.left_join(there, same_class(classes, there, by))
    here, known = joined[PEOPLE], joined["__there"].fill_null(0)
    size = ibis.greatest(here, known)
    found = session.one(joined.aggregate(
        smallest=size.min(), classes=joined.count(), size=size.sum(), people=here.sum(),
        found=(here / size).sum(), beyond=(here > known).sum(),
    ))  # fmt: skip
    marketer = round12(found["found"] / int(found["people"]))
    return Population(
        smallest=int(found["smallest"]),
        journalist_highest=round12(1 / int(found["smallest"])),
        journalist_average=max(round12(found["classes"] / int(found["size"])), marketer),
        marketer=marketer,
        beyond=int(found["beyond"]),
    )
