"""Predictions beside their outcomes, and beside what else is known of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError, unknown
from assay.feedback import FeedbackColumns
from assay.policy.model import FeedbackPolicy, Label, ModelFile, Outcomes
from assay.records.models import DataUsed
from assay.stages.feedback._sources import key_of
from assay.stages.feedback._spec import Sources
from assay.stages.models._data import ID, read_blocks
from assay.stages.models._score import MODEL_VERSION, PREDICTION, PROBABILITY
from assay.stages.services import Services

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis import Table

    from assay.engine import Session

TRUTH, SAID, CHANCE, BATCH, VERSION = (
    "__truth", "__said", "__chance", "__batch", "__version",
)  # fmt: skip
ROW: Final = "__described"
"""The row's number in the version that describes it."""


@dataclass(frozen=True)
class PredictedColumns:
    """The columns of a data set of predictions."""

    prediction: str
    probability: str | None
    version: str | None

    @classmethod
    def of(cls, policy: FeedbackPolicy) -> PredictedColumns:
        """As the policy names them, or as ``score__<model>`` writes them."""
        given = policy.predictions
        if given is None:
            return cls(PREDICTION, PROBABILITY, MODEL_VERSION)
        return cls(given.prediction, given.probability, None)


def join_rows(
    services: Services, file: ModelFile, policy: FeedbackPolicy, sources: Sources
) -> tuple[pa.Table, FeedbackColumns]:
    """Each prediction of the batch with its outcome, if it has come, and its descriptive columns.

    Returns
    -------
    (pyarrow.Table, FeedbackColumns)
        In the order of the predictions. A row whose key the other data sets don't have has nulls.

    Raises
    ------
    InputError
        If a key has several rows, or a column is missing.
    """
    join = _Join(services, file, policy, sources.predictions, sources.described)
    (rows,) = join.rows(sources.outcomes).values()
    return rows, join.columns


def join_earlier(
    services: Services, file: ModelFile, policy: FeedbackPolicy, sources: Sources
) -> pa.Table | None:
    """The rows of the earlier batches, for predictions that were made elsewhere."""
    import pyarrow as pa

    earlier, described = sources.earlier, sources.earlier_described
    if earlier is None or described is None:
        return None
    parts = _Join(services, file, policy, earlier, described).rows(None)
    return pa.concat_tables(parts.values(), promote_options="permissive") if parts else None


@dataclass(frozen=True)
class _Join:
    """Predictions and the rows that they are about, joined batch by batch."""

    services: Services
    file: ModelFile
    policy: FeedbackPolicy
    predictions: DataUsed
    described: DataUsed

    @property
    def predicted(self) -> PredictedColumns:
        """The columns of the predictions."""
        return PredictedColumns.of(self.policy)

    @property
    def columns(self) -> FeedbackColumns:
        """What the columns of the joined rows are."""
        probability = (CHANCE,) if self.predicted.probability else ()
        version = VERSION if self.predicted.version else None
        return FeedbackColumns(TRUTH, SAID, BATCH, probability, version)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which rows are found."""
        return key_of(self.services, self.predictions.dataset)

    def rows(self, outcomes: DataUsed | None) -> dict[str, pa.Table]:
        """Batch → its joined rows."""
        import ibis

        said, described = self._said(), self._described()
        truth = None if outcomes is None else self._outcomes(outcomes)
        late = self.policy.outcomes is not None
        found = {}
        with self.services.session() as session:
            for batch, block in said.items():
                rows = session.set_aside(block)
                if batch not in described:
                    continue
                about = session.set_aside(described[batch])
                label = None if late else _expression(self.file.label, about)
                rows = _beside(session, rows, _labelled(about, label), self.key)
                if late:
                    rows = self._with_outcomes(session, rows, truth)
                whole = rows.mutate(**{BATCH: ibis.literal(batch)})
                found[batch] = session.arrow(whole.order_by(ID))
        return found

    def _said(self) -> dict[str, pa.Table]:
        """Key, prediction, probability and version of each predicted row."""
        named = self.predicted
        given = {SAID: named.prediction, CHANCE: named.probability, VERSION: named.version}
        wanted = {name: column for name, column in given.items() if column}
        blocks = self._read(self.predictions, [*self.key, *wanted.values()])
        return {
            batch: _renamed(block, {**{k: k for k in (ID, *self.key)}, **wanted})
            for batch, block in blocks.items()
        }

    def _described(self) -> dict[str, pa.Table]:
        """Key, label and descriptive columns of each row of the model's own data set."""
        policy, label = self.policy, self.file.label
        names = [*policy.slices, *policy.segments, *([policy.group] if policy.group else [])]
        if policy.outcomes is None:
            names += _columns_of(label)
        blocks = self._read(self.described, [*self.key, *dict.fromkeys(names)])
        return {b: t.rename_columns([ROW if n == ID else n for n in t.column_names])
                for b, t in blocks.items()}  # fmt: skip

    def _outcomes(self, used: DataUsed) -> pa.Table:
        """Key and outcome of each row of the data set of outcomes, the newest batch last."""
        import pyarrow as pa

        names = [*self.key, *_columns_of(self.policy.outcomes)]
        blocks = self._read(used, list(dict.fromkeys(names)))
        return pa.concat_tables(blocks.values(), promote_options="permissive")

    def _with_outcomes(self, session: Session, rows: Table, truth: pa.Table | None) -> Table:
        """The rows with what a data set of outcomes says of them."""
        import ibis

        if truth is None:
            return rows.mutate(**{TRUTH: ibis.null("string")})
        there = session.set_aside(truth)
        labelled = there.mutate(**{TRUTH: _expression(self.policy.outcomes, there)})
        return _beside(session, rows, labelled.select(*self.key, TRUTH), self.key)

    def _read(self, used: DataUsed, names: list[str]) -> dict[str, pa.Table]:
        blocks = read_blocks(self.services, used, names, "feedback")
        for batch, block in blocks.items():
            for name in names:
                if name not in block.column_names:
                    what = unknown(name, block.column_names)
                    where = f"{used.dataset} {batch}"
                    raise InputError("a column of the feedback isn't there", where=where, **what)
        return blocks


def _columns_of(label: Label | Outcomes | None) -> list[str]:
    from assay.expression import columns_of

    if label is None:
        return []
    return [label.column] if label.column else list(columns_of(str(label.expression)))


def _expression(label: Label | Outcomes | None, rows: Table) -> Any:
    from assay.expression import compile_expression

    if label is None or label.column:
        return rows[str(label.column if label else TRUTH)]
    return compile_expression(str(label.expression), rows)


def _labelled(rows: Table, label: Any) -> Table:
    return rows if label is None else rows.mutate(**{TRUTH: label})


def _renamed(block: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Columns of a block under other names; one may come twice."""
    import pyarrow as pa

    return pa.table({name: block.column(column) for name, column in names.items()})


def _beside(session: Session, rows: Table, other: Table, key: Sequence[str]) -> Table:
    """The rows with the columns of another table that has at most one row of a key."""
    counted = other.group_by(list(key)).aggregate(__rows=other.count())
    if (session.value(counted["__rows"].max()) or 0) > 1:
        raise InputError("a key has several rows, so that predictions would multiply",
                         got=", ".join(key), expected="one row a key")  # fmt: skip
    kept = [name for name in other.columns if name not in key]
    renamed = other.select(
        **{f"__key{i}": other[name] for i, name in enumerate(key)}, **{n: other[n] for n in kept}
    )
    by = [rows[name] == renamed[f"__key{i}"] for i, name in enumerate(key)]
    return rows.left_join(renamed, by).drop(*(f"__key{i}" for i in range(len(key))))
