"""A training run on one page: how good the model is, how fair, against whom, from which data."""

from __future__ import annotations

import json
from collections.abc import Iterator

from markupsafe import Markup

from assay.page import Lead, Section, mark, render_page, table
from assay.page.markdown import runbooks
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.stages.models import chain
from assay.stages.models._explain import read_explanation
from assay.stages.models._record import read_json, unjudged_by
from assay.stages.models._training import Training
from assay.stages.stage import Question
from assay.verdict import NOT_JUDGED, worst

_MOST = 5


def write_report(run: Training, record: TrainingRecord) -> str:
    """Write the run's page, with the nonce that an object of the registry must hold."""
    nonce = run.services.registry.nonce(run.version, "report")
    beside = read_json(run.workspace.figures.path)["champion"]
    page = render_report(run, record, {name: Figure(**body) for name, body in beside.items()})
    return run.workspace.overview.write(f"{page}<!-- {nonce} -->\n")


def render_report(run: Training, record: TrainingRecord, champion: dict[str, Figure]) -> str:
    """The page of a training run; pure.

    Parameters
    ----------
    champion : dict
        Metric → the champion's figure on the same rows, where there is one.
    """
    outcome = worst(v.outcome for v in record.verdicts)
    holding = [name for name, result in run.done.items() if result.holds]
    codes = [code for r in run.done.values() if r.holds for code in r.reasons]
    answer = "Every gate lets it become the champion."
    if holding:
        answer = f"Held by {' and '.join(holding)}. The champion stays."
    elif unjudged := unjudged_by(run):
        answer = f"Passed what could be judged; {' and '.join(unjudged)} judged nothing."
    sections = [
        Section("In short", [_questions(run)]),
        Section("What to do", [runbooks(tuple(codes))] if codes else []),
        Section("Figures on the test rows", [_figures(record, champion, run.spec.champion)]),
        *_explained(run),
        Section("Every stage", [_stages(run)]),
        Section("Learned from", [_data(record)]),
        Section("How", [_how(record)], folded=True),
    ]
    return render_page(run.name, Lead(str(outcome), answer, _facts(record)), sections)


def _explained(run: Training) -> list[Section]:
    """The importance of features and recourse by group, where the model is explained."""
    from assay.training.explain import summary_sections

    report = read_explanation(run)
    return [] if report is None else summary_sections(report, run.page_context)


def _facts(record: TrainingRecord) -> list[tuple[str, str]]:
    return [
        ("Training rows", "not known" if record.rows_train is None else f"{record.rows_train:,}"),
        ("Test rows", f"{record.rows_test:,}"),
        ("Training run", record.training_run[:12]),
        ("Started", f"{record.started:%Y-%m-%d %H:%M} UTC"),
    ]


def _questions(run: Training) -> Markup:
    rows = []
    for question in (Question.GOOD, Question.FAIR):
        names = [s.name for s in chain.STAGES if s.question is question and s.name in run.done]
        found = [run.done[name] for name in names]
        judged = [r.outcome for r in found if r.outcome is not None and r.word != NOT_JUDGED]
        word = str(worst(judged)) if judged else NOT_JUDGED
        said = [m for r in found for m in r.messages][:_MOST]
        rows.append([question.value, mark(word), "; ".join(said) or "nothing beyond its limits"])
    return table(["", "", ""], rows)


def _figures(record: TrainingRecord, champion: dict[str, Figure], against: str | None) -> Markup:
    heads = ["metric", "value", "interval", "rows", "how"]
    measured = [name for name in record.metrics if "[" not in name]
    return table(
        heads + ([f"champion {against}"] if champion else []),
        (list(_figure(n, f, champion)) for n, f in record.metrics.items() if n in measured),
    )


def _figure(name: str, figure: Figure, champion: dict[str, Figure]) -> Iterator[str]:
    yield name.replace("_", " ")
    yield "–" if figure.value is None else f"{figure.value:.4g}"
    ends = figure.low, figure.high
    yield "–" if None in ends else f"{figure.low:.4g} to {figure.high:.4g}"
    yield "–" if figure.n is None else f"{figure.n:,}"
    yield figure.how
    if champion:
        yield champion[name].text if name in champion else "–"


def _stages(run: Training) -> Markup:
    return table(
        ["stage", "", "found", "report"],
        (
            [chain.find(name).title, mark(result.word) if name in chain.gates() else "",
             "; ".join(result.messages[:_MOST]), _link(result.report)]
            for name, result in run.done.items() if name in chain.names()
        ),
    )  # fmt: skip


def _link(report: str | None) -> Markup | str:
    if not report:
        return ""
    file = report.rpartition("/")[2]
    return Markup('<a href="{}">{}</a>').format(file, "look")


def _data(record: TrainingRecord) -> Markup:
    return table(
        ["data set", "snapshot", "batches", "digest"],
        ([d.dataset, str(d.number), _batches(d), d.digest[:12]] for d in record.data),
    )


def _batches(used: DataUsed) -> str:
    keys = sorted(used.versions)
    span = keys[0] if len(keys) == 1 else f"{keys[0]} … {keys[-1]}"
    return f"{len(keys)}: {span}" + ("" if used.whole else " (a part of the snapshot)")


def _how(record: TrainingRecord) -> Markup:
    rows = [
        ["Label", record.label],
        ["Features", ", ".join(record.features)],
        *(["Preprocessing", line] for line in record.preprocessing),
        *([name, json.dumps(value)] for name, value in record.parameters.items()),
        ["Model file", (record.model_file or "")[:12]],
        ["Libraries", ", ".join(f"{n} {v}" for n, v in record.libraries.items())],
    ]
    return table(["", ""], rows)
