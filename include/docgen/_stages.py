"""The page of a run's stages, from the chain."""

from __future__ import annotations

from typing import Final

from assay.stages.models import chain as training
from assay.stages.run import chain
from docgen._markdown import GENERATED, code, table

_INTRO: Final = """\
A run takes one batch through these stages, in this order; each leaves one result. The release DAG,
the release itself, the overview page, `assay check` and the conformance suite derive from the same
description (`include/assay/stages/run/chain.py`). The artefacts are named in
`include/assay/stages/run/workspace.py`; a stage can read and write no others."""
_TRAINING: Final = """\
A training run takes one model over one snapshot through these stages
(`include/assay/stages/models/chain.py`); its artefacts are named in
`include/assay/stages/models/workspace.py`. [training.md](training.md) is its manual."""


def render_stages() -> str:
    """The page ``include/docs/stages.md``."""
    head = ("stage", "what it does", "after", "policy", "reads", "writes", "question")
    rows = [
        (code(stage.name), stage.does, _codes(stage.after or (chain.PIN,)), _policy(stage),
         _codes(stage.reads), _codes(stage.writes), stage.question or "")
        for stage in chain.STAGES
    ]  # fmt: skip
    frame = [(code(name), does) for name, does in chain.FRAME.items()]
    around = table(("task", "what it does"), frame)
    parts = ["# The stages of a run", "", GENERATED, "", _INTRO, "", *table(head, rows)]
    parts += ["", "Around the stages:", "", *around, "", "# The stages of a training run", ""]
    return "\n".join([*parts, _TRAINING, "", *_training()]) + "\n"


def _training() -> list[str]:
    head = ("stage", "what it does", "after", "reads", "writes", "question")
    rows = [
        (code(stage.name), stage.does, _codes(stage.after or (training.PIN,)),
         _codes(stage.reads), _codes(stage.writes), stage.question or "")
        for stage in training.STAGES
    ]  # fmt: skip
    frame = [(code(name), does) for name, does in training.FRAME.items()]
    around = table(("task", "what it does"), frame)
    return [*table(head, rows), "", "Around the stages:", "", *around]


def _policy(stage: chain.Stage) -> str:
    if not stage.room:
        return ""
    asked = ", where the data set has one" if stage.on_request else ""
    return code(stage.room) + asked + (", which may skip it" if stage.optional else "")


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(map(code, names))
