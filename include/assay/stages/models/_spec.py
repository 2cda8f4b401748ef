"""What identifies a training run: who asked for what, and what was pinned at its start."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from assay.records.models import DataUsed
from assay.stages.run._spec import RunType
from assay.verdict import Frozen


class TrainingAsked(Frozen):
    """What a person asked for; nothing in a run that an event or a plan started."""

    by: str | None = None
    reason: str | None = None


class Ingredients(Frozen):
    """All that a fitted model derives from: equal ones have the same id, and give the same model.

    Parameters
    ----------
    data : tuple of DataUsed
        What is learned from, then what is joined to it.
    model_file : str
        Hash of the model file.
    code : str
        Number of Assay's training code, and hash of the own code that the model file names.
    libraries : dict
        Library whose arithmetic the model rests on → version.
    """

    data: tuple[DataUsed, ...] = Field(min_length=1)
    model_file: str
    code: str
    libraries: dict[str, str]

    def derivation(self) -> dict[str, Any]:
        """What the id is a keyed hash of; numbers of snapshots don't count, their bytes do."""
        return {
            "data": [[used.dataset, used.digest] for used in self.data],
            "model_file": self.model_file,
            "code": self.code,
            "libraries": self.libraries,
        }


class OwnCode(Frozen):
    """Own code that has fitted the model itself, by ``snap.training``.

    Parameters
    ----------
    package : str
        The package of the model's type.
    learned : bool
        Whether it has named the rows that it has learned from.
    """

    package: str
    learned: bool


class TrainingSpec(Frozen):
    """One training run of one model.

    Parameters
    ----------
    training_run : str
        The id, a keyed hash of the ingredients.
    known : str, optional
        The version that this very training run registered before, such as ``late_arrival@3``.
    champion : str, optional
        The champion when the run began, with which it is compared.
    own : OwnCode, optional
        Where own code has fitted the model, and not the model file.
    """

    model: str
    run_id: str
    run_type: RunType
    run_url: str | None = None
    started: datetime
    token: int
    asked: TrainingAsked = TrainingAsked()
    ingredients: Ingredients
    training_run: str
    known: str | None = None
    champion: str | None = None
    own: OwnCode | None = None

    @property
    def data(self) -> DataUsed:
        """What is learned from."""
        return self.ingredients.data[0]
