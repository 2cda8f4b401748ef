"""What every policy has in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.document import content_hash
from assay.verdict import OnInconclusive

Role = Literal[
    "label", "prediction", "probability", "protected", "identifier", "key", "feature", "weight"
]
ColumnPath = tuple[tuple[str | int, ...], str]


def named_at(at: tuple[str | int, ...], names: Collection[str]) -> Iterator[ColumnPath]:
    """List columns, each with its place below another: its name in a mapping, or its number."""
    places = names if isinstance(names, Mapping) else range(len(names))
    yield from (((*at, place), name) for place, name in zip(places, names, strict=True))


def level_text(value: Any) -> Any:
    """A level as the data's own text: booleans in lower case, whole numbers without a point.

    Examples
    --------
    >>> level_text(True), level_text(2.0), level_text(0.5), level_text("Female")
    ('true', '2', '0.5', 'Female')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


def optional(description: str, default: Any = None, **limits: Any) -> Any:
    """A key of a policy that may be left out."""
    return Field(default, description=description, **limits)


def by_name(description: str, **limits: Any) -> Any:
    """A mapping of a policy that is empty where it is left out."""
    return Field(default_factory=dict, description=description, **limits)


class Model(BaseModel):
    """A part of a policy: immutable, unknown keys refused, numbers never taken from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Policy(Model):
    """A policy file as a whole; ``noun`` is the file's name, and its room's."""

    noun: ClassVar[str]
    on_request: ClassVar[frozenset[str]] = frozenset()
    """Keys without which a policy is what it was before they existed, and so is its hash."""

    description: str | None = Field(None, description="What this policy is for, in a sentence.")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the policy's content, defaults included; comments don't count.

        Keys on request that ask for nothing aren't in it.
        """
        content = self.model_dump(mode="json")
        unasked = {name for name in self.on_request if not content[name]}
        return content_hash({n: value for n, value in content.items() if n not in unasked})

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        return ()


class GatePolicy(Policy):
    """The policy of a gate: it must say what happens when the result is inconclusive."""

    on_inconclusive: OnInconclusive = Field(
        description="What an INCONCLUSIVE verdict does: `hold` the batch, or `release` it as WARN."
    )
    roles: dict[str, Role] = by_name(
        "Roles of columns, for use without a contract; a contract's roles come first."
    )


class OptionalGatePolicy(GatePolicy):
    """The policy of a gate that may not apply to a data set; it then says why."""

    applies: bool = Field(True, description="False where the gate has nothing to judge.")
    reason: str | None = optional("Why the gate doesn't apply; needed if it doesn't.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse a policy that would judge nothing, or less than it says."""
        if faults := list(self._faults() if self.applies else self._faults_when_idle()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        """What keeps the gate from judging what the policy says."""
        raise NotImplementedError

    def _judged(self) -> dict[str, bool]:
        """Keys that name something to judge → whether they do."""
        raise NotImplementedError

    def _faults_when_idle(self) -> Iterator[str]:
        if not self.reason:
            yield "applies: false needs a reason"
        if stated := [key for key, judges in self._judged().items() if judges]:
            yield f"with `applies: false`, leave out: {', '.join(stated)}"
