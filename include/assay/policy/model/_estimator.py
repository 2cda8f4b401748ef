"""How rows become a model: preprocessing, estimator and search, scikit-learn's by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import Model, by_name, optional

Parameters = dict[str, Any]


class Preprocessing(Model):
    """One step of preprocessing: fitted on the training rows alone."""

    step: str = Field(
        description="Name of a scikit-learn transformer, such as `OneHotEncoder`; or "
        "`released_scaler`, which applies the scaler of the newest training batch."
    )
    columns: tuple[str, ...] = Field(
        min_length=1,
        description="Its columns. Steps with the same column follow one another, and a step sees "
        "together the columns that go through the same steps.",
    )
    parameters: Parameters = by_name("Its parameters, as scikit-learn names them.")


class Search(Model):
    """A search for the best hyperparameters on the training rows."""

    method: Literal["grid", "random", "halving"] = Field(
        description="`grid` tries all, `random` draws `candidates`, `halving` drops the worse half."
    )
    space: dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(
        min_length=1, description="Parameter → the values that are tried."
    )
    metric: str = Field(description="What is compared, such as `roc_auc` or `neg_log_loss`.")
    folds: int = Field(
        ge=2, description="How many folds of the training rows; subjects stay whole."
    )
    candidates: int | None = Field(None, ge=1, description="With `random`: how many are tried.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.method == "random") != (self.candidates is not None):
            raise ValueError("`method: random` and `candidates` need each other")
        return self


class Estimator(Model):
    """The estimator: scikit-learn's by class name, or own code by its entry."""

    name: str | None = optional("Class of scikit-learn, such as `HistGradientBoostingClassifier`.")
    entry: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="`package.module:function` of a package that the project installs. The "
        "function takes the parameters and returns an estimator with `fit` and `predict`.",
    )
    parameters: Parameters = by_name("Its hyperparameters.")
    search: Search | None = optional("A search for the best hyperparameters.")
    seed: int = Field(0, ge=0, description="The random state of everything that is random.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) == (self.entry is None):
            raise ValueError("an estimator needs either `name` or `entry`")
        return self
