"""Which made rows a model is fitted on beside real ones."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assay.policy._base import Model


class SyntheticRows(Model):
    """Made rows among those that the model is fitted on; it is never tested on one."""

    method: Literal["smote", "mixup", "noise", "copula"] = Field(
        description="How they are made, each time from the training rows alone. `smote`, `mixup`, "
        "`noise`: of rows of one class, as `assay augment` does, the rarest classes first. "
        "`copula`: like all training rows."
    )
    share: float = Field(
        gt=0, le=0.5, description="Share of made rows among the rows that the model is fitted on."
    )
    seed: int = Field(0, ge=0, description="Another seed makes other rows.")
    rationale: str = Field(min_length=1, description="Why the model needs them.")
