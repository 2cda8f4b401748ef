"""Model versions and champions, as the registry has them.

A training run, a model version and each promotion are uses on record in the registry's Git. The
champion is the version that the newest promotion names. A version's number is given once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pydantic import Field

from assay.errors import InputError, RegistryError, did_you_mean
from assay.records.uses import Origin, Use
from assay.records.versions import StoredObject
from assay.stages.services import Services
from assay.verdict import Frozen

_CHAMPION: Final = "champion"
Fence = Callable[[], None]


class RegisteredVersion(Frozen):
    """A model version as it is on record.

    Parameters
    ----------
    state : str
        ``passed`` or ``held``, by its gates.
    objects : dict
        ``model``, ``record``, ``report`` … → the object that holds it.
    compared : str or None
        The champion that it was compared with; empty where there was none, None where that isn't
        on record.
    package : str, optional
        The package of the model's type, where own code has fitted it.
    metrics : dict
        Metric → figure with its interval, as text.
    """

    model: str
    number: int = Field(ge=1)
    training_run: str
    state: str
    reasons: tuple[str, ...] = ()
    dataset: str
    snapshot: int
    compared: str | None = None
    package: str | None = None
    objects: dict[str, StoredObject] = Field(default_factory=dict)
    metrics: dict[str, str] = Field(default_factory=dict)
    author: str
    at: datetime

    @property
    def name(self) -> str:
        """How everything names it, such as ``late_arrival@3``."""
        return f"{self.model}@{self.number}"

    @property
    def held(self) -> bool:
        """Whether a gate holds it."""
        return self.state == "held"


class Promotion(Frozen):
    """That a version became the champion: which one it followed, by whom and why."""

    model: str
    sequence: int
    version: str
    before: str | None
    by: str
    reason: str
    at: datetime


def versions_of(services: Services, model: str) -> list[RegisteredVersion]:
    """The versions of a model by number."""
    found = [version_of(use) for use in services.registry.uses("model_version")
             if use.subject == model]  # fmt: skip
    return sorted(found, key=lambda v: v.number)


def version_of(use: Use) -> RegisteredVersion:
    """A model version from its record."""
    details = use.details
    return RegisteredVersion(
        model=use.subject,
        number=int(use.id.rpartition("@")[2]),
        training_run=next(o.id for o in use.of if o.kind == "training_run"),
        state=details["state"],
        reasons=tuple(filter(None, details.get("reasons", "").split(" "))),
        dataset=details["dataset"],
        snapshot=int(details["snapshot"]),
        compared=details.get("champion"),
        package=details.get("package"),
        objects=dict(use.objects),
        metrics={k.removeprefix("metric."): v for k, v in details.items() if k[:7] == "metric."},
        author=use.author,
        at=use.at,
    )


def registered_by(services: Services, model: str, training_run: str) -> RegisteredVersion | None:
    """The version that a training run registered; None if it has registered none."""
    found = (v for v in versions_of(services, model) if v.training_run == training_run)
    return next(found, None)


def find_version(services: Services, name: str) -> RegisteredVersion:
    """A version by its name, ``late_arrival@3``; the champion by the model's name alone.

    Raises
    ------
    InputError
        If there is no such version, or the model has no champion.
    """
    model, _, number = name.partition("@")
    versions = versions_of(services, model)
    if not versions:
        known = sorted({use.subject for use in services.registry.uses("model_version")})
        raise InputError(
            "no version of this model is registered", got=model,
            expected="one of: " + (", ".join(known) or "none is trained yet"),
            do=did_you_mean(model, known) or f"assay train {model}",
        )  # fmt: skip
    if not number:
        champion = champion_of(services, model)
        if champion is None:
            raise InputError(
                "the model has no champion", got=model,
                do=f"Name a version, such as {versions[-1].name}.",
            )  # fmt: skip
        return champion
    found = next((v for v in versions if str(v.number) == number), None)
    if found is None:
        names = ", ".join(v.name for v in versions[-20:])
        raise InputError("no such model version", got=name, expected=f"one of: {names}")
    return found


def champion_of(services: Services, model: str) -> RegisteredVersion | None:
    """The version that the newest promotion names; None before the first."""
    moves = promotions_of(services, model)
    if not moves:
        return None
    return next(v for v in versions_of(services, model) if v.name == moves[-1].version)


def promotions_of(services: Services, model: str) -> list[Promotion]:
    """Every move of the champion, the earliest first."""
    uses = [use for use in services.registry.uses("promotion") if use.subject == model]
    return sorted(map(_promotion, uses), key=lambda move: move.sequence)


def _promotion(use: Use) -> Promotion:
    return Promotion(
        model=use.subject,
        sequence=int(use.id.rpartition(".")[2]),
        version=next(o.id for o in use.of if o.kind == "model_version"),
        before=use.details.get("before"),
        by=use.author,
        reason=use.details["reason"],
        at=use.at,
    )


def register_version(
    services: Services,
    training: Use,
    objects: Mapping[str, StoredObject],
    details: Mapping[str, str],
    *,
    at: datetime,
    fence: Fence | None = None,
) -> RegisteredVersion:
    """Record a training run and the version that it gives, under the next free number.

    A training run that has a version gets no other one. Two that register at once get two numbers.
    """
    registry, model = services.registry, training.subject
    training = registry.record_use(training, fence=fence)
    while True:
        if known := registered_by(services, model, training.id):
            return known
        number = max((v.number for v in versions_of(services, model)), default=0) + 1
        wanted = Use(
            kind="model_version", id=f"{model}@{number}", subject=model, of=(training.origin,),
            author=training.author, at=at, objects=dict(objects), details=dict(details),
        )  # fmt: skip
        try:
            return version_of(registry.record_use(wanted, fence=fence))
        except RegistryError:
            if registry.find_use("model_version", wanted.id) is None:
                raise  # the number isn't the reason


def record_promotion(
    services: Services,
    version: RegisteredVersion,
    *,
    before: str | None,
    author: str,
    reason: str,
    at: datetime,
    fence: Fence | None = None,
) -> Promotion | None:
    """Make a version the champion, on record; None where the champion has moved meanwhile.

    Parameters
    ----------
    before : str or None
        The champion that the decision was made against.
    """
    moves = promotions_of(services, version.model)
    now = moves[-1].version if moves else None
    if now == version.name:
        return moves[-1]
    if now != before:
        return None
    sequence = moves[-1].sequence + 1 if moves else 1
    details = {"reason": reason, **({"before": before} if before else {})}
    use = Use(
        kind="promotion", id=f"{version.model}.{_CHAMPION}.{sequence}", subject=version.model,
        of=(Origin(kind="model_version", id=version.name),), author=author, at=at, details=details,
    )  # fmt: skip
    try:
        return _promotion(services.registry.record_use(use, fence=fence))
    except RegistryError:
        if services.registry.find_use("promotion", use.id) is None:
            raise
        return None  # another one was promoted in this moment
