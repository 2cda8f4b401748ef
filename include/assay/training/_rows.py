"""Which rows a model learns from: filtered, joined and labelled by one query, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ibis import Table

from assay.engine import BATCH, ID, Session, open_session
from assay.errors import InputError, PolicyError, unknown
from assay.expression import columns_of, compile_expression
from assay.policy.model import Join, ModelFile

if TYPE_CHECKING:
    import pyarrow as pa

LABEL: Final = "__label"


def select_rows(
    blocks: Mapping[str, pa.Table], joined: Mapping[str, pa.Table], model: ModelFile
) -> pa.Table:
    """Select the rows of a model: batch, row number, label, features and watched columns."""
    with open_session() as session:
        rows = session.set_aside(_stacked(blocks, _own_columns(model), model.data.dataset))
        kept = rows if model.data.where is None else rows.filter(_condition(model, rows))
        labelled = kept.mutate(**{LABEL: _label(model, kept)})
        for name, join in model.data.joins.items():
            labelled = _joined(session, labelled, name, join, joined)
        names = dict.fromkeys([BATCH, ID, LABEL, *model.features, *model.watched])
        return session.arrow(labelled.select(*names).order_by(BATCH, ID))


def _own_columns(model: ModelFile) -> list[str]:
    """The columns of the data set that the model needs."""
    names = [n for n in (*model.features, *model.watched) if n.split(".", 1)[0] not in
             model.data.joins or "." not in n]  # fmt: skip
    for join in model.data.joins.values():
        names += join.by
    for text in (model.data.where, model.label.expression):
        names += columns_of(text) if text else ()
    names += [model.label.column] if model.label.column else []
    return list(dict.fromkeys(names))


def _stacked(blocks: Mapping[str, pa.Table], names: list[str], dataset: str) -> pa.Table:
    """The batches as one table, each row with its batch."""
    import pyarrow as pa

    if not blocks:
        raise InputError("no batch is left to train on", where=dataset,
                         do="Release one, or see data.batches in the model file.")  # fmt: skip
    parts = []
    for batch in sorted(blocks):
        block, where = blocks[batch], f"{dataset} {batch}"
        for name in [ID, *names]:
            if name not in block.column_names:
                what = unknown(name, block.column_names)
                raise InputError("a column of the model isn't in the batch", where=where, **what)
        taken = block.select([ID, *names]).replace_schema_metadata(None)
        parts.append(taken.append_column(BATCH, pa.array([batch] * len(block), pa.string())))
    try:
        return pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowException as exc:
        raise InputError(
            "batches have columns of different types", where=dataset, got=str(exc).split("\n")[0]
        ) from exc


def _condition(model: ModelFile, rows: Table) -> Any:
    condition = compile_expression(str(model.data.where), rows)
    if not condition.type().is_boolean():
        raise PolicyError("`where` is no condition", got=model.data.where,
                          expected="a comparison, such as `arr_delay is not null`")  # fmt: skip
    return condition


def _label(model: ModelFile, rows: Table) -> Any:
    if model.label.expression:
        return compile_expression(model.label.expression, rows)
    return rows[model.label.column]


def _joined(
    session: Session, rows: Table, name: str, join: Join, joined: Mapping[str, pa.Table]
) -> Table:
    """The rows with the columns of one joined data set; null where the key finds nothing."""
    if name not in joined:
        raise InputError("a joined data set isn't there", where=f"data.joins.{name}",
                         do=f"Release {name} first.")  # fmt: skip
    table, keys = joined[name], list(join.by.values())
    for column in (*keys, *join.columns):
        if column not in table.column_names:
            what = unknown(column, table.column_names)
            raise InputError("no such column", where=f"data.joins.{name}", **what)
    other = session.set_aside(table.select(list(dict.fromkeys([*keys, *join.columns]))))
    other = other.filter(*(other[key].notnull() for key in keys))
    if _most(session, other, keys) > 1:
        raise InputError(
            "the key of a joined data set isn't unique, so that rows would multiply",
            where=f"data.joins.{name}", got=", ".join(keys), expected="one row a key",
        )  # fmt: skip
    renamed = other.select(
        **{f"__key{i}": other[key] for i, key in enumerate(keys)},
        **{f"{name}.{column}": other[column] for column in join.columns},
    )
    by = [rows[own] == renamed[f"__key{i}"] for i, own in enumerate(join.by)]
    return rows.left_join(renamed, by).drop(*(f"__key{i}" for i in range(len(keys))))


def _most(session: Session, table: Table, keys: list[str]) -> int:
    """Most rows of one key."""
    counted = table.group_by(keys).aggregate(__rows=table.count())
    return int(session.value(counted["__rows"].max()) or 0)
