"""The flip test: does a prediction change if only a protected attribute is changed?

References
----------
Kusner MJ, Loftus J, Russell C, Silva R (2017), Counterfactual fairness,
https://arxiv.org/abs/1703.06856. Without a causal graph, what follows from the attribute is what
the model file declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.policy.model import FlippedAttribute, ModelFile
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, side_of
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import units
from assay.training._fit import Fitted
from assay.training._predict import predict
from assay.training._table import TrainingTable
from assay.training.gates._figures import MISSING, level_names
from assay.training.gates._measurement import as_measurement, shown
from assay.verdict import Reason, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

Array = np.ndarray[Any, Any]

GATE: Final = "flip"


@dataclass(frozen=True)
class Flip:
    """Share of test rows whose prediction changes with one attribute.

    ``seen`` says whether the model sees the attribute, or what follows from it; if not, no
    prediction can change.
    """

    attribute: str
    share: Estimate
    seen: bool


def measure_flip(fitted: Fitted, test: TrainingTable, model: ModelFile) -> tuple[Flip, ...]:
    """Measure which predictions of the test rows change with each protected attribute.

    A row counts if any other level of the attribute, with what follows from it, changes its
    predicted class (or number). Levels are those of the test rows.
    """
    gate = model.gates.flip
    if gate is None:
        return ()
    found = []
    before: Array | None = None
    for name, spec in gate.attributes.items():
        seen = any(column in fitted.features for column in (name, *spec.follows))
        changed = np.zeros(test.rows, dtype=bool)
        if seen:
            before = predict(fitted, test.features).prediction if before is None else before
            for rows in _alternatives(test, name, spec):
                changed |= predict(fitted, rows).prediction != before
        whole = np.ones(test.rows, dtype=bool)
        of = share(changed, whole, units(test.unit, test.rows), model.gates.alpha, "no test rows")
        found.append(Flip(name, of.estimate, seen))
    return tuple(found)


def _alternatives(test: TrainingTable, name: str, spec: FlippedAttribute) -> Iterator[pa.Table]:
    """The test rows as if all of them had one level, for each level."""
    levels = level_names(test.watched.column(name).to_pylist(), None)
    for level in np.unique(levels[levels != MISSING]):
        rows = _with_level(test.features, name, str(level))
        for column, by_level in spec.follows.items():
            if level in by_level:
                rows = _with_level(rows, column, by_level[str(level)])
        yield rows


def _with_level(rows: pa.Table, name: str, level: str) -> pa.Table:
    """The rows with one value in a column, where it is a feature."""
    import pyarrow as pa

    if name not in rows.column_names:
        return rows
    kind = rows.schema.field(name).type
    value: Any = pa.scalar(level).cast(kind)
    same = pa.array([value.as_py()] * len(rows), kind)
    return rows.set_column(rows.column_names.index(name), name, same)


def judge_flip(found: Sequence[Flip], model: ModelFile) -> Verdict:
    """Judge the flip test: FAIL where Wilson's whole interval of the share is above the limit.

    INCONCLUSIVE where a part of it is. An attribute that the model doesn't see passes, and its
    measurement says so. A model file without the gate gives ``not_applicable``.
    """
    gate = model.gates.flip
    if gate is None:
        code, why = ReasonCode.NOT_APPLICABLE, "the model file names no attribute to change"
        reason = Reason(code=code, outcome=code.outcome, message=why)
        return Verdict.of(GATE, [reason], [], model, {"applies": False})
    most = gate.max
    reasons = []
    for flip in found:
        side = side_of(flip.share.low, flip.share.high, most=most)
        if side is Side.WITHIN or not flip.seen:
            continue
        code = ReasonCode.PREDICTION_FLIP_UNDECIDED
        if side is Side.BEYOND:
            code = ReasonCode.PREDICTION_FLIPS
        said = (
            f"If {flip.attribute} alone is changed, the prediction changes for a share of "
            f"{shown(flip.share)} of the test rows; the limit is {most:g}."
        )
        numbers = {"value": flip.share.value, "low": flip.share.low, "high": flip.share.high,
                   "n": flip.share.n, "max": most}  # fmt: skip
        reasons.append(
            Reason(code=code, outcome=code.outcome, message=said, column=flip.attribute,
                   numbers=numbers)
        )  # fmt: skip
    measured = (as_measurement("flipped", f.share, column=f.attribute, seen=f.seen) for f in found)
    return Verdict.of(GATE, reasons, measured, model)
