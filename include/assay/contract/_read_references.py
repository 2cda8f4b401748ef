"""From the relationships of a contract file to references to other data sets."""

from __future__ import annotations

from collections.abc import Callable

from assay.contract import _odcs as odcs
from assay.contract._model import Reference
from assay.contract._read_rules import RuleReader
from assay.document import Loc
from assay.errors import did_you_mean

Customs = Callable[..., odcs.RelationshipCustom | None]


def read_references(
    reader: RuleReader, table: odcs.SchemaObject, customs: Customs
) -> tuple[Reference, ...]:
    """The references of the columns, then those of the table, which may be composite."""
    at: Loc = ("schema", 0)
    found = [
        _reference(reader, one, (p.name,), (*at, "properties", i, "relationships", j), customs)
        for i, p in enumerate(table.properties)
        for j, one in enumerate(p.relationships)
    ]
    for j, one in enumerate(table.relationships):
        place: Loc = (*at, "relationships", j)
        columns = _own_columns(reader, table, one, place)
        found.append(_reference(reader, one, columns, place, customs))
    return tuple(one for one in found if one is not None)


def _own_columns(
    reader: RuleReader, table: odcs.SchemaObject, raw: odcs.Relationship, loc: Loc
) -> tuple[str, ...]:
    """The columns from which a relationship of the table leads."""
    columns = tuple(name.removeprefix(f"{table.name}.") for name in raw.from_)
    for name in columns:
        if name not in reader.columns:
            hint = did_you_mean(name, reader.columns) or None
            reader.fault(f"from names no column of {table.name}", (*loc, "from"), name, hint)
    return columns


def _reference(
    reader: RuleReader,
    raw: odcs.Relationship,
    columns: tuple[str, ...],
    loc: Loc,
    customs: Customs,
) -> Reference | None:
    custom = customs(raw.custom, odcs.RelationshipCustom, (*loc, "customProperties"))
    parts = [to.partition(".") for to in raw.to]
    datasets = {dataset for dataset, _, _ in parts}
    if len(datasets) != 1 or len(parts) != len(columns):
        what = "a relationship leads to as many columns of one data set as it leads from"
        reader.fault(what, (*loc, "to"), raw.to)
        return None
    if custom is None:
        return None
    return Reference(
        columns=columns,
        dataset=datasets.pop(),
        to=tuple(column for *_, column in parts),
        where=reader.document.where(loc),
        severity=custom.severity,
        mostly=custom.mostly,
    )
