"""What MLflow is to show of a training run: parameters, metrics and tags, within its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from assay.reasons import verdict_word
from assay.records.models import TrainingRecord

RUN_TAG: Final = "assay.training_run"
VERSION_TAG: Final = "assay.version"
COMPLETE_TAG: Final = "assay.complete"
_LONGEST_PARAM: Final = 6_000
_LONGEST_TAG: Final = 5_000
_LONGEST_NAME: Final = 250
_NAME: Final = re.compile(r"[^\w.\- /]", re.ASCII)
_PART: Final = re.compile(r"\[([^=\]]*)=([^\]]*)\]")
_TYPES: Final = {
    "bool": "boolean", "int8": "integer", "int16": "integer", "int32": "integer",
    "int64": "long", "uint8": "integer", "uint16": "integer", "uint32": "long",
    "halffloat": "float", "float": "float", "double": "double", "string": "string",
    "large_string": "string", "date32[day]": "datetime", "binary": "binary",
}  # fmt: skip
"""Arrow type → MLflow's."""
_KINDS: Final = {"timestamp": "datetime", "decimal128": "double", "decimal256": "double"}
"""Arrow type without its unit or scale → MLflow's."""


@dataclass(frozen=True)
class ModelContent:
    """A fitted model, for MLflow.

    Parameters
    ----------
    estimator : object
        What predicts. It is written by skops, never as a pickle.
    requirements : tuple of str
        Requirements that MLflow notes for it, such as ``scikit-learn==1.9.1``.
    types : mapping
        Feature → its Arrow type, for the signature.
    """

    estimator: Any
    requirements: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)


def column_type(arrow: str | None) -> str | None:
    """MLflow's name of an Arrow type; None where it has none.

    Examples
    --------
    >>> column_type("int64"), column_type("timestamp[us, tz=UTC]"), column_type(None)
    ('long', 'datetime', None)
    >>> column_type("decimal128(10, 2)"), column_type("list<item: int64>")
    ('double', None)
    """
    if arrow is None:
        return None
    kind = arrow.partition("[")[0].partition("(")[0]
    return _KINDS.get(kind, _TYPES.get(arrow))


def metric_name(name: str) -> str:
    """A metric's name within MLflow's letters: a part becomes a section of its own.

    Examples
    --------
    >>> metric_name("recall[origin=EWR]")
    'recall/origin/EWR'
    """
    return _plain_name(_PART.sub(r"/\1/\2", name))


def _plain_name(name: str) -> str:
    """A name that MLflow takes, which must also be the path of a file."""
    parts = _NAME.sub("_", name)[:_LONGEST_NAME].split("/")
    return "/".join(part for part in parts if part.strip(".")) or "_"


def metrics_of(record: TrainingRecord) -> dict[str, float]:
    """Each figure as up to four metrics: the value, ``.low``, ``.high`` and ``.n``.

    Examples
    --------
    See :func:`assay.training.tracking.Tracker.log_run`.
    """
    return dict(_metrics(record))


def _metrics(record: TrainingRecord) -> Iterator[tuple[str, float]]:
    for name, figure in record.metrics.items():
        parts = {"": figure.value, ".low": figure.low, ".high": figure.high, ".n": figure.n}
        for end, value in parts.items():
            if value is not None:
                yield metric_name(name) + end, float(value)
    for name, rows in (("rows_train", record.rows_train), ("rows_test", record.rows_test)):
        if rows is not None:
            yield name, float(rows)
    yield "seconds", record.seconds


def parameters_of(record: TrainingRecord) -> dict[str, str]:
    """Hyperparameters, the steps of preprocessing, features, label and the rules of the data."""
    found = {name: _text(value) for name, value in record.parameters.items()}
    found |= {f"preprocessing.{i}": s for i, s in enumerate(record.preprocessing, start=1)}
    if record.features:
        found["features"] = ", ".join(record.features)
    if record.label:
        found["label"] = record.label
    for used in record.data:
        found[f"data.{used.dataset}"] = used.name
        for rule, hashes in used.rules.items():
            found[f"data.{used.dataset}.{rule.replace(' ', '.')}"] = ", ".join(hashes)
    return {_plain_name(name): text[:_LONGEST_PARAM] for name, text in found.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def tags_of(record: TrainingRecord) -> dict[str, str]:
    """What a run is found by, and what people read of it first."""
    main = record.data[0]
    found = {
        RUN_TAG: record.training_run, "assay.model": record.model,
        "assay.data": main.name, "assay.digest": main.digest, "assay.state": record.state,
        "assay.gates": gates_said(record), "assay.code": record.code or "",
        "assay.model_file": record.model_file or "", "mlflow.user": record.author,
        "assay.model_object": record.model_object or "",
        "mlflow.note.content": _note(record),
    }  # fmt: skip
    found |= verdict_tags(record)
    found |= {f"assay.library.{name}": text for name, text in record.libraries.items()}
    return {name: text[:_LONGEST_TAG] for name, text in found.items() if text}


def verdict_tags(record: TrainingRecord) -> dict[str, str]:
    """A tag for each gate: its verdict's word, ``NOT JUDGED`` where it had nothing to judge."""
    return {f"assay.verdict.{verdict.gate}": verdict_word(verdict) for verdict in record.verdicts}


def gates_said(record: TrainingRecord) -> str:
    """What the gates said, in a word."""
    if not record.verdicts:
        return "not judged"
    return "held" if record.held else "passed"


def _note(record: TrainingRecord) -> str:
    """The description that MLflow shows above a run, in Markdown without a data value."""
    lines = [f"**{record.model}** on {', '.join(used.name for used in record.data)}"]
    if record.own_code:
        lines[0] += ", by own code"
    lines += [f"- {v.gate}: **{verdict_word(v)}**" for v in record.verdicts]
    whole = [(n, f) for n, f in record.metrics.items() if "[" not in n]
    lines += [f"- {name}: {figure.text}" for name, figure in whole]
    return "\n".join([lines[0], "", *lines[1:]])
