"""What the catalog remembers of a data set's quality, beside the limits in force."""

from __future__ import annotations

from typing import Any, get_args

from assay.errors import AssayError
from assay.policy.quality import Dimension, QualityPolicy, ScoreLimits
from assay.stages.services import Services


def score_history(services: Services, dataset: str, *, last: int | None = None) -> dict[str, Any]:
    """The quality scores of a data set's batches, by stage and dimension.

    Parameters
    ----------
    last : int, optional
        Only so many of the newest batches.

    Returns
    -------
    dict
        ``{"dataset", "stages": [{"stage", "batches", "dimensions": {name: {"limit", "scores",
        "cells"}}}]}``; of a batch that was judged more than once, the newest scores. ``limit`` is
        the policy's today, None without one or where the policy can't be read.
    """
    limits = _limits(services, dataset)
    stages = []
    for stage in ("raw", "clean"):
        points = services.catalog.verdicts.trend(dataset, "quality_score", gate=f"validate_{stage}")
        newest = {(p.batch, p.group): p for p in points}
        batches = sorted({p.batch for p in points})[-(last or 0) :]
        if not batches:
            continue
        dimensions = {}
        for name in get_args(Dimension):
            found = [newest.get((batch, name)) for batch in batches]
            limit = getattr(getattr(limits, stage), name)
            dimensions[name] = {
                "limit": limit.model_dump(mode="json") if limit else None,
                "scores": [p.value if p else None for p in found],
                "cells": [p.n if p else None for p in found],
            }
        stages.append({"stage": stage, "batches": batches, "dimensions": dimensions})
    return {"dataset": dataset, "stages": stages}


def _limits(services: Services, dataset: str) -> ScoreLimits:
    try:
        contract = services.project.contract(dataset)
        return services.policy(contract, QualityPolicy).scores
    except AssayError:
        return ScoreLimits()
