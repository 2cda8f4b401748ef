"""Advice: of which rows more labels would help a model, and by how much.

The champion's rows are read again from the registry and :mod:`assay.feedback.advice` says what
would help it. What would help is left as a labelling request, which a person or a labelling round
can take as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.feedback.advice import (
    SearchedRows,
    SliceAdvice,
    Underrepresented,
    advise_on_slices,
    find_underrepresented,
)
from assay.policy.model import FeedbackPolicy, ModelFile
from assay.records.models import TrainingRecord
from assay.stages.feedback._sources import released
from assay.stages.feedback._spec import policy_of
from assay.stages.feedback.workspace import FeedbackWorkspace, folder_of
from assay.stages.models._data import read_blocks
from assay.stages.models._learned import split_of
from assay.stages.models._made_rows import learned_rows
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._pin import read_model_file
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion, find_version
from assay.stages.services import Services
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.training import Fitted, TrainingTable

Progress = Callable[[str], None]


class Advice(Frozen):
    """What would help a model version; the slice with the greatest gain comes first.

    Parameters
    ----------
    report : str
        The labelling request as a file, below the home.
    """

    model: str
    version: str
    dataset: str
    slices: tuple[SliceAdvice, ...]
    underrepresented: tuple[Underrepresented, ...]
    report: str


def advise(
    services: Services,
    model: str,
    *,
    more: int = 400,
    slices: int = 3,
    repetitions: int = 5,
    progress: Progress = lambda _: None,
) -> Advice:
    """Say of which slices more labels would help the champion, and by how much.

    The same version and arguments give the same file.

    Parameters
    ----------
    more : int
        Rows that would be labelled more, of each slice.
    slices : int
        Slices with most errors, at most.
    repetitions : int
        Refits of each size, each on other rows.

    Raises
    ------
    InputError
        If the model has no champion, predicts a number, or the file names no columns to search.
    """
    _, file = read_model_file(services, model)
    at_work = _Advising(services, model, policy_of(model, file))
    found = advise_on_slices(
        at_work.rows, at_work.policy, at_work.refit, more=more, most=slices,
        repetitions=repetitions, seed=at_work.file.estimator.seed, progress=progress,
    )  # fmt: skip
    rare = at_work.underrepresented()
    dataset, version = at_work.file.data.dataset, at_work.version.name
    request = _request(model, version, dataset, found, rare)
    name = services.registry.use_id("report", {"advice": version, "request": request})
    workspace = FeedbackWorkspace(services.lake, (dataset, folder_of(model), name))
    report = workspace.request.write(json.dumps(request, indent=1) + "\n")
    return Advice(model=model, version=version, dataset=dataset, slices=found,
                  underrepresented=rare, report=report)  # fmt: skip


def _request(
    model: str, version: str, dataset: str, found: Sequence[SliceAdvice],
    rare: Sequence[Underrepresented],
) -> dict[str, Any]:  # fmt: skip
    """The labelling request as JSON data."""
    return {
        "kind": "labelling_request", "model": model, "version": version, "dataset": dataset,
        "asked_for": [
            {"filter": s.filter, "rows": s.rows, "metric": s.metric,
             "gain": s.gain.model_dump(mode="json", exclude={"how", "p"})} for s in found
        ],
        "underrepresented": [r.model_dump(mode="json", exclude={"ratio"}) for r in rare],
        "says": [*(s.says for s in found if (s.gain.low or 0.0) > 0), *(r.says for r in rare)],
    }  # fmt: skip


@dataclass(frozen=True)
class _Advising:
    """The champion, its rows, and its refits; each is read when it is first asked for."""

    services: Services
    model: str
    policy: FeedbackPolicy

    @cached_property
    def version(self) -> RegisteredVersion:
        """The champion."""
        return find_version(self.services, self.model)

    @cached_property
    def record(self) -> TrainingRecord:
        """The record of the run that trained it."""
        return load_record(self.services, self.version)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that are searched."""
        names = tuple(dict.fromkeys([*self.policy.segments, *self.policy.slices]))
        if not names:
            raise InputError(
                "the model file names no column to search", where=f"{self.model}: feedback",
                do="List some in feedback.segments.",
            )  # fmt: skip
        return names

    @cached_property
    def file(self) -> ModelFile:
        """The champion's file, with the searched columns among those that tell rows apart."""
        file = load_file(self.services, self.version)
        if file.label.kind == "number":
            raise InputError("advice is about classes", got="a label that is a number",
                             where=self.model)  # fmt: skip
        performance = file.gates.performance.model_copy(update={"slices": self.columns})
        gates = file.gates.model_copy(update={"performance": performance})
        return file.model_copy(update={"gates": gates})

    @cached_property
    def sides(self) -> tuple[TrainingTable, TrainingTable]:
        """The training rows and the test rows."""
        table = table_of(self.services, self.record.data, self.file)
        split = split_of(self.services, self.version, table, self.file)
        if not split.train.any():
            raise InputError(
                "own code hasn't named the rows that it learned from", got=self.version.name,
                do="Pass train= to run.log.",
            )  # fmt: skip
        return table.only(split.train), table.only(split.test)

    @cached_property
    def fitted(self) -> Fitted:
        """The champion as it is."""
        return load_fitted(self.services, self.version)

    @cached_property
    def rows(self) -> SearchedRows:
        """What describes the rows, and what the champion predicts of the test rows."""
        from assay.training import predict

        train, test = self.sides
        classes = self.fitted.classes
        two = len(classes) == 2
        return SearchedRows(
            train.watched, test.watched, test.label, predict(self.fitted, test.features).prediction,
            positive=classes.index(str(self.file.label.favourable)) if two else None,
        )  # fmt: skip

    @property
    def refit(self) -> Callable[[Any, Any], Any] | None:
        """How the champion is refitted; None where own code has fitted it."""
        return None if self.record.own_code else self._refitted

    def _refitted(self, places: Any, rows: Any) -> Any:
        """Refit the champion on some training rows, and predict some test rows."""
        import numpy as np

        from assay.training import predict, refit

        train, test = self.sides
        kept = np.zeros(train.rows, dtype=bool)
        kept[places] = True
        learned = learned_rows(self.file, train.only(kept))
        fitted = refit(self.file, learned, self.fitted.best_params)
        return predict(fitted, test.only(rows).features).prediction

    def underrepresented(self) -> tuple[Underrepresented, ...]:
        """Levels that are rarer in training than in the rows released since, beyond doubt."""
        learned = set(self.record.data[0].versions)
        newer = released(
            self.services, self.file.data.dataset, lambda key: key not in learned, missing_ok=True
        )
        if newer is None:
            return ()
        blocks = read_blocks(self.services, newer, list(self.columns), "feedback").values()
        return find_underrepresented(
            self.sides[0].watched, blocks, self.columns, alpha=self.policy.alpha,
            least_number=self.policy.least_number,
        )  # fmt: skip
