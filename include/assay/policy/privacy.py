"""The privacy policy: what becomes of each column that can lead to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import ColumnPath, Model, Policy, by_name, named_at, optional
from assay.policy.tighter import ASKED, FEWER, LESS, ranked
from assay.verdict import OnInconclusive

Names = tuple[str, ...]
Class = Literal["identifier", "quasi_identifier", "sensitive"]
Way = Literal["drop", "mask", "redact", "generalise", "pseudonymise", "keep"]
Kind = Literal["url", "email", "iban", "card", "ip", "phone", "number"]
Wider = Annotated[tuple[str, ...], Field(min_length=2)]
PlaceName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=200)]


class _Treatment(Model):
    rationale: str | None = Field(None, description="Why this treatment is enough, or needed.")

    def closed_levels(self, listed: Names | None) -> Names | None:
        """The only levels that treated values can have; None where that isn't known."""
        return listed


class Drop(_Treatment):
    """The column is left out."""

    treatment: Literal["drop"] = Field(description="Leave the column out of every version.")


class Mask(_Treatment):
    """Each value is replaced by one text; nulls stay null."""

    treatment: Literal["mask"] = Field(description="Replace each value by a text.")
    text: str = Field(min_length=1, description="The text that stands for what is hidden.")
    keep_last: int = Field(
        0,
        ge=0,
        description="Characters at the end that stay readable; a value no longer than these is "
        "hidden wholly.",
    )

    @model_validator(mode="after")
    def _rationale_for_what_stays(self) -> Self:
        if self.keep_last and not self.rationale:
            raise ValueError("keep_last needs a rationale: what stays may lead to a person")
        return self


class Redact(_Treatment):
    """What leads to a person inside a text is replaced by the name of its kind."""

    treatment: Literal["redact"] = Field(
        description="Replace what leads to a person inside a text, and leave the rest of the text."
    )
    kinds: tuple[Kind, ...] = Field(
        (),
        description="What is replaced, as `[email]`. `number` is every run of digits. Check digits "
        "aren't asked for: a mistyped card number goes too.",
    )
    patterns: dict[PlaceName, Pattern] = by_name(
        "Name to a pattern (RE2) of your own, replaced before the kinds, in this order, as "
        "`[name]`."
    )
    rationale: str = Field(
        min_length=1, description="Why what no pattern finds may stay, such as names in the text."
    )

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if not self.kinds and not self.patterns:
            raise ValueError("redact needs kinds or patterns: it would replace nothing")
        return self

    def closed_levels(self, listed: Names | None) -> None:
        """None: texts are no levels."""


class Bins(Model):
    """Numbers become the interval that they lie in."""

    kind: Literal["bins"] = Field(description="Numeric bins.")
    edges: tuple[float, ...] = Field(
        min_length=1,
        description="Rising edges. Values become `<a`, `[a, b)` … `>=z`; each edge belongs to the "
        "bin above it.",
    )

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        if any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("edges must rise strictly")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the intervals, the lowest first.

        Examples
        --------
        >>> Bins(kind="bins", edges=(30, 50.5)).labels
        ('<30', '[30, 50.5)', '>=50.5')
        """
        named = [str(int(e)) if float(e).is_integer() else repr(float(e)) for e in self.edges]
        between = (f"[{low}, {high})" for low, high in pairwise(named))
        return (f"<{named[0]}", *between, f">={named[-1]}")


class DatePart(Model):
    """Dates and timestamps become the first day of their period."""

    kind: Literal["date"] = Field(description="Truncate to a period.")
    unit: Literal["week", "month", "quarter", "year"] = Field(
        description="The period; a week begins on Monday."
    )


class Prefix(Model):
    """Texts become their first characters."""

    kind: Literal["prefix"] = Field(description="The first characters.")
    length: int = Field(ge=1, description="Characters kept.")


class Levels(Model):
    """Values become wider levels by a list."""

    kind: Literal["levels"] = Field(description="A list of levels and the values in each.")
    levels: dict[str, tuple[str, ...]] = Field(
        min_length=1, description="Level to the values, as text, that become it."
    )
    other: str = Field(min_length=1, description="The level of every value in no list.")

    @model_validator(mode="after")
    def _each_value_once(self) -> Self:
        values = [value for of_level in self.levels.values() for value in of_level]
        if len(set(values)) < len(values):
            raise ValueError("a value stands in two levels")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the levels, the one of all other values last."""
        return tuple(dict.fromkeys((*self.levels, self.other)))


class Hierarchy(Model):
    """Values become one of their wider levels."""

    kind: Literal["hierarchy"] = Field(description="Several levels of wider values.")
    rows: tuple[Wider, ...] = Field(
        min_length=1,
        description="For each value, as text: the value, what it becomes at level 1, at level 2 …, "
        "such as `[Ghent, Flanders, Belgium]`.",
    )
    level: int = Field(ge=1, description="The level that versions have: 1 is the narrowest.")
    other: str = Field(min_length=1, description="What every value in no row becomes.")

    @model_validator(mode="after")
    def _each_value_has_one_way_up(self) -> Self:
        if len(sizes := {len(row) for row in self.rows}) > 1:
            raise ValueError(f"rows have unequal numbers of levels: {sorted(sizes)}")
        if self.level >= (size := sizes.pop()):
            raise ValueError(f"level {self.level} is above the highest of the rows, {size - 1}")
        if len({row[0] for row in self.rows}) < len(self.rows):
            raise ValueError("a value stands in two rows")
        steps = {(depth, row[depth], row[depth + 1]) for row in self.rows
                 for depth in range(1, size - 1)}  # fmt: skip
        if len({step[:2] for step in steps}) < len(steps):
            raise ValueError("a level becomes two wider ones: its name must be unique")
        return self

    @property
    def levels(self) -> dict[str, Names]:
        """Each name of the level that versions have, and the values that become it.

        Examples
        --------
        >>> Hierarchy(kind="hierarchy", rows=(("a", "A"), ("b", "A")), level=1, other="-").levels
        {'A': ('a', 'b')}
        """
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row[self.level], []).append(row[0])
        return {level: tuple(values) for level, values in found.items()}

    @property
    def labels(self) -> Names:
        """Names of the level that versions have, the one of all other values last."""
        return tuple(dict.fromkeys((*self.levels, self.other)))


class Generalise(_Treatment):
    """Values become coarser."""

    treatment: Literal["generalise"] = Field(description="Make values coarser.")
    to: Annotated[Bins | DatePart | Prefix | Levels | Hierarchy, Field(discriminator="kind")] = (
        Field(description="What values become.")
    )

    def closed_levels(self, listed: Names | None) -> Names | None:  # noqa: ARG002
        """The labels of bins, levels or a hierarchy."""
        return self.to.labels if isinstance(self.to, Bins | Levels | Hierarchy) else None


class Pseudonymise(_Treatment):
    """Each value is replaced by its keyed pseudonym in the contract's identity domain."""

    treatment: Literal["pseudonymise"] = Field(
        description="Replace each value by its pseudonym in the column's identity domain."
    )

    def closed_levels(self, listed: Names | None) -> None:
        """None: pseudonyms are no levels."""


class Keep(_Treatment):
    """The column stays as it is, for a stated reason."""

    treatment: Literal["keep"] = Field(
        description="Leave the values as they are; never for an identifier."
    )
    rationale: str = Field(min_length=1, description="Why the values may stay as they are.")


Treatment = Annotated[
    Drop | Mask | Redact | Generalise | Pseudonymise | Keep, Field(discriminator="treatment")
]


class NotPersonal(Model):
    """A person's decision that a column isn't of a kind of personal data that it looks like."""

    because: str = Field(min_length=1, description="Why it isn't; no personal data.")
    by: str = Field(min_length=1, description="Who decided.")
    at: dt.date = Field(description="The day of the decision.")


class PersonalDataFinding(Model):
    """The search of each batch for columns that look personal and that no contract classifies."""

    least_share: Annotated[float, LESS] = Field(
        gt=0, le=1, description="Least share of a column's distinct values that look personal."
    )
    on_found: Annotated[Literal["warn", "hold"], ranked("warn", "hold")] = Field(
        description="What an undeclared column does: `hold` the batch, which nobody can force, or "
        "release it as WARN."
    )
    rationale: str | None = optional("Where the share comes from.")
    not_personal: dict[str, dict[str, NotPersonal]] = by_name(
        "Column to kind to the decision that the column isn't of this kind. Another kind that is "
        "found later holds the batch again. `assay privacy confirm` writes it."
    )


class PrivacyPolicy(Policy):
    """How each classified column of a data set is treated before anybody may read it."""

    noun: ClassVar[str] = "privacy"
    on_request: ClassVar[frozenset[str]] = frozenset({"allowed_treatments", "finding"})

    columns: dict[str, Treatment] = by_name(
        "Column to treatment. Each column that the contract classifies must be here; "
        "others stay as they are unless they are here."
    )
    allowed_treatments: Annotated[dict[Class, tuple[Way, ...]], FEWER] = by_name(
        "Classification to the treatments that its columns may have; without an entry, any. "
        "For an organisation, which can name no column."
    )
    finding: Annotated[PersonalDataFinding | None, ASKED] = optional(
        "The search for personal data that the contract doesn't declare; without it there is none."
    )

    @property
    def on_inconclusive(self) -> OnInconclusive:
        """Hold: what can't be judged isn't let through."""
        return "hold"

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        yield from named_at(("columns",), self.columns)
        if self.finding is not None:
            yield from named_at(("finding", "not_personal"), self.finding.not_personal)

    def closed_levels(self, listed: Mapping[str, Names | None]) -> dict[str, Names]:
        """The only levels that columns can have once they are treated, where that is known.

        Parameters
        ----------
        listed : mapping
            Column to the closed list that its contract gives, None where it gives none.
        """
        found = {
            name: self.columns[name].closed_levels(levels) if name in self.columns else levels
            for name, levels in listed.items()
        }
        return {name: levels for name, levels in found.items() if levels is not None}
