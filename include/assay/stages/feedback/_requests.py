"""The advice that is kept: the newest labelling request on each champion."""

from __future__ import annotations

import json
from collections.abc import Iterator

from assay.stages.feedback.workspace import FeedbackWorkspace, folder_of
from assay.stages.models._versions import champion_of
from assay.stages.services import Services
from assay.verdict import Frozen


class KeptAdvice(Frozen):
    """What would help a champion, as the newest labelling request on it says.

    Parameters
    ----------
    says : tuple of str
        A sentence for each slice that would gain beyond chance, the greatest gain first, and for
        each rare level.
    """

    model: str
    version: str
    says: tuple[str, ...]


def kept_advice(services: Services, dataset: str) -> Iterator[KeptAdvice]:
    """The advice on the champions that learned from a data set, by model; none without a sentence.

    Advice on a version that isn't the champion any more is left out.
    """
    folder, prefix = services.lake.path("reports", dataset), folder_of("")
    models = (path.name.removeprefix(prefix) for path in sorted(folder.glob(f"{prefix}*")))
    for model in models:
        champion = champion_of(services, model)
        found = None if champion is None else _newest(services, dataset, model, champion.name)
        if found is not None and found.says:
            yield found


def _newest(services: Services, dataset: str, model: str, version: str) -> KeptAdvice | None:
    """The newest request on one version of a model."""
    folder = services.lake.path("reports", dataset, folder_of(model))
    keys = (path.name for path in folder.iterdir() if path.is_dir())
    spaces = (FeedbackWorkspace(services.lake, (dataset, folder_of(model), key)) for key in keys)
    there = [space.request for space in spaces if space.request.exists()]
    for request in sorted(there, key=lambda r: (r.path.stat().st_mtime_ns, r.path), reverse=True):
        content = json.loads(request.read())
        if content["version"] == version:
            return KeptAdvice(model=model, version=version, says=tuple(content.get("says", ())))
    return None
