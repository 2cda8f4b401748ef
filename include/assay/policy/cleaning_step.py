"""What every kind of cleaning step has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, get_args

from pydantic import Field

from assay.policy._base import ColumnPath, Model, named_at, optional


class Step(Model):
    """One step of a cleaning policy; a subclass is a kind of step, by its literal ``step``."""

    kinds: ClassVar[dict[str, type[Step]]] = {}
    rank: ClassVar[int]
    """Place in the usual order."""

    reason: str | None = optional("Why this step stands outside the usual order.", min_length=1)
    rationale: str | None = Field(None, description="What the numbers of this step come from.")
    step: str

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the kind of step."""
        Step.kinds[get_args(cls.model_fields["step"].annotation)[0]] = cls

    @property
    def kind(self) -> str:
        """The kind of work, by which its class is found."""
        return self.step

    def needed_libraries(self) -> tuple[str, ...]:
        """List the libraries, beside the engine, whose version can change the result."""
        return ()

    def expressions(self) -> Mapping[str, str]:
        """List the derived columns, each with its expression."""
        return {}

    def scaling(self, output: str | None = None) -> str | None:  # noqa: ARG002
        """Name the method of scaling, where the step scales for this output."""
        return None

    def named_columns(self) -> Iterator[ColumnPath]:
        """List the columns that the step reads, each with its place within the step."""
        yield from named_at(("columns",), getattr(self, "columns", ()))

    def added_columns(self) -> tuple[str, ...]:
        """List the columns that the step adds to the table."""
        return ()
