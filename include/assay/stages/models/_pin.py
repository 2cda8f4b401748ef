"""The first stage of a training run: take the lease, and pin what the model derives from."""

from __future__ import annotations

from assay.errors import PolicyError, VersionExpired, did_you_mean
from assay.policy.model import ModelFile
from assay.records.models import DataUsed
from assay.records.versions import VersionKey
from assay.stages.lease import LEASE
from assay.stages.models._ingredients import mix
from assay.stages.models._records import keep_spec
from assay.stages.models._spec import Ingredients, TrainingAsked, TrainingSpec
from assay.stages.models._training import Training, lease_of, parse_model
from assay.stages.models._versions import champion_of, registered_by
from assay.stages.run._spec import RunType
from assay.stages.services import Services


def pin_training(
    services: Services,
    model: str,
    run_id: str,
    run_type: RunType,
    *,
    snapshot: int | None = None,
    asked: TrainingAsked | None = None,
    run_url: str | None = None,
) -> Training:
    """Begin a training run: its snapshot, model file and code are fixed, and nobody else trains it.

    It is kept under seal. If this very training run has registered a version before, the run knows
    that, and its stages have nothing to do.

    Parameters
    ----------
    snapshot : int, optional
        Of the model's data set; the one that readers get, by default.

    Raises
    ------
    PolicyError
        The model file doesn't load, or a feature would be leakage.
    InputError
        Nothing is released, or the snapshot has no batch for the model.
    LeaseError
        Another run does this very training now.
    VersionExpired
        A version of the snapshot was removed.
    """
    text, file = read_model_file(services, model)
    mixed = mix(services, file, snapshot)
    training_run = id_of(services, model, mixed)
    now, subject = services.clock(), lease_of(mixed.data[0].dataset, model, training_run)
    lease = services.catalog.leases.acquire(
        *subject, run_id, now=now, ttl=LEASE, pins=pinned_versions(mixed.data)
    )
    try:
        for key in sorted(pinned_versions(mixed.data)):  # from now on no sweep removes one
            services.registry.find(*key)
    except VersionExpired:
        services.catalog.leases.release(lease)
        raise
    champion = champion_of(services, model)
    known = registered_by(services, model, training_run)
    spec = TrainingSpec(
        model=model, run_id=run_id, run_type=run_type, run_url=run_url, started=now,
        token=lease.token, asked=asked or TrainingAsked(), ingredients=mixed,
        training_run=training_run, known=known.name if known else None,
        champion=champion.name if champion else None,
    )  # fmt: skip
    run = Training(services, spec, text=text)
    keep_spec(run)
    return run


def plan_training(services: Services, model: str, snapshot: int | None = None) -> TrainingSpec:
    """What a training run would be of: nothing is written, and no lease is taken."""
    _, file = read_model_file(services, model)
    mixed = mix(services, file, snapshot)
    training_run = id_of(services, model, mixed)
    champion = champion_of(services, model)
    known = registered_by(services, model, training_run)
    return TrainingSpec(
        model=model, run_id="plan", run_type="manual", started=services.clock(), token=0,
        ingredients=mixed, training_run=training_run, known=known.name if known else None,
        champion=champion.name if champion else None,
    )  # fmt: skip


def id_of(services: Services, model: str, mixed: Ingredients) -> str:
    """The id of the training run of these ingredients, whether or not it has been done."""
    return services.registry.use_id("training_run", {"model": model, **mixed.derivation()})


def read_model_file(services: Services, model: str) -> tuple[str, ModelFile]:
    """The text of a model file, and what it says.

    Raises
    ------
    PolicyError
        If there is none, or it doesn't load.
    """
    path = services.project.model_path(model)
    if not path.is_file():
        known = services.project.models()
        raise PolicyError(
            "no such model", got=model,
            expected="one of: " + (", ".join(known) or "none has a file yet"),
            do=did_you_mean(model, known) or f"Write {path.name} in include/models.",
        )  # fmt: skip
    text = path.read_text(encoding="utf-8")
    return text, parse_model(model, text)


def pinned_versions(data: tuple[DataUsed, ...]) -> frozenset[VersionKey]:
    """The versions that a training run reads."""
    return frozenset((u.dataset, *pair) for u in data for pair in u.versions.items())
