"""The synthesis policy: what is learned from a data set, and what made rows must be like.

A data set that nobody makes rows of has none. Made rows are judged by four kinds of limits before
anybody may use them: fidelity, utility, privacy and bias.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import ColumnPath, GatePolicy, Model, named_at, optional
from assay.policy.fairness import Level

Method = Literal["copula", "gan", "best"]


class Network(Model):
    """How the generative adversarial network learns."""

    epochs: int = Field(ge=1, description="Times that it sees each row.")
    batch: int = Field(
        500, ge=20, multiple_of=10, description="Rows of one step; a multiple of ten."
    )


class Fidelity(Model):
    """Limits of the distance between made and real rows, from 0 (alike) to 1."""

    column: float = Field(
        gt=0, lt=1, description="Greatest distance of a column's distribution: Kolmogorov and "
        "Smirnov's D of numbers, total variation of levels.",
    )  # fmt: skip
    pair: float = Field(
        gt=0, lt=1, description="Greatest total variation of two columns' joint distribution."
    )
    rationale: str = Field(min_length=1, description="What the limits come from.")


class Utility(Model):
    """How much worse a model may be that learned from made rows."""

    label: str = Field(description="Column that a model learns to predict.")
    positive: Level | None = optional("Of a label with two levels, the one that is looked for.")
    most_lost: float = Field(
        ge=0, description="Greatest loss against a model that learned from as many real rows, in "
        "AUC (two levels), accuracy (more) or explained variance (numbers)."
    )  # fmt: skip
    rationale: str = Field(min_length=1, description="What the limit comes from.")


class Privacy(Model):
    """Limits of what made rows say of the rows that were learned from."""

    nearer: float = Field(
        ge=0.5, lt=1, description="Greatest share of made rows that are nearer to a row that was "
        "learned from than to one of as many others; .5 is chance.",
    )  # fmt: skip
    ratio_gap: float = Field(
        ge=0, lt=1, description="By how much the ratio of the distances to the nearest and second "
        "nearest row may be smaller among the rows that were learned from.",
    )  # fmt: skip
    membership_auc: float = Field(
        ge=0.5, lt=1, description="Greatest AUC of telling by made rows whether a real row was "
        "learned from; .5 is chance.",
    )  # fmt: skip
    rare: float = Field(
        ge=0, lt=1, description="Greatest share of made rows whose quasi-identifiers fewer than "
        "`least_number` real rows have.",
    )  # fmt: skip
    quasi_identifiers: tuple[str, ...] = Field(
        (), description="Columns that may single out a person together; the contract's by default."
    )
    rationale: str = Field(min_length=1, description="What the limits come from.")


class Bias(Model):
    """Limits of how made rows may differ from real ones for a group of people."""

    attributes: dict[str, Level] = Field(
        min_length=1, description="Column to its reference group, that others are compared with."
    )
    label: str = Field(description="Column of the outcome.")
    favourable: Level = Field(description="The outcome that is good for a person.")
    share: float = Field(gt=0, lt=1, description="Greatest change of a group's share of the rows.")
    rate: float = Field(
        gt=0, lt=1, description="Greatest change of a group's share of favourable outcomes."
    )
    impact: float = Field(
        gt=1,
        description="Greatest factor, up or down, by which a group's disparate impact changes.",
    )
    rationale: str = Field(min_length=1, description="What the limits come from.")


class SynthesisPolicy(GatePolicy):
    """What is learned from a data set, and the limits of what is made."""

    noun: ClassVar[str] = "synthesis"

    method: Method = Field(
        description="`copula`: a Gaussian copula; `gan`: a generative adversarial network; `best`: "
        "the network where it is judged better than the copula, else the copula."
    )
    rake: bool = Field(
        description="Keep drawn rows by chance, so that columns and pairs of columns have the "
        "shares of real rows (raking)."
    )
    rows: int = Field(ge=1, description="Rows that are made.")
    seed: int = Field(ge=0, description="The same gives the same rows.")
    alpha: float = Field(gt=0, lt=0.5, description="One minus the confidence of intervals.")
    least_number: int = Field(
        ge=2, description="Rows that must share a level, an end of a column, or a combination, so "
        "that it may come out.",
    )  # fmt: skip
    most_levels: int = Field(ge=2, description="Levels that a column may have.")
    most_rows: int = Field(
        ge=200, description="Real rows that are read. One half is learned from; made rows are "
        "compared with the other.",
    )  # fmt: skip
    leave_out: tuple[str, ...] = Field((), description="Columns that aren't made.")
    rules: tuple[str, ...] = Field(
        (), description="Expressions that are true of every made row, beside the contract's rules."
    )
    network: Network | None = optional("Of the methods `gan` and `best`.")
    fidelity: Fidelity = Field(description="How unlike real rows made ones may be.")
    utility: Utility | None = optional("Not judged where it is left out.")
    privacy: Privacy = Field(description="How much made rows may say of single real ones.")
    bias: Bias | None = optional("Not judged where it is left out.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.method != "copula" and self.network is None:
            raise ValueError(f"method {self.method} needs `network`")
        if out := sorted(set(self.leave_out) & {name for _, name in self._judged()}):
            raise ValueError(f"`leave_out` names what is judged: {', '.join(out)}")
        return self

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with its place in the file."""
        yield from named_at(("leave_out",), self.leave_out)
        yield from self._judged()

    def _judged(self) -> Iterable[ColumnPath]:
        if self.utility is not None:
            yield ("utility", "label"), self.utility.label
        yield from named_at(("privacy", "quasi_identifiers"), self.privacy.quasi_identifiers)
        if self.bias is not None:
            yield ("bias", "label"), self.bias.label
            yield from named_at(("bias", "attributes"), self.bias.attributes)
