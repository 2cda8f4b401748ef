"""A metric of a model over its versions, as the registry has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.errors import AssayError, InputError, did_you_mean
from assay.policy.model import MetricLimit
from assay.records.models import Figure
from assay.stages.models._objects import load_record
from assay.stages.models._versions import (
    RegisteredVersion,
    champion_of,
    find_version,
    promotions_of,
    versions_of,
)
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training.trend import Trend


def trend_of(services: Services, model: str, metric: str | None = None) -> Trend:
    """A metric of each version of a model, with its interval, the limit, and what became of each.

    Parameters
    ----------
    metric : str, optional
        The first that the model file limits, by default.

    Raises
    ------
    InputError
        If the model has no version, or no version has the metric.
    """
    from assay.training.trend import TrainedVersion, Trend

    versions = versions_of(services, model)
    if not versions:
        find_version(services, model)  # says which models there are
    limits = _limits(services, model)
    figures = {version.name: _figures(services, version) for version in versions}
    chosen = metric or next(iter(limits), next(iter(_known(figures)), "accuracy"))
    if chosen not in _known(figures):
        raise InputError(
            "no version of the model has this metric", where=model, got=chosen,
            expected="one of: " + ", ".join(_known(figures)),
            do=did_you_mean(chosen, _known(figures)) or None,
        )  # fmt: skip
    champion, limit = champion_of(services, model), limits.get(chosen)
    promoted = {move.version for move in promotions_of(services, model)}
    return Trend(
        model=model, metric=chosen, least=limit.min if limit else None,
        most=limit.max if limit else None,
        versions=tuple(
            TrainedVersion(
                name=v.name, data=f"{v.dataset}@{v.snapshot}", snapshot=v.snapshot, at=v.at,
                state="promoted" if v.name in promoted else "held" if v.held else "passed",
                champion=champion is not None and champion.name == v.name,
                figure=figures[v.name].get(chosen),
            )
            for v in versions
        ),
    )  # fmt: skip


def _known(figures: dict[str, dict[str, Figure]]) -> list[str]:
    """Metrics that a version has, those of slices left out."""
    return [n for n in dict.fromkeys(n for of in figures.values() for n in of) if "[" not in n]


def _limits(services: Services, model: str) -> dict[str, MetricLimit]:
    """The limits of the model file as it is now; none where it doesn't load any more."""
    try:
        file = services.project.model(model)
    except AssayError:
        return {}
    return {limit.metric: limit for limit in file.gates.performance.limits}


def _figures(services: Services, version: RegisteredVersion) -> dict[str, Figure]:
    """The figures of a version; none where its record isn't kept any more."""
    try:
        return load_record(services, version).metrics
    except AssayError:
        return {}
