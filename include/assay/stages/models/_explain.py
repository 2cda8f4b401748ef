"""Explain: why the model predicts what it does, by row numbers and spreads; recourse by group."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.policy.cleaning import CleaningPolicy
from assay.policy.model import ModelFile
from assay.records.models import Figure
from assay.stages.models._evaluate import fitted_of, read_predictions
from assay.stages.models._learned import split_of
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._rows import read_arrow, read_rows
from assay.stages.models._table import table_of
from assay.stages.models._training import Training
from assay.stages.models._versions import find_version
from assay.stages.run._result import Finished, StageResult
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import TrainingTable
    from assay.training.explain import Explaining, ExplanationReport
    from assay.verdict import Verdict


def explain(run: Training) -> Finished:
    """Explain the model as its file says, judge recourse, and keep the report.

    Neither the report nor the page has a value of a classified column. Without a section `explain`
    nothing is measured, and nothing judged.
    """
    from assay.training.explain import judge_explanation, measure_explanation, render_html

    if run.file.explain is None:
        verdict = judge_explanation(None, run.file)
        return Finished(result=StageResult.judged("explain", verdict), verdict=verdict)
    table = read_rows(run.workspace.rows.found())
    said = read_predictions(read_arrow(run.workspace.predictions.found()), "model", table.classes)
    about = _about(run.services, run.file, fitted_of(run), table, run.split(table).test)
    probability = None if said is None else said.probability
    report = measure_explanation(replace(about, said=probability))
    verdict = judge_explanation(report, run.file)
    run.workspace.explanation.write(explanation_text(report))
    page = run.workspace.report("explain").write(render_html(verdict, report, run.page_context))
    return Finished(
        result=StageResult.judged("explain", verdict, report=page), verdict=verdict
    )  # fmt: skip


def explanation_text(report: ExplanationReport) -> str:
    """A report as it is kept."""
    return report.model_dump_json(indent=1)


def read_explanation(run: Training) -> ExplanationReport | None:
    """The report of a run; None where there is none."""
    from assay.training.explain import ExplanationReport

    if not run.workspace.explanation.exists():
        return None
    return ExplanationReport.model_validate_json(run.workspace.explanation.path.read_bytes())


def explained_figures(run: Training) -> dict[str, Figure]:
    """What the record has of the explanation, as figures of parts: by feature and by group."""
    report = read_explanation(run)
    return {} if report is None else explanation_figures(report)


def explanation_figures(report: ExplanationReport) -> dict[str, Figure]:
    """The figures of an explanation, by feature and by group."""
    found = {
        f"importance[feature={one.feature}]": Figure.model_validate(one.increase)
        for one in report.importance
    }
    for attribute in report.recourse:
        for group in attribute.groups:
            part = f"[{attribute.attribute}={group.group}]"
            found[f"recourse_share{part}"] = Figure.model_validate(group.share)
            found[f"recourse_cost{part}"] = Figure.model_validate(group.cost)
    return found


def explain_again(
    services: Services, file: ModelFile, fitted: Any, table: TrainingTable, test: Any
) -> ExplanationReport:
    """Explain a model as the stage of its training run does; nothing is kept.

    Parameters
    ----------
    test : array (n,) of bool
        Which rows of the table are test rows.
    """
    from assay.training.explain import measure_explanation

    return measure_explanation(_about(services, file, fitted, table, test))


@dataclass(frozen=True)
class VersionExplanation:
    """The explanation of a version for a reader of its data: values and all; kept nowhere."""

    version: str
    verdict: Verdict
    report: ExplanationReport


def explain_version(
    services: Services, name: str, row: tuple[str | None, int] | None = None
) -> VersionExplanation:
    """Explain a version to a reader of the data, from the released rows that it learned from.

    Parameters
    ----------
    name : str
        The version, or the model for its champion.
    row : (str or None, int), optional
        Batch and number of one row; the batch may be left out where one row has the number.

    Raises
    ------
    InputError
        If the model file asks for no explanation, or no row, or more than one, has the number.
    VersionExpired
        If a version of the data was removed.
    """
    from assay.training.explain import judge_explanation, measure_explanation

    version = find_version(services, name)
    file = load_file(services, version)
    if file.explain is None:
        raise InputError(
            "the model file of this version asks for no explanation", got=version.name,
            do="Add a section `explain` (include/docs/models.md), and train again.",
        )  # fmt: skip
    table = table_of(services, load_record(services, version).data, file)
    test = split_of(services, version, table, file).test
    about = _about(services, file, load_fitted(services, version), table, test, values=True)
    rows = None if row is None else [_found_row(table, version.name, *row)]
    report = measure_explanation(about, rows)
    return VersionExplanation(version.name, judge_explanation(report, file), report)


def _found_row(
    table: TrainingTable, version: str, batch: str | None, number: int
) -> tuple[str, int]:
    keys = zip(table.batch.tolist(), table.id.tolist(), strict=True)
    found = [key for key in keys if key[1] == number and batch in {None, key[0]}]
    if len(found) == 1:
        return found[0]
    batches = ", ".join(key[0] for key in found[:5])
    raise InputError(
        "several rows have this number" if found else "the version has learned from no such row",
        where=version, got=number if batch is None else f"{batch} {number}",
        do=f"Name the batch too, one of: {batches}" if found
        else "The report of the training run names rows by batch and number.",
    )  # fmt: skip


def _about(
    services: Services,
    file: ModelFile,
    fitted: Any,
    table: TrainingTable,
    test: Any,
    *,
    values: bool = False,
) -> Explaining:
    from assay.policy import load_policy
    from assay.training import describe_columns
    from assay.training.explain import Explaining

    project, dataset = services.project, file.data.dataset
    contracts = {name: project.contract(name) for name in (dataset, *file.data.joins)}
    cleaning = load_policy(project.policy(dataset, CleaningPolicy.noun), CleaningPolicy)
    columns = describe_columns(file, contracts, cleaning=cleaning)
    return Explaining(
        fitted, table, test, file, columns,
        classified=columns.classified, values=values,
        named={c.name: c.levels for c in contracts[dataset].columns if c.levels},
    )  # fmt: skip


def explanation_body(found: VersionExplanation) -> str:
    """The explanation of a version as JSON."""
    from assay.training.explain import render_json

    body = json.loads(render_json(found.verdict, found.report))
    return json.dumps({"version": found.version, **body}, indent=1)
