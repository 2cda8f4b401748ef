"""Training runs on their way to MLflow: what waits in the outbox, and its sending.

A training run is over when the registry has its version. What MLflow is to show of it waits in the
outbox of the catalog and is sent by the next run, or by ``assay experiments sync``: a tracking
server that is down, slow or killed loses nothing and holds nothing up.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from pydantic import Field

from assay.errors import AssayError, InputError, cause_of
from assay.lake import private_folder
from assay.records.models import TrainingRecord
from assay.records.outbox import OutboxItem
from assay.records.uses import Use
from assay.records.versions import StoredObject
from assay.stages.models._objects import load_file
from assay.stages.models._shown_pages import pages_to_show
from assay.stages.models._training import packages_of
from assay.stages.models._versions import version_of
from assay.stages.services import Services
from assay.training.tracking import (
    Aliases,
    ModelContent,
    Tracker,
    TrackingPlace,
    TrackingUnavailable,
    log_to_wandb,
)
from assay.verdict import Frozen
from assay.versioning import RegistryUnavailable

_CLAIM: Final = timedelta(minutes=15)
_FIRST_RETRY: Final = timedelta(minutes=1)
_LONGEST_RETRY: Final = timedelta(hours=1)
_MODEL: Final = "model"
_RECORD: Final = "record"
_FILE: Final = "model_file"
_OWN_MODEL: Final = "model.skops"
_REPORT: Final = "report"


class WaitingRun(Frozen):
    """A training run that MLflow is to show.

    Parameters
    ----------
    version : int, optional
        The number of the model version that it registered.
    objects : dict
        Files that the registry's store keeps of it: the model, its report.
    packages : tuple of str
        Packages of own code whose types the model may have.
    wandb : bool
        Whether Weights & Biases is to show it, too.
    files : dict
        Of own code: name of a file → its place below this home; ``model.skops`` is the model.
    """

    record: TrainingRecord
    version: int | None = None
    objects: dict[str, StoredObject] = Field(default_factory=dict)
    packages: tuple[str, ...] = ()
    wandb: bool = False
    files: dict[str, str] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes it one message."""
        return f"tracking/{self.record.model}/{self.record.training_run}"


@dataclass(frozen=True)
class TrackedRun:
    """What became of a training run on its way: ``sent``, or ``later`` with the error."""

    key: str
    state: Literal["sent", "later"]
    error: str | None = None


def plan_tracking(services: Services, waiting: WaitingRun) -> bool:
    """Let a training run wait for MLflow, once; False if it has waited before.

    Call it once the run's version is on record. Until it is sent, nothing but the list in MLflow
    lacks it.
    """
    body = waiting.model_dump(mode="json")
    return services.catalog.tracking.add(waiting.key, body, at=services.clock())


def send_tracking(
    services: Services, environ: Mapping[str, str], owner: str, *, at_once: bool = False
) -> list[TrackedRun]:
    """Send what waits for MLflow, each run once, and let its aliases follow the registry.

    At the first sign that the server is down the rest waits; it is tried again after a minute, then
    after two, and so on up to an hour.

    Parameters
    ----------
    environ : mapping
        ``MLFLOW_TRACKING_URI`` and ``WANDB_API_KEY``, where they are set.
    owner : str
        Who sends; two senders don't send the same.
    at_once : bool
        Whether what was tried before is tried now, and not when its turn comes.

    Returns
    -------
    list of TrackedRun
        Nothing is raised: a run that MLflow doesn't take waits on, with the reason.
    """
    queue, found = services.catalog.tracking, list[TrackedRun]()
    tracker: Tracker | None = None
    if at_once:
        queue.hasten(services.clock())
    for item in queue.due(services.clock()):
        if not queue.claim(item.id, owner, now=services.clock(), ttl=_CLAIM):
            continue
        try:
            tracker = tracker or Tracker(TrackingPlace.from_environment(environ, services.lake))
            receipt = _send(services, tracker, WaitingRun.model_validate(item.body), environ)
        except (AssayError, TrackingUnavailable, OSError) as error:
            found.append(_put_off(services, item, owner, error))
            if not isinstance(error, AssayError):
                break
            continue
        queue.mark([item.id], "sent", owner=owner, at=services.clock(), receipt=receipt)
        found.append(TrackedRun(item.key, "sent"))
    return found


def track(services: Services, environ: Mapping[str, str], owner: str) -> list[TrackedRun]:
    """Let what MLflow lacks wait, and send what is due; nothing is raised and nothing is lost."""
    try:
        plan_missing(services)
    except RegistryUnavailable as error:
        return [TrackedRun("tracking", "later", str(error))]
    return send_tracking(services, environ, owner)


def get_ready_to_track() -> None:
    """Import what :func:`track` will need."""
    from assay.training.tracking import get_ready

    get_ready()


def waiting_runs(services: Services) -> list[OutboxItem]:
    """What waits for MLflow now, with the reason where it was tried."""
    return services.catalog.tracking.find("pending")


def plan_missing(services: Services) -> int:
    """Let each version of the registry wait that never has; how many there are.

    A run that was killed between its registration and its message is found so, and so is all that
    a rebuilt catalog doesn't know any more.
    """
    known = {item.key for item in services.catalog.tracking.find()}
    planned = 0
    for use in services.registry.uses("model_version"):
        run = next((o.id for o in use.of if o.kind == "training_run"), None)
        if f"tracking/{use.subject}/{run}" not in known and _RECORD in use.objects:
            planned += plan_tracking(services, _waiting(services, use))
    return planned


def _waiting(services: Services, use: Use) -> WaitingRun:
    said = json.loads(services.registry.open(use.objects[_RECORD]).read_bytes())
    record = TrainingRecord.model_validate(
        {k: v for k, v in said.items() if k in TrainingRecord.model_fields}
    )
    number, packages, wandb = _number(use.id), list[str](), False
    if _FILE in use.objects:
        file = load_file(services, version_of(use))
        packages = packages_of(file, version_of(use).package)
        wandb = file.tracking.wandb
    return WaitingRun(
        record=record, version=number, objects=use.objects, packages=tuple(packages), wandb=wandb
    )


def _put_off(services: Services, item: OutboxItem, owner: str, error: Exception) -> TrackedRun:
    wait = min(_FIRST_RETRY * 2 ** min(item.attempts, 10), _LONGEST_RETRY)
    said = str(error) if isinstance(error, TrackingUnavailable) else cause_of(error)
    now = services.clock()
    services.catalog.tracking.mark(
        [item.id], "pending", owner=owner, at=now, error=said, due=now + wait
    )
    return TrackedRun(item.key, "later", said)


def _send(
    services: Services, tracker: Tracker, waiting: WaitingRun, environ: Mapping[str, str]
) -> dict[str, Any]:
    record, objects = waiting.record, waiting.objects
    with private_folder(services.lake.make("spill")) as aside:
        files = _own_files(services, waiting)
        if _REPORT in objects:
            report = services.registry.open(objects[_REPORT])
            files |= pages_to_show(services, record, report, aside)
        files["record.json"] = aside / "record.json"
        files["record.json"].write_text(record.model_dump_json(indent=1), encoding="utf-8")
        model = _model(services, waiting, files.pop(_OWN_MODEL, None))
        made = tracker.log_run(record, files, model, waiting.version)
        if waiting.wandb:
            log_to_wandb(record, files, services.lake.make("mlflow", "wandb"), environ)
    for own in waiting.files.values():
        shutil.rmtree(_own_file(services, own).parent, ignore_errors=True)
    if waiting.version is not None:
        tracker.mark(record.model, aliases_of(services, record.model))
    return {"mlflow_run": made.run, "mlflow_version": made.version}


def _own_file(services: Services, place: str) -> Path:
    return services.lake.path(*PurePosixPath(place).parts)


def _own_files(services: Services, waiting: WaitingRun) -> dict[str, Path]:
    found = {name: _own_file(services, place) for name, place in waiting.files.items()}
    for path in found.values():
        if not path.is_file():
            raise InputError(
                "a file of own code isn't below this home", where=str(path),
                do="Send it from the host that has trained: assay experiments sync",
            )  # fmt: skip
    return found


def _model(services: Services, waiting: WaitingRun, own: Path | None) -> ModelContent | None:
    from assay.training import load_model_object

    kept = waiting.objects.get(_MODEL)
    place = own if kept is None else services.registry.open(kept)
    if place is None:
        return None
    fitted = load_model_object(place.read_bytes(), waiting.packages)
    libraries = waiting.record.libraries
    requirements = tuple(f"{name}=={version}" for name, version in sorted(libraries.items()))
    return ModelContent(fitted.estimator, requirements, waiting.record.feature_types)


def mirror_aliases(services: Services, model: str, environ: Mapping[str, str]) -> bool:
    """Let MLflow's aliases follow the registry now; False if MLflow doesn't answer.

    The next run that is sent brings them up to date.
    """
    try:
        place = TrackingPlace.from_environment(environ, services.lake)
        Tracker(place).mark(model, aliases_of(services, model))
    except TrackingUnavailable:
        return False
    return True


def aliases_of(services: Services, model: str) -> Aliases:
    """The champion by the registry, and as challenger the newest version that passed since."""
    champion = _champion(services.registry.uses("promotion"), model)
    passed = [
        _number(use.id)
        for use in services.registry.uses("model_version")
        if use.subject == model and use.details.get("state") != "held"
    ]
    newer = [number for number in passed if number > (champion or 0)]
    return Aliases(champion, max(newer, default=None))


def _champion(promotions: Collection[Use], model: str) -> int | None:
    moves = [use for use in promotions if use.subject == model]
    if not moves:
        return None
    last = max(moves, key=lambda use: int(use.id.rpartition(".")[2]))
    return next(_number(origin.id) for origin in last.of if origin.kind == "model_version")


def _number(name: str) -> int:
    return int(name.rpartition("@")[2])
