"""What all parts of a contract file share: known keys, and properties beyond the standard."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from assay.errors import did_you_mean

_KEYS: Final = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, coerce_numbers_to_str=True
)


class Odcs(BaseModel):
    """A part of the standard: its fields are read, ``standard`` names its other keys."""

    model_config = ConfigDict(frozen=True, extra="allow", **_KEYS)
    standard: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _known(self) -> Odcs:
        fields = {f.alias or name for name, f in type(self).model_fields.items()}
        for key in self.model_extra or {}:
            if key not in self.standard:
                known = sorted(self.standard | fields)
                raise ValueError(f"no such key: {key!r}. {did_you_mean(key, known)}".rstrip())
        return self


class Custom(BaseModel):
    """Custom properties that Assay reads, by their names."""

    model_config = ConfigDict(frozen=True, extra="forbid", **_KEYS)


class CustomProperty(Odcs):
    """One ``customProperties`` entry."""

    standard = frozenset({"id", "description", "vendor"})
    property: str
    value: Any = None
