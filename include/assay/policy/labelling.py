"""The labelling policy: what people are asked of a data set's rows, by whom, and when to stop.

Only a data set that is labelled has one. It isn't a part of what versions derive from: rows are
labelled after they are released, and the labels are a data set of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from assay.document import content_hash
from assay.policy._base import Model, Policy, level_text, optional

Strategy = Literal[
    "least_confidence", "margin", "entropy", "vote_entropy", "consensus_entropy", "divergence",
    "density", "k_means", "core_set", "suspects",
]  # fmt: skip
Platform = Literal["sheets", "label_studio"]
LEAST_RANDOM: Final = 0.1
"""Share of each round that is drawn at random, at least: without it nothing is known of the rows
that no strategy prefers."""
_VERSION_LENGTH: Final = 12


def labels_of(dataset: str) -> str:
    """The data set that a data set's labels are."""
    return f"{dataset}_labels"


class Answer(Model):
    """One of the answers that annotators choose from."""

    value: str | int | bool = Field(description="The label as the labels' data set has it.")
    definition: str = Field(min_length=1, description="When this answer is right.")
    examples: tuple[str, ...] = Field(
        (), description="Made-up cases that it is right for; never a person's own data."
    )


class Instruction(Model):
    """What annotators are asked. Its version is a hash of its content."""

    question: str = Field(min_length=1, description="The question about one row.")
    answers: tuple[Answer, ...] = Field(
        min_length=2, description="The answers; with `level: ordinal` from lowest to highest."
    )
    unsure: str | None = optional("What to do in doubt; an empty answer is always possible.")

    @property
    def version(self) -> str:
        """The first digits of the content's hash: labels keep it, since another question differs.

        Examples
        --------
        >>> answers = [{"value": v, "definition": "As it says."} for v in ("yes", "no")]
        >>> asked = Instruction(question="Is it late?", answers=answers)
        >>> other = Instruction(question="Is it very late?", answers=answers)
        >>> asked.version == other.version, len(asked.version)
        (False, 12)
        """
        return content_hash(self.model_dump(mode="json"))[:_VERSION_LENGTH]


class ShownColumn(Model):
    """A column that annotators see; the order of the file is that on the screen."""

    column: str = Field(description="Column of the released rows.")
    display: Literal["value", "long_text", "image_path", "image_bytes", "masked"] = Field(
        description="`value`: one line; `long_text`: with its line breaks; `image_path`: a "
        "picture, by its path below `folder`; `image_bytes`: a picture, which a column of text has "
        "as Base64; `masked`: only whether there is a value. A classified column can only be "
        "masked.",
    )
    title: str | None = optional("Its heading; the column's name by default.")
    folder: str | None = optional(
        "Of `image_path`: the folder of the pictures, on the host that publishes.", min_length=1
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.display == "image_path") is (self.folder is None):
            raise ValueError("`folder` belongs to `image_path`, and to nothing else")
        return self


class Part(Model):
    """A part of each round that one strategy chooses."""

    strategy: Strategy = Field(
        description="Uncertainty: `least_confidence`, `margin`, `entropy`. Disagreement of the "
        "committee: `vote_entropy`, `consensus_entropy`, `divergence`. Entropy where rows are "
        "many: `density`. Diversity: `k_means`, `core_set`. Labels that look wrong: `suspects`."
    )
    share: float = Field(gt=0, lt=1, description="Share of the round.")
    where: str | None = optional(
        "Only rows of a slice: an expression of the small grammar over the released columns."
    )
    rationale: str | None = Field(None, description="Why.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.where and self.strategy == "suspects":
            raise ValueError("suspects are labelled rows; leave out `where`")
        return self


class SelectionPolicy(Model):
    """Which rows a round asks for."""

    random: float = Field(
        ge=LEAST_RANDOM,
        le=1,
        description="Share that is drawn at random. Nothing else gives an accuracy of all rows.",
    )
    parts: tuple[Part, ...] = Field((), description="The other shares; with `random` they make 1.")
    spread: int = Field(
        4,
        ge=1,
        description="Candidates for each row that is chosen by a score, of which those that differ "
        "are taken; 1 takes the best ones.",
    )
    bags: int = Field(2, ge=1, le=20, description="Bags of each family of the committee.")
    seed: int = Field(0, ge=0, description="Another seed chooses other rows.")

    @model_validator(mode="after")
    def _sum(self) -> Self:
        total = self.random + sum(part.share for part in self.parts)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"random and the parts' shares make {total:.4g} instead of 1")
        return self


class RoundPolicy(Model):
    """The size of a round, and how long it lasts."""

    budget: int = Field(ge=1, description="Rows.")
    deadline_days: int = Field(ge=1, description="Days; what isn't answered then isn't waited for.")
    rationale: str | None = Field(None, description="Who has that much time.")


class AnswerPrice(Model):
    """What one answer costs, an expert's too."""

    amount: float = Field(gt=0, description="Money an answer.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="Three letters, such as EUR.")
    rationale: str = Field(min_length=1, description="Whose rate it is.")


class ReviewLimits(Model):
    """Limits that send a task to an expert."""

    least_posterior: float = Field(ge=0, le=1, description="A label that is less probable.")
    least_agreement: float = Field(
        ge=0, le=1, description="A task whose commonest answer has a smaller share."
    )
    unanimous_share: float = Field(
        ge=0, le=1, description="Share of unanimous tasks, at random: all may be wrong."
    )
    rationale: str | None = Field(None, description="Where the limits come from.")


class AgreementLimit(Model):
    """How well annotators must agree: the whole interval keeps the limit."""

    figure: Literal["krippendorff_alpha", "fleiss_kappa", "cohen_kappa", "raw_agreement"] = Field(
        description="The figure over all tasks."
    )
    min: float = Field(ge=-1, le=1, description="Least value.")
    rationale: str | None = Field(None, description="Where the limit comes from.")


class StopPolicy(Model):
    """When no other round is asked for: whichever comes first."""

    gain: float = Field(gt=0, lt=1, description="Accuracy that another round must give.")
    probability: float = Field(
        gt=0.5, lt=1, description="A round that gives less with this probability isn't asked for."
    )
    labels: int = Field(ge=1, description="Labels in all, at most.")
    rationale: str | None = Field(None, description="What a label costs, and what it is for.")


class LabellingPolicy(Policy):
    """What people are asked of a data set's rows, by whom, and when to stop."""

    noun: ClassVar[str] = "labelling"

    instruction: Instruction = Field(description="What annotators are asked.")
    level: Literal["nominal", "ordinal", "interval"] = Field(
        "nominal", description="What answers are: names, places in an order, or numbers."
    )
    show: tuple[ShownColumn, ...] = Field(min_length=1, description="What annotators see.")
    platform: Platform = Field(
        "sheets",
        description="Where people answer: `sheets` (a CSV file for each person) or `label_studio`. "
        "`assay label publish --platform` names another one.",
    )
    round: RoundPolicy = Field(description="How much one round asks for.")
    selection: SelectionPolicy = Field(description="Which rows it asks for.")
    double_labelling: float = Field(
        ge=0, le=1, description="Share of tasks, at random, that two people answer."
    )
    gold_rate: float = Field(
        ge=0, le=0.5, description="Share of tasks whose answer is known, to see how people answer."
    )
    review: ReviewLimits = Field(description="Which tasks an expert sees.")
    agreement: tuple[AgreementLimit, ...] = Field((), description="How well people must agree.")
    stop: StopPolicy = Field(description="When to stop.")
    price: AnswerPrice | None = optional("What an answer costs; without it money isn't counted.")
    annotators: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="User ids: who answers; `assay label plan --annotator` names others."
    )
    experts: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description="User ids, or a group's name: whose answer stands."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers as text, in their order."""
        return tuple(str(level_text(answer.value)) for answer in self.instruction.answers)

    def _faults(self) -> Iterator[str]:
        for name in sorted({one for one in self.answers if self.answers.count(one) > 1}):
            yield f"two answers are {name!r}"
        shown = [one.column for one in self.show]
        for name in sorted({one for one in shown if shown.count(one) > 1}):
            yield f"show has {name!r} twice"
        figures = [one.figure for one in self.agreement]
        for name in sorted({one for one in figures if figures.count(one) > 1}):
            yield f"agreement names {name} twice"
        if self.agreement and not self.double_labelling:
            yield "agreement needs double_labelling above 0; nobody else answers the same task"
        numbers = all(isinstance(a.value, int) for a in self.instruction.answers)
        if self.level == "interval" and not numbers:
            yield "level: interval needs answers that are numbers"
