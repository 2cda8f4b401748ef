"""The images policy: how more training images are made, and for which label each change is safe.

A mirrored 6 isn't a 6: a person who knows the labels must say which change keeps them. A data set
without images has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import ColumnPath, Model, Policy, level_text, optional
from assay.policy.fairness import Level

Change = Literal["flip_horizontally", "flip_vertically", "rotate", "crop", "brighten", "noise"]
FLIPS: Final = frozenset({"flip_horizontally", "flip_vertically"})
_MOST_DEGREES: Final = 180.0


class ImageChange(Model):
    """One change of an image, how probable it is, and for which labels it is safe."""

    change: Change = Field(
        description="`rotate` by an angle; `crop` cuts off edges and enlarges the rest; `brighten` "
        "multiplies the brightness; `noise` adds a normal draw to each value."
    )
    probability: float = Field(gt=0, le=1, description="How often an image is changed so.")
    most: float | None = optional(
        "The greatest angle in degrees (`rotate`), share of width and height that is cut off "
        "(`crop`), factor beyond 1 (`brighten`), standard deviation as a share of the range "
        "(`noise`). Each image draws its own, up to it. A flip has none.",
        gt=0,
    )
    safe_for: Literal["all"] | tuple[Level, ...] = Field(
        min_length=1, description="The labels that an image keeps under the change, or `all`."
    )
    rationale: str = Field(min_length=1, description="Why the label stays.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.change in FLIPS) is not (self.most is None):
            raise ValueError(f"{self.change} {'has no' if self.most else 'needs'} `most`")
        limit = _MOST_DEGREES if self.change == "rotate" else 1
        if self.most is not None and (
            self.most > limit or (self.change == "crop" and self.most == 1)
        ):
            raise ValueError(f"{self.change}: `most` is at most {limit:g}")
        return self

    def is_safe_for(self, label: str) -> bool:
        """Whether an image of this label, as text, keeps it."""
        return self.safe_for == "all" or label in {level_text(one) for one in self.safe_for}


class ImagesPolicy(Policy):
    """How more images are made of those that a data set has."""

    noun: ClassVar[str] = "images"

    image: str = Field(description="Column of the images: their bytes, or paths beside the file.")
    label: str = Field(description="Column of the label.")
    seed: int = Field(ge=0, description="The same gives the same images.")
    most_pixels: int = Field(
        16_000_000, ge=1, description="Pixels that an image may have; a larger one is refused."
    )
    changes: Annotated[tuple[ImageChange, ...], Field(min_length=1)] = Field(
        description="What may be changed, in this order."
    )

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with its place in the file."""
        yield ("image",), self.image
        yield ("label",), self.label
