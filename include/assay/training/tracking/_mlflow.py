"""The one door to MLflow: what is asked of its client, in plain values.

Each write looks first, so that it may be made again: a run, a model and a version are found by
their tags. Of two processes that make the same at once, the one with the higher id takes its own
away again, and both go on with the other.
"""

from __future__ import annotations

import fcntl
import importlib
import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from assay.errors import AssayError
from assay.lake import private_folder
from assay.records.models import DataUsed
from assay.training.tracking._contents import COMPLETE_TAG, ModelContent, column_type
from assay.training.tracking._place import TrackingPlace, TrackingUnavailable, quiet_environment

_MANY: Final = 90
"""Parameters and tags in one request; MLflow takes 100."""
_DOWN: Final = frozenset(
    {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "BAD_REQUEST"}
)
_MODEL: Final = "model"
_CONTEXT: Final = "mlflow.data.context"


class Run(NamedTuple):
    """A run in MLflow; ``complete`` if all that is said of it was written."""

    id: str
    complete: bool


@contextmanager
def plain_errors(place: TrackingPlace) -> Iterator[None]:
    """Turn what MLflow raises into an outage, or into an error that says where it was."""
    quiet_environment()
    import requests
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (requests.RequestException, sqlalchemy.exc.OperationalError, OSError) as error:
        raise TrackingUnavailable(_said(place, error)) from error
    except MlflowException as error:
        if error.error_code in _DOWN:
            raise TrackingUnavailable(_said(place, error)) from error
        raise AssayError(
            f"MLflow refuses what it was asked ({error.error_code})", where=place.shown,
            got=str(error).splitlines()[0][:200],
        ) from error  # fmt: skip


def _said(place: TrackingPlace, error: Exception) -> str:
    return f"MLflow at {place.shown} doesn't answer as it should ({type(error).__name__})"


class Door:
    """MLflow's client on one store."""

    def __init__(self, place: TrackingPlace) -> None:
        self.place = place

    @cached_property
    def client(self) -> Any:
        """The client; the first use of a fresh database makes its tables, once among all."""
        import mlflow

        from assay.training.tracking._mlflow_dataset import register_source

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        register_source()
        with self.alone("open"):  # MLflow's migrations collide on a fresh database
            client = mlflow.MlflowClient(self.place.uri, self.place.uri)
            if not self.place.is_server:
                client.search_experiments(max_results=1)
                client.search_registered_models(max_results=1)
        return client

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Nobody else on this home does the same; nor, on a PostgreSQL, on any other."""
        with self.place.lock.with_suffix(f".{what}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not self.place.uri.startswith("postgresql"):
                yield
                return
            import sqlalchemy as sa

            engine = sa.create_engine(self.place.uri, poolclass=sa.NullPool)
            with engine.connect() as connection:
                key = zlib.crc32(f"assay mlflow {what}".encode())
                connection.execute(sa.select(sa.func.pg_advisory_lock(key)))
                yield

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made, or brought back if it was deleted."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            folder = self.place.artefacts
            location = None if folder is None else (folder.absolute() / name).as_uri()
            with self._exists():
                self.client.create_experiment(name, artifact_location=location)
            found = self.client.get_experiment_by_name(name)
        if found.lifecycle_stage != "active":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    @contextmanager
    def _exists(self) -> Iterator[None]:
        """Go on where another process was quicker."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def find_run(self, experiment: str, tag: str, value: str) -> Run | None:
        """The first run with a tag, a complete one before others."""
        found = self._runs(experiment, tag, value)
        return found[0] if found else None

    def _runs(self, experiment: str, tag: str, value: str) -> list[Run]:
        found = self.client.search_runs([experiment], f"tags.`{tag}` = '{value}'")
        runs = (Run(r.info.run_id, COMPLETE_TAG in r.data.tags) for r in found)
        return sorted(runs, key=lambda run: (not run.complete, run.id))

    def make_run(self, experiment: str, tag: str, value: str, name: str, began_ms: int) -> Run:
        """Make a run with a tag."""
        made = self.client.create_run(experiment, began_ms, {tag: value}, name)
        return Run(str(made.info.run_id), complete=False)

    def settle(self, experiment: str, tag: str, value: str, mine: Run) -> Run:
        """The run that stays where two processes have made one; the other one is deleted."""
        first = self._runs(experiment, tag, value)[0]
        if first.id != mine.id:
            self.client.delete_run(mine.id)
        return first

    def log(
        self, run: str, at_ms: int, metrics: Mapping[str, float], parameters: Mapping[str, str],
        tags: Mapping[str, str], dataset: tuple[str, str],
    ) -> None:  # fmt: skip
        """Write metrics (of a dataset: name and digest), parameters and tags."""
        from mlflow.entities import Metric, Param, RunTag

        name, digest = dataset
        written = [
            Metric(k, v, at_ms, 0, dataset_name=name, dataset_digest=digest, run_id=run)
            for k, v in metrics.items()
        ]
        for some in _parts(written):
            self.client.log_batch(run, metrics=some)
        for chosen in _parts([Param(k, v) for k, v in parameters.items()]):
            self.client.log_batch(run, params=chosen)
        for noted in _parts([RunTag(k, v) for k, v in tags.items()]):
            self.client.log_batch(run, tags=noted)

    def log_input(self, run: str, used: DataUsed, context: str) -> None:
        """Say which snapshot a run has read."""
        from mlflow.entities import DatasetInput, InputTag

        from assay.training.tracking._mlflow_dataset import ReleasedRows

        noted = {_CONTEXT: context, "assay.digest": used.digest, "assay.snapshot": used.name}
        tags = [InputTag(key, value) for key, value in noted.items()]
        data = ReleasedRows(used)._to_mlflow_entity()
        self.client.log_inputs(run, [DatasetInput(data, tags)])

    def log_files(self, run: str, files: Mapping[str, Path]) -> None:
        """Keep files with a run, under their folders and names."""
        for name, path in files.items():
            folder, _, base = name.rpartition("/")
            with private_folder() as aside:
                named = aside / base
                named.symlink_to(path.absolute())
                self.client.log_artifact(run, str(named), folder or None)

    def log_model(
        self, experiment: str, run: str, name: str, content: ModelContent,
        columns: Sequence[str], tags: Mapping[str, str],
    ) -> tuple[str, str]:  # fmt: skip
        """Keep a fitted model with a run: its id and its address; a whole one is left alone."""
        from mlflow.entities import LoggedModelOutput, LoggedModelStatus

        wanted = f"source_run_id = '{run}'"
        known = self.client.search_logged_models([experiment], wanted)
        found = min(known, key=lambda m: m.model_id) if known else None
        if found is None:
            found = self.client.create_logged_model(experiment, name, run, dict(tags))
        if found.status != LoggedModelStatus.READY:
            with private_folder() as aside:
                self._save(aside / _MODEL, content, columns)
                self.client.log_model_artifacts(found.model_id, str(aside / _MODEL))
            self.client.finalize_logged_model(found.model_id, LoggedModelStatus.READY)
        outputs = self.client.get_run(run).outputs
        if found.model_id not in {o.model_id for o in (outputs.model_outputs if outputs else ())}:
            self.client.log_outputs(run, [LoggedModelOutput(found.model_id, 0)])
        return str(found.model_id), str(found.artifact_location)

    def _save(self, folder: Path, content: ModelContent, columns: Sequence[str]) -> None:
        import mlflow.sklearn
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema
        from mlflow.types.schema import AnyType

        from assay.training import _skops as skops

        types = {name: column_type(content.types.get(name)) for name in columns}
        anything: Any = AnyType
        named: list[Any] = [ColSpec(types[name] or anything(), name) for name in columns]
        mlflow.sklearn.save_model(
            content.estimator,
            str(folder),
            serialization_format="skops",
            # It is in memory already: its types were checked when it was read.
            skops_trusted_types=skops.get_untrusted_types(data=skops.dumps(content.estimator)),
            signature=ModelSignature(inputs=Schema(named)) if named else False,
            pip_requirements=list(content.requirements),
        )

    def finish(self, run: str, *, failed: bool, ended_ms: int) -> None:
        """End a run."""
        self.client.set_terminated(run, "FAILED" if failed else "FINISHED", ended_ms)

    def find_version(self, model: str, tag: str, value: str) -> int | None:
        """The first version of a registered model with a tag, by MLflow's number."""
        wanted = f"name = '{model}' and tag.`{tag}` = '{value}'"
        found = self.client.search_model_versions(wanted)
        return min((int(v.version) for v in found), default=None)

    def make_version(
        self, model: str, tag: str, value: str, run: str, kept: tuple[str, str],
        tags: Mapping[str, str],
    ) -> int:  # fmt: skip
        """Register a version with a tag; if another process did too, the first of both stays."""
        with self._exists():
            self.client.create_registered_model(model)
        model_id, source = kept
        made = self.client.create_model_version(
            model, source, run, {**tags, tag: value}, await_creation_for=0, model_id=model_id
        )
        first = self.find_version(model, tag, value)
        if first is not None and first != int(made.version):
            self.client.delete_model_version(model, made.version)
            return first
        return int(made.version)

    def tag_version(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""
        for key, value in tags.items():
            self.client.set_model_version_tag(model, str(version), key, value)

    def set_alias(self, model: str, alias: str, version: int | None) -> None:
        """Let an alias name a version, or none."""
        from mlflow.exceptions import MlflowException

        if version is not None:
            self.client.set_registered_model_alias(model, alias, str(version))
            return
        with suppress(MlflowException):
            self.client.delete_registered_model_alias(model, alias)

    def alias(self, model: str, alias: str) -> dict[str, str] | None:
        """The tags of the version that an alias names; None where it names none."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_model_version_by_alias(model, alias)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise
        return dict(found.tags)


def get_ready() -> None:
    """Import all that sending a training run needs; of a model too, so a small one is saved."""
    quiet_environment()
    import mlflow.sklearn
    from sklearn.dummy import DummyClassifier

    for store in ("tracking", "model_registry"):
        importlib.import_module(f"mlflow.store.{store}.sqlalchemy_store")
    small = DummyClassifier().fit([[0]], [0])
    with private_folder() as aside:
        mlflow.sklearn.save_model(
            small, str(aside / _MODEL), serialization_format="skops",
            pip_requirements=["scikit-learn"],
        )  # fmt: skip


def _parts(entries: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(entries), _MANY):
        yield list(entries[start : start + _MANY])
