"""Two versions side by side: their data, their making, and how they do on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, InputError
from assay.policy.model import ModelFile
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.stages.models._learned import fresh_rows
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._paired import LESS_IS_BETTER, paired_figure
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion, find_version
from assay.stages.services import Services
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.training import Predictions, TrainingTable


class DataDifference(Frozen):
    """How the data of two versions differ, by batch."""

    dataset: str
    a: int | None
    b: int | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    kept: int = 0


class Paired(Frozen):
    """A metric of b minus that of a on the same rows, which neither has learned from."""

    metric: str
    difference: Figure
    says: str


class VersionComparison(Frozen):
    """Two model versions side by side; b is read as the later one.

    Parameters
    ----------
    making : dict
        What differs in how they were made: name → (a, b).
    metrics : dict
        Metric → each one's figure on its own test rows; these rows may differ.
    paired : tuple of Paired
        On the test rows of b that a hasn't learned from.
    not_paired : str, optional
        Why they can't be compared on the same rows.
    """

    a: str
    b: str
    rows: dict[str, tuple[int | None, int | None]]
    data: tuple[DataDifference, ...]
    making: dict[str, tuple[str, str]]
    metrics: dict[str, tuple[str, str]]
    paired: tuple[Paired, ...] = ()
    not_paired: str | None = None


def compare_versions(services: Services, a: str, b: str) -> VersionComparison:
    """Compare two versions: batches, making, figures, and paired differences.

    Raises
    ------
    InputError
        If one of the versions isn't there.
    """
    first, second = find_version(services, a), find_version(services, b)
    records = load_record(services, first), load_record(services, second)
    paired: tuple[Paired, ...] = ()
    why = None
    try:
        paired = tuple(_paired(services, (first, second), records[1]))
    except AssayError as error:
        why = str(error)
    return VersionComparison(
        a=first.name,
        b=second.name,
        rows={
            "training": (records[0].rows_train, records[1].rows_train),
            "test": (records[0].rows_test, records[1].rows_test),
        },
        data=tuple(data_differences(*(r.data for r in records))),
        making=dict(_making(*records)),
        metrics=dict(_metrics(*records)),
        paired=paired,
        not_paired=why,
    )


def data_differences(a: tuple[DataUsed, ...], b: tuple[DataUsed, ...]) -> Iterator[DataDifference]:
    """How the data of two training runs differ, data set by data set."""
    one, other = ({used.dataset: used for used in data} for data in (a, b))
    for name in dict.fromkeys([*one, *other]):
        was = one[name].versions if name in one else {}
        now = other[name].versions if name in other else {}
        both = was.keys() & now.keys()
        yield DataDifference(
            dataset=name,
            a=one[name].number if name in one else None,
            b=other[name].number if name in other else None,
            added=tuple(sorted(now.keys() - was.keys())),
            removed=tuple(sorted(was.keys() - now.keys())),
            replaced=tuple(sorted(k for k in both if was[k] != now[k])),
            kept=sum(was[k] == now[k] for k in both),
        )


def _making(a: TrainingRecord, b: TrainingRecord) -> Iterator[tuple[str, tuple[str, str]]]:
    """What differs between two records but the data."""
    pairs: dict[str, tuple[Any, Any]] = {
        "features": (", ".join(a.features), ", ".join(b.features)),
        "label": (a.label, b.label),
        "preprocessing": ("; ".join(a.preprocessing), "; ".join(b.preprocessing)),
        "code": (a.code, b.code),
        "model file": ((a.model_file or "")[:12], (b.model_file or "")[:12]),
    }
    for prefix, one, other in (
        ("", a.parameters, b.parameters),
        ("library ", a.libraries, b.libraries),
    ):
        both: tuple[Mapping[str, Any], Mapping[str, Any]] = one, other
        for name in dict.fromkeys([*one, *other]):
            pairs[f"{prefix}{name}"] = tuple(m.get(name, "–") for m in both)
    yield from ((n, (str(x), str(y))) for n, (x, y) in pairs.items() if x != y)


def _metrics(a: TrainingRecord, b: TrainingRecord) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in dict.fromkeys([*a.metrics, *b.metrics]):
        was, now = (r.metrics[name].text if name in r.metrics else "–" for r in (a, b))
        yield name, (was, now)


def _paired(
    services: Services,
    versions: tuple[RegisteredVersion, RegisteredVersion],
    record: TrainingRecord,
) -> Iterator[Paired]:
    """Both models on the test rows of the second that the first hasn't learned from."""
    from assay.training import predict

    file = load_file(services, versions[1])
    fresh = _fresh_rows(services, versions, record, file)
    said = [predict(load_fitted(services, v), fresh.features) for v in versions]
    yield from differences(file, fresh, said[0], said[1])


def _fresh_rows(
    services: Services,
    versions: tuple[RegisteredVersion, RegisteredVersion],
    record: TrainingRecord,
    file: ModelFile,
) -> TrainingTable:
    """The test rows of the second version that the first hasn't learned from."""
    from assay.training import split_rows

    table = table_of(services, record.data, file)
    tested = table.only(split_rows(table, file).test)
    fresh = fresh_rows(services, versions[0], tested)
    if record.own_code:  # which rows it was tested on, only its own code knows
        fresh &= fresh_rows(services, versions[1], tested)
    if not fresh.any():
        raise InputError(
            "the first has learned from every test row of the second",
            where=f"{versions[0].name} and {versions[1].name}",
        )  # fmt: skip
    return tested.only(fresh)


def differences(
    file: ModelFile, rows: TrainingTable, a: Predictions, b: Predictions
) -> Iterator[Paired]:
    """Each metric of b minus that of a on the same rows, with its paired interval."""
    from assay.training.compare import metrics_of

    for metric in metrics_of(rows, b):
        yield _says(metric, paired_figure(metric, file, rows, a, b))


def _says(metric: str, found: Figure) -> Paired:
    """What a difference with its interval says of b."""
    if found.low is None or found.high is None:
        said = "can't be compared"
    elif found.low <= 0 <= found.high:
        said = "inconclusive"
    else:
        said = "worse" if (found.low > 0) is (metric in LESS_IS_BETTER) else "better"
    return Paired(metric=metric, difference=found, says=said)
