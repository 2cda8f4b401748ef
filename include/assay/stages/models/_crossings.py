"""Crossings of two versions: models with some factors of the one and the others of the other.

A factor is *data* (which released rows, and the split), *preprocessing* (which features, what is
joined for them, the steps) or *hyperparameters* (the estimator, its parameters, those that its
search chose, its seed). What a crossing says of the test rows is kept under seal in the restricted
work zone, so that a comparison that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.lake import digest
from assay.policy.model import ModelFile
from assay.records.models import DataUsed, TrainingRecord
from assay.stages.models._evaluate import predictions_table, read_predictions
from assay.stages.models._ingredients import code_of
from assay.stages.models._made_rows import learned_rows
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._rows import read_arrow, write_arrow
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion
from assay.stages.models.workspace import TrainingWorkspace, folder_of
from assay.stages.services import Services
from assay.stages.work import keep_sealed, read_sealed
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.training import Fitted, Predictions, TrainingTable

FACTORS = ("data", "preprocessing", "hyperparameters")
_KEPT = "crossing"


@dataclass(frozen=True)
class Side:
    """One of the two versions: its record, its model file and its model."""

    services: Services
    version: RegisteredVersion

    @cached_property
    def record(self) -> TrainingRecord:
        """The record of its training run."""
        return load_record(self.services, self.version)

    @cached_property
    def file(self) -> ModelFile:
        """The model file by which it was trained."""
        return load_file(self.services, self.version)

    @cached_property
    def fitted(self) -> Fitted:
        """The registered model."""
        return load_fitted(self.services, self.version)

    @property
    def factors(self) -> dict[str, Any]:
        """Factor → what it derives from, as JSON data; equal where the factor is the same."""
        data = self.file.data.model_dump(mode="json", exclude={"joins"})
        used = [[used.dataset, used.digest] for used in self.record.data]
        joins = {n: j.model_dump(mode="json") for n, j in self.file.data.joins.items()}
        steps = [step.model_dump(mode="json") for step in self.file.preprocessing]
        best = dict(self.fitted.best_params)
        search = {"search"} if best else set()
        made = [] if self.file.synthetic is None else [self.file.synthetic.model_dump(mode="json")]
        return {
            "data": [data, used, self.file.split.model_dump(mode="json"), *made],
            "preprocessing": [list(self.file.features), joins, steps],
            "hyperparameters": [
                self.file.estimator.model_dump(mode="json", exclude=search), best,
                self.record.code,
            ],
        }  # fmt: skip


class _Kept(Frozen):
    """That a crossing's predictions are in a file with this hash."""

    sha256: str


@dataclass(frozen=True)
class Crossings:
    """The crossings of two versions on the test rows of the second.

    Parameters
    ----------
    fresh : array (n,) of bool
        The rows of the second version's table that no crossing learns from and all predict.
    """

    services: Services
    sides: tuple[Side, Side]
    fresh: Any
    _tables: dict[tuple[int, int], TrainingTable] = field(default_factory=dict)

    def rows(self, preprocessing: int = 1) -> TrainingTable:
        """The test rows, with the features of one of the two."""
        return self._table(1, preprocessing).only(self.fresh)

    def registered(self, side: int) -> Predictions:
        """What one of the two registered models says of the test rows."""
        from assay.training import predict

        return predict(self.sides[side].fitted, self.rows(side).features)

    def kept(self, chosen: tuple[int, int, int]) -> Predictions | None:
        """What a crossing was kept to say; None where its refit is still to do."""
        file = self._workspace(chosen).predictions
        found = read_sealed(self.services, self._result(chosen), self._about(chosen), _Kept)
        if found is None or not file.is_as(found.sha256):
            return None
        return read_predictions(read_arrow(file.path), "model", self.sides[1].fitted.classes)

    def refit(self, chosen: tuple[int, int, int]) -> Predictions:
        """Refit a crossing, predict the test rows, and keep what it says.

        The parameters that a search chose are taken as they are; nothing is searched again.

        Raises
        ------
        InputError
            If scikit-learn refuses the rows, or a side lacks a column that the other one needs.
        """
        from assay.training import predict, refit, split_rows

        data, preprocessing, chosen_by = chosen
        file = self._file(chosen)
        table = self._table(data, preprocessing)
        learned = table.only(split_rows(table, file).train)
        fitted = refit(file, learned_rows(file, learned), self.sides[chosen_by].fitted.best_params)
        rows = self.rows(preprocessing)
        said = predict(fitted, rows.features)
        artefact = self._workspace(chosen).predictions
        with artefact.writing() as aside:
            write_arrow(predictions_table(rows, {"model": said}), aside)
        kept = _Kept(sha256=digest(artefact.path))
        keep_sealed(self.services, self._result(chosen), self._about(chosen), kept)
        return said

    def _file(self, chosen: tuple[int, int, int]) -> ModelFile:
        """The model file of a crossing."""
        data, preprocessing, by = (self.sides[side].file for side in chosen)
        joins = preprocessing.data.joins
        return data.model_copy(update={
            "data": data.data.model_copy(update={"joins": joins}),
            "features": preprocessing.features,
            "preprocessing": preprocessing.preprocessing,
            "estimator": by.estimator,
        })  # fmt: skip

    def _table(self, data: int, preprocessing: int) -> TrainingTable:
        """The table of one side's data with the features of one side; built once."""
        if (data, preprocessing) not in self._tables:
            file = self._file((data, preprocessing, data))
            used = self._used(data, preprocessing)
            self._tables[data, preprocessing] = table_of(self.services, used, file)
        return self._tables[data, preprocessing]

    def _used(self, data: int, preprocessing: int) -> tuple[DataUsed, ...]:
        """The data of one side, and what the other's features join where only that one has it."""
        own = self.sides[data].record.data
        others = self.sides[preprocessing].record.data[1:]
        known = {used.dataset: used for used in (*others, *own[1:])}
        joins = self.sides[preprocessing].file.data.joins
        return own[0], *(known[name] for name in joins)

    def _workspace(self, chosen: tuple[int, int, int]) -> TrainingWorkspace:
        dataset, model = self.sides[1].record.data[0].dataset, self.sides[1].version.model
        key = (dataset, folder_of(model), self._id(chosen))
        return TrainingWorkspace(self.services.lake, key)

    def _id(self, chosen: tuple[int, int, int]) -> str:
        """The id of all that a crossing's predictions derive from."""
        parts = [self.sides[side].factors[name]
                 for name, side in zip(FACTORS, chosen, strict=True)]  # fmt: skip
        about = [side.version.training_run for side in self.sides]
        return self.services.registry.use_id("training_run", {"crossing": parts, "rows": about})

    def _result(self, chosen: tuple[int, int, int]) -> Any:
        return self._workspace(chosen).result(_KEPT)

    def _about(self, chosen: tuple[int, int, int]) -> list[str]:
        return [_KEPT, self.sides[1].version.model, self._id(chosen)]


def check_code(side: Side) -> None:
    """Refuse a version that other code has trained: its factors can't be refitted.

    Raises
    ------
    InputError
        If that is so.
    """
    now = code_of(side.file)
    if side.record.code != now:
        raise InputError(
            "the code that trained the version isn't there any more", where=side.version.name,
            got=now, expected=side.record.code,
            do=f"Train both versions with one code: assay train {side.version.model}.",
        )  # fmt: skip
