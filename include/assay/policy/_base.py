"""What every policy has in common."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.document import content_hash
from assay.verdict import OnInconclusive

Role = Literal[
    "label", "prediction", "probability", "protected", "identifier", "key", "feature", "weight"
]
ColumnPath = tuple[tuple[str | int, ...], str]


class Model(BaseModel):
    """A part of a policy: immutable, unknown keys refused, numbers never taken from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Policy(Model):
    """A policy file as a whole."""

    description: str | None = Field(None, description="What this policy is for, in a sentence.")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the policy's content, defaults included; comments don't count."""
        return content_hash(self.model_dump(mode="json"))

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        return ()


class GatePolicy(Policy):
    """The policy of a gate: it must say what happens when the data can't tell."""

    on_inconclusive: OnInconclusive = Field(
        description="What an INCONCLUSIVE verdict does: `hold` the batch, or `release` it as WARN."
    )
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="Roles of columns, for use without a contract; a contract's roles come first.",
    )
