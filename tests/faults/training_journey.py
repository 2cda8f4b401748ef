"""What is killed: three training runs of a small model, each from ``pin`` to MLflow.

One on the first days, which becomes the champion; one whose limits no model keeps (held, with a
message); one on all days that passes (the next champion, which closes the incident).
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import journey
import mini_model
import mini_project

from assay.stages import models, tracking
from assay.stages.models import chain
from assay.stages.models._objects import load_fitted, load_record
from assay.stages.models._table import table_of
from assay.stages.run._result import Finished
from assay.training import predict
from assay.training.tracking import Tracker, TrackingPlace
from assay.training.tracking._place import quiet_environment

NOW, differences = journey.NOW, journey.differences
DAYS, MODEL = mini_model.DAYS[:3], mini_model.MODEL
IMPOSSIBLE = {"limits": [{"metric": "roc_auc", "min": 0.999}]}
DELIVERIES: tuple[tuple[int, dict[str, Any]], ...] = (
    (2, {}),
    (3, {"gates": mini_model.performance(**IMPOSSIBLE)}),
    (3, {"description": "Which visits are passed, again."}),
)
TRACK = "track"
STAGES = (chain.PIN, *chain.names(), chain.PROMOTE, chain.NOTIFY, TRACK)


@dataclass(frozen=True)
class Site(journey.Site):
    """A project and a home in a folder of their own, in which a model is trained."""

    def prepare(self) -> None:
        """Release the reference table and the days; import what a training run needs."""
        mini_project.write_project(self.root / "project")
        mini_model.write_model(self.root / "project")
        mini_model.release_days(self.train(), DAYS)
        quiet_environment()
        for name in ("mlflow.sklearn", "sklearn.impute", "sklearn.linear_model", "sklearn.tree"):
            importlib.import_module(name)


def deliver(
    site: Site,
    number: int,
    *,
    run_id: str = "first",
    now: Any = NOW,
    resume: bool = False,
    mark: Callable[[str], None] = lambda _: None,
) -> None:
    """Make a training run, as the operators do; see :func:`journey.deliver`."""
    quiet_environment()
    snapshot, changes = DELIVERIES[number]
    mini_model.write_model(site.root / "project", **changes)
    services, key = site.train(now).services, f"{run_id}-{number}"
    run = models.resume_training(services, "visits", MODEL, key) if resume else None
    if run is None:
        mark("pin >")
        asked = models.TrainingAsked(by="tester")
        run = models.pin_training(services, MODEL, key, "manual", snapshot=snapshot, asked=asked)
        mark("pin <")
    for name in [] if run.spec.known else chain.names():
        if name in run.done:
            continue
        mark(f"{name} >")
        run = models.perform_training(run, name)
        mark(f"{name} <")
    if (ended := models.promoted(run)) is None:
        mark("promote >")
        ended = run.finished(chain.PROMOTE, Finished(result=models.promote(run)))
        mark("promote <")
    mark("notify >")
    models.notify_training(ended, site.transports())
    mark("notify <")
    mark("track >")
    tracking.track(services, {}, key)
    mark("track <")


def flush(site: Site) -> None:
    """Send what a killed run left in both outboxes, as any later run does."""
    journey.flush(site)
    later = site.train(NOW + timedelta(days=1)).services
    tracking.plan_missing(later)
    tracking.send_tracking(later, {}, "later", at_once=True)


unmarked = journey.unmarked


def state_of(site: Site) -> dict[str, Any]:
    """All that a killed and repeated run must leave as an undisturbed one does."""
    services = site.train().services
    catalog, found = services.catalog, models.versions_of(services, MODEL)
    return {
        "versions": {v.name: _version(services, v) for v in found},
        "moves": [
            (m.sequence, m.version, m.before, m.by, m.reason)
            for m in models.promotions_of(services, MODEL)
        ],
        "uses": sorted((u.kind, u.id) for u in services.registry.uses() if u.subject == MODEL),
        "verdicts": {
            v.name: {
                r.verdict.gate: r.verdict.model_dump(mode="json")
                for r in catalog.verdicts.find("visits", f"model-{MODEL}", v.training_run)
            }
            for v in found
        },
        "incidents": [
            (i.check, i.state, i.outcome, [(b.batch, b.state) for b in i.batches])
            for i in catalog.incidents.find("visits")
        ],
        "messages": [(m.key, m.state) for m in catalog.outbox.find()],
        "tracked": sorted((item.key, item.state) for item in catalog.tracking.find()),
        "mlflow": dict(_shown(services)) if found else {},
        "files": _files(site.home),
        "leases": [x.owner for x in catalog.leases.live(NOW)],
    }


def _version(services: Any, version: Any) -> dict[str, Any]:
    """A version as whoever asks for it gets it: its model, what it predicts, what is on record."""
    record, fitted = load_record(services, version), load_fitted(services, version)
    table = table_of(services, record.data, services.project.model(MODEL))
    said = predict(fitted, table.features)
    return {
        **version.model_dump(mode="json", exclude={"at", "objects"}),
        "model": version.objects["model"].md5,
        "model_file": version.objects["model_file"].md5,
        "predictions": hashlib.sha256(said.probability.tobytes()).hexdigest(),
        **record.model_dump(mode="json", include={"parameters", "metrics", "model_object", "data"}),
    }


def _shown(services: Any) -> Iterator[tuple[str, Any]]:
    """What MLflow shows, without times and its own ids."""
    tracker = Tracker(TrackingPlace.from_environment({}, services.lake))
    client = tracker._door.client
    experiment = client.get_experiment_by_name(MODEL)
    shown = client.search_runs([experiment.experiment_id]) if experiment else []
    yield (
        "runs",
        sorted(
            [
                run.data.tags["assay.training_run"],
                run.info.status,
                {k: v for k, v in run.data.metrics.items() if k != "seconds"},
                run.data.params,
                sorted(entry.dataset.name for entry in run.inputs.dataset_inputs),
                len(run.outputs.model_outputs),
                sorted(f.path for f in client.list_artifacts(run.info.run_id)),
            ]
            for run in shown
        ),
    )
    yield (
        "versions",
        sorted(v.tags["assay.version"] for v in client.search_model_versions(f"name = '{MODEL}'")),
    )
    aliases = tracker.aliases(MODEL)
    yield "aliases", [aliases.champion, aliases.challenger]


def _files(home: Path) -> dict[str, str]:
    """Every file of a training run that a reader could take for a whole one, by its bytes."""
    folders = (p for zone in ("work", "spill") for p in (home / zone).rglob("*") if p.is_file())
    # The record says when the run began, and so does its seal.
    mine = (
        p for p in sorted(folders) if f"model-{MODEL}" in p.parts and p.parent.name[:4] != "run-"
    )
    return {str(p.relative_to(home)): _digest(p) for p in mine if p.name != "record.json"}


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if b'"seal"' in content:
        return json.dumps(json.loads(content)["content"], sort_keys=True)
    return hashlib.sha256(content).hexdigest()
