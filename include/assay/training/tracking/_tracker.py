"""Training runs and model versions as MLflow shows them, each written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assay.records.models import TrainingRecord
from assay.training.tracking._contents import (
    COMPLETE_TAG,
    RUN_TAG,
    VERSION_TAG,
    ModelContent,
    gates_said,
    metrics_of,
    parameters_of,
    tags_of,
    verdict_tags,
)
from assay.training.tracking._datasets import source_digest
from assay.training.tracking._place import TrackingPlace

if TYPE_CHECKING:
    from assay.training.tracking._mlflow import Door, Run

CHAMPION, CHALLENGER = ALIASES = ("champion", "challenger")


@dataclass(frozen=True)
class TrackedVersion:
    """A model version in MLflow: the run's id there, and MLflow's own number of the version."""

    run: str
    version: int | None


@dataclass(frozen=True)
class Aliases:
    """Which versions of a model the aliases name, by the registry's numbers; None for none."""

    champion: int | None
    challenger: int | None = None


@dataclass(frozen=True)
class Tracker:
    """MLflow, as a mirror of the registry.

    Every method may be called again, after a kill in the middle too, and by several processes at
    once: there is one run for a training run, and one version for a model version.

    Parameters
    ----------
    place : TrackingPlace
        The store.
    """

    place: TrackingPlace
    _opened: dict[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def _door(self) -> Door:
        from assay.training.tracking._mlflow import Door

        return Door(self.place)

    def prepare(self) -> None:
        """Make the tables of a database that isn't there yet, once among all."""
        from assay.training.tracking._mlflow import plain_errors

        with plain_errors(self.place):
            _ = self._door.client

    def log_run(
        self,
        record: TrainingRecord,
        files: Mapping[str, Path] | None = None,
        model: ModelContent | None = None,
        version: int | None = None,
    ) -> TrackedVersion:
        """Write a training run: parameters, metrics with their intervals, data, files, model.

        Parameters
        ----------
        record : TrainingRecord
        files : mapping of str to Path, optional
            Reports and other files, by the name that MLflow shows.
        model : ModelContent, optional
            The fitted model.
        version : int, optional
            The registry's number of the model version; it is registered under the model's name
            and has the number as the tag ``assay.version``, whatever MLflow's own number is.

        Returns
        -------
        TrackedVersion

        Raises
        ------
        TrackingUnavailable
            If the server or the database doesn't answer. Calling again continues.
        AssayError
            If MLflow refuses the content.
        """
        from assay.training.tracking._mlflow import plain_errors

        self.place.check()
        with plain_errors(self.place), self._door.alone("write"):
            experiment = self._experiment(record.model)
            run = self._door.find_run(experiment, RUN_TAG, record.training_run)
            if run is None or not run.complete:
                run = self._write(experiment, run, record, files or {})
            kept = self._keep_model(experiment, run.id, record, model) if model else None
            number = self._register(run.id, record, kept, version) if kept and version else None
        return TrackedVersion(run.id, number)

    def mark(self, model: str, aliases: Aliases) -> None:
        """Let MLflow's aliases name the versions that the registry names.

        A version that MLflow doesn't have yet gets its alias when it is registered and this is
        called again.
        """
        from assay.training.tracking._mlflow import plain_errors

        self.place.check()
        with plain_errors(self.place):
            for alias, number in ((CHAMPION, aliases.champion), (CHALLENGER, aliases.challenger)):
                known = number and self._door.find_version(model, VERSION_TAG, str(number))
                self._door.set_alias(model, alias, known or None)

    def aliases(self, model: str) -> Aliases:
        """Which versions MLflow's aliases name now: a mirror, on which nothing may rest."""
        from assay.training.tracking._mlflow import plain_errors

        self.place.check()
        with plain_errors(self.place):
            found = [(self._door.alias(model, a) or {}).get(VERSION_TAG) for a in ALIASES]
        champion, challenger = (int(n) if n else None for n in found)
        return Aliases(champion, challenger)

    def find(self, model: str, training_run: str) -> str | None:
        """The id in MLflow of a training run that is written whole."""
        from assay.training.tracking._mlflow import plain_errors

        self.place.check()
        with plain_errors(self.place):
            found = self._door.find_run(self._experiment(model), RUN_TAG, training_run)
        return found.id if found and found.complete else None

    def _experiment(self, model: str) -> str:
        if model not in self._opened:
            self._opened[model] = self._door.experiment(model)
        return self._opened[model]

    def _write(
        self, experiment: str, found: Run | None, record: TrainingRecord, files: Mapping[str, Path]
    ) -> Run:
        """Write a run, or the rest of one that a kill has left; it is complete then."""
        door, main, tag = self._door, record.data[0], (RUN_TAG, record.training_run)
        name = f"{main.name} {record.training_run[:8]}"
        run = found or door.make_run(experiment, *tag, name, milliseconds(record.started))
        for i, used in enumerate(record.data):
            door.log_input(run.id, used, "join" if i else "training")
        at, dataset = milliseconds(record.ended), (main.name, source_digest(main))
        said = (metrics_of(record), parameters_of(record), tags_of(record))
        door.log(run.id, at, *said, dataset=dataset)
        door.log_files(run.id, files)
        door.finish(run.id, failed=record.state == "failed", ended_ms=at)
        door.log(run.id, at, {}, {}, {COMPLETE_TAG: "true"}, dataset=dataset)
        return door.settle(experiment, *tag, run)

    def _keep_model(
        self, experiment: str, run: str, record: TrainingRecord, model: ModelContent
    ) -> tuple[str, str]:
        tags = {RUN_TAG: record.training_run, "assay.model_object": record.model_object or ""}
        return self._door.log_model(experiment, run, record.model, model, record.features, tags)

    def _register(
        self, run: str, record: TrainingRecord, kept: tuple[str, str], version: int
    ) -> int:
        tags = {
            RUN_TAG: record.training_run, "assay.data": record.data[0].name,
            "assay.digest": record.data[0].digest, "assay.gates": gates_said(record),
            "assay.model_object": record.model_object or "",
        }  # fmt: skip
        tags |= verdict_tags(record)
        known = self._door.find_version(record.model, VERSION_TAG, str(version))
        if known is not None:
            return known
        return self._door.make_version(record.model, VERSION_TAG, str(version), run, kept, tags)


def get_ready() -> None:
    """Import MLflow, and what it needs to keep a model, before a run is sent: it takes seconds."""
    from assay.training.tracking import _mlflow

    _mlflow.get_ready()


def milliseconds(at: datetime) -> int:
    """A moment as MLflow writes it."""
    return int(at.timestamp() * 1000)
