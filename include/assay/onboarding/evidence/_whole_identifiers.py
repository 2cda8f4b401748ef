"""Identifiers that are whole numbers, written as floating-point ones where some are missing."""

from __future__ import annotations

from typing import Final

from ibis import Table

from assay.engine import Session, data_columns
from assay.engine.functions import count_if
from assay.onboarding.evidence._column_names import guess_classification, names_key
from assay.onboarding.evidence._many_columns import measure_aggregates

_EXACT: Final = 2**53


def read_identifiers(session: Session, table: Table) -> tuple[Table, tuple[str, ...]]:
    """The table with such columns as whole numbers, and their names.

    ``17.0`` and ``17`` are one customer: as numbers of unequal types they would have two texts, and
    as identifiers two pseudonyms. Only columns whose names suggest an identifier or a key are read
    so; a measured number may be whole by chance.
    """
    schema = table.schema()
    named = [
        n for n in data_columns(table)
        if schema[n].is_floating() and (names_key(n) or guess_classification(n) == "identifier")
    ]  # fmt: skip
    wanted = {}
    for name in named:
        value = table[name].nullif(float("nan"))
        whole = (value == value.floor()) & (value.abs() <= _EXACT)
        wanted[name] = {"present": value.count(), "odd": count_if(value.notnull() & ~whole)}
    _, found = measure_aggregates(session, table, wanted)
    whole_ones = [n for n, counts in found.items() if counts["present"] and not counts["odd"]]
    cast = {n: table[n].nullif(float("nan")).cast("int64") for n in whole_ones}
    return table.mutate(**cast) if cast else table, tuple(whole_ones)
