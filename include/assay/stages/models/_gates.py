"""The gates of a model, one stage each: they judge what was measured by the model file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from assay.fairness import FairnessReport, judge_fairness, measure_fairness, render_html
from assay.policy.model import ModelFile
from assay.records.models import Figure
from assay.stages.models._evaluate import figures_of, fitted_of, read_predictions, tested_rows
from assay.stages.models._limits import Against, Slice, judge_performance
from assay.stages.models._paired import paired_figure
from assay.stages.models._record import read_json
from assay.stages.models._rows import read_arrow, read_rows
from assay.stages.models._training import Training
from assay.stages.models._versions import find_version
from assay.stages.run._result import Finished, StageResult

if TYPE_CHECKING:
    from assay.training import Predictions, TrainingTable
    from assay.verdict import Verdict

_PREDICTION, _LABEL = "__prediction", "__truth"
_OWN_CODE: Final = "it needs another fit, and own code isn't fitted again"


def performance(run: Training) -> Finished:
    """Judge the figures by the model file's limits, within slices too, and by the champion."""
    content = read_json(run.workspace.figures.found())
    figures = {name: Figure(**body) for name, body in content["metrics"].items()}
    tested = tested_rows(run)
    predictions = read_arrow(run.workspace.predictions.found())
    said, champion = (
        read_predictions(predictions, name, tested.classes) for name in ("model", "champion")
    )
    slices = [] if said is None else list(_slices(run.file, tested, said))
    against = _against(run, tested, (champion, said), content["without_champion"])
    verdict = judge_performance(run.file, figures, slices, against)
    return Finished(result=StageResult.judged("performance", verdict), verdict=verdict)


def _slices(file: ModelFile, tested: TrainingTable, said: Predictions) -> Iterator[Slice]:
    """Shares within each level of the columns that the file names, as one corrected family."""
    from dataclasses import replace

    import numpy as np

    gate = file.gates.performance
    if not tested.classes:
        return
    texts = {
        column: np.array(tested.watched.column(column).cast("string").to_pylist(), dtype=object)
        for column in gate.slices
    }
    parts = [
        (column, level, values == level)
        for column, values in texts.items()
        for level in sorted({v for v in values.tolist() if v is not None})
    ]
    kept = [part for part in parts if part[2].sum() >= gate.least_number]
    for column, level, rows in kept:
        part = replace(said, prediction=said.prediction[rows], probability=None)
        alpha = file.gates.alpha / len(kept)
        figures = figures_of(file, tested.only(rows), part, alpha)
        yield Slice(column, level, int(rows.sum()), figures)


def _against(
    run: Training,
    tested: TrainingTable,
    said: tuple[Predictions | None, Predictions | None],
    why: str | None,
) -> Against | None:
    """The comparison with the champion on the same rows; None where there is none."""
    rule = run.file.gates.performance.champion
    if run.spec.champion is None or rule is None:
        return None
    champion, model = said
    if champion is None or model is None:
        later = find_version(run.services, run.spec.champion).snapshot > run.spec.data.number
        return Against(run.spec.champion, why=why, later=later)
    found = paired_figure(rule.metric, run.file, tested, champion, model)
    return Against(run.spec.champion, found)


def fairness(run: Training) -> Finished:
    """Compare predictions and outcomes between groups of people in the test rows."""
    policy = run.file.gates.fairness
    contract = run.services.project.contract(run.dataset)
    levels = _named_levels(run)
    roles: dict[str, Any] = {
        name: role
        for name, role in contract.roles.items()
        if role not in {"label", "prediction", "probability"}
    }
    roles |= {_PREDICTION: "prediction", _LABEL: "label"}
    with run.session() as session:
        rows = session.set_aside(_outcomes(run))
        measured = measure_fairness(rows, policy, roles, levels)
    verdict = judge_fairness(measured, policy)
    page = render_html(verdict, FairnessReport.of(verdict, contract.labels), run.page_context)
    return _judged(run, "fairness", verdict, page)


def flip(run: Training) -> Finished:
    """Judge which predictions change if a protected attribute alone is changed."""
    from assay.training.gates import judge_flip, measure_flip, render_flip

    asked = run.file.gates.flip is not None
    found = measure_flip(fitted_of(run), tested_rows(run), run.file) if asked else ()
    verdict = judge_flip(found, run.file)
    return _judged(run, "flip", verdict, render_flip(verdict, found, run.page_context))


def sanity(run: Training) -> Finished:
    """Judge whether the data give the answer away, or the model has learned nothing."""
    from assay.training.gates import judge_sanity, measure_sanity, render_sanity

    own, file = run.spec.own, run.file
    if own is not None and not own.learned:
        why = "own code has named no training rows: pass train= to run.log"
        return Finished(result=StageResult(stage="sanity", outcome=None, messages=(why,)))
    if own is not None:
        file = without_permutations(file)
    table = read_rows(run.workspace.rows.found())
    predictions = read_arrow(run.workspace.predictions.found())
    found = measure_sanity(
        fitted_of(run), table, run.split(table), file,
        said=read_predictions(predictions, "model", table.classes), named=_named_levels(run),
    )  # fmt: skip
    if file is not run.file:
        found = replace(found, not_permuted=_OWN_CODE)
    verdict = judge_sanity(found, run.file)
    page = render_sanity(verdict, found, run.page_context)
    finished = _judged(run, "sanity", verdict, page)
    if file is run.file:
        return finished
    said = (*finished.result.messages, f"permuted labels not judged: {_OWN_CODE}")
    result = finished.result.model_copy(update={"messages": said})
    return finished.model_copy(update={"result": result})


def without_permutations(file: ModelFile) -> ModelFile:
    """The model file without the refits that only the office can make."""
    sanity = file.gates.sanity.model_copy(update={"permutations": 0})
    gates = file.gates.model_copy(update={"sanity": sanity})
    return file.model_copy(update={"gates": gates})


def _judged(run: Training, stage: str, verdict: Verdict, page: str) -> Finished:
    report = run.workspace.report(stage).write(page)
    return Finished(result=StageResult.judged(stage, verdict, report=report), verdict=verdict)


def _named_levels(run: Training) -> dict[str, tuple[str, ...]]:
    """Column → the levels that may be named: those of the contract's closed lists."""
    columns = run.services.project.contract(run.dataset).columns
    return {column.name: column.levels for column in columns if column.levels}


def _outcomes(run: Training) -> Any:
    """The watched columns of the test rows, with the true class and the predicted one by name."""
    import numpy as np
    import pyarrow as pa

    tested = tested_rows(run)
    said = read_predictions(read_arrow(run.workspace.predictions.found()), "model", tested.classes)
    names = np.array(tested.classes, dtype=str)
    truth = names[tested.label] if tested.classes else tested.label
    columns = {name: tested.watched.column(name) for name in tested.watched.column_names}
    predicted = said.named if said is not None else truth
    return pa.table(
        {**columns, _PREDICTION: pa.array(predicted.tolist()), _LABEL: pa.array(truth.tolist())}
    )
