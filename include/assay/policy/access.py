"""The access policy: who may do what with a data set, and which rows and columns each role sees.

Nothing is allowed that no line allows: a role that isn't named may do nothing, a right that isn't
listed isn't given, a column that isn't named isn't seen. A data set without this file has no roles:
everybody who can read its files reads all released rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from pydantic import Field, StringConstraints, field_validator, model_validator

from assay.policy._base import Model, Policy, by_name, optional
from assay.policy.privacy import Drop, Generalise, Keep, Mask
from assay.policy.tighter import FEWER, LESS

Right = Literal[
    "see_runs", "trigger", "approve", "force", "annotate", "read_released", "read_raw",
    "read_quarantine", "read_log", "reidentify", "place_hold", "lift_hold", "erase",
]  # fmt: skip
RIGHTS: Final[tuple[Right, ...]] = get_args(Right)
READING: Final[tuple[Right, ...]] = ("read_released", "read_raw", "read_quarantine", "reidentify")
"""Rights that show rows: who uses one names a purpose."""
CLEAR: Final[tuple[Right, ...]] = ("read_raw", "read_quarantine", "reidentify")
"""Rights that show clear values: the policy says why."""
PIPELINE: Final = "pipeline"
"""The role as which tasks read: training, labelling, synthesis."""

RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
View = Annotated[Drop | Mask | Generalise | Keep, Field(discriminator="treatment")]


class RolePolicy(Model):
    """What one role may do with the data set."""

    may: tuple[Right, ...] = Field(
        description="Its rights. `see_runs`: runs and their reports; `trigger`: start runs; "
        "`approve`: answer what asks a person; `force`: approve a release against a verdict; "
        "`annotate`: answer tasks of labelling; `read_released`: the rows and columns below; "
        "`read_raw`, `read_quarantine`: clear values as they landed; `read_log`: who read what; "
        "`reidentify`: who a pseudonym is; `place_hold`, `lift_hold`: legal holds; `erase`: "
        "requests of subjects."
    )
    purposes: tuple[Purpose, ...] = Field(
        (), description="What its reading may be for; needed by rights that show rows."
    )
    until: dt.date | None = optional("Its last day; without it, until it is taken out.")
    columns: dict[str, View] = by_name(
        "Column to what the role sees of it: `keep` (with a rationale), `mask`, `generalise`, or "
        "`drop`."
    )
    others: Literal["keep", "drop"] = Field(
        "drop",
        description="Columns that `columns` doesn't name: `keep` shows those of the contract that "
        "aren't classified. A classified column, and one that cleaning derives, is seen only where "
        "it is named.",
    )
    rows: str | None = optional(
        "Which rows it sees: an expression of the small grammar over the clear values, as in "
        "`origin == 'JFK'`. Where it is null the row isn't seen."
    )
    rationale: str | None = optional("Why; needed for rights that show clear values.")

    @field_validator("until", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        """A day as YAML gives it here: text."""
        return dt.date.fromisoformat(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        if len(set(self.may)) < len(self.may):
            yield "a right stands in `may` twice"
        reading = [right for right in self.may if right in READING]
        if reading and not self.purposes:
            yield f"{', '.join(reading)} needs `purposes`: reading is for something"
        clear = [right for right in self.may if right in CLEAR]
        if clear and not self.rationale:
            yield f"{', '.join(clear)} shows clear values and needs a `rationale`"
        shown = self.columns or self.others == "keep"
        if "read_released" in self.may and not shown:
            yield "read_released shows nothing: name `columns`, or `others: keep`"
        if "read_released" not in self.may and (shown or self.rows):
            yield "`columns`, `others` and `rows` belong to the right read_released"


class LogPolicy(Model):
    """The access log of the data set's home."""

    anchor_minutes: Annotated[int, LESS] = Field(
        ge=1,
        description="A read that comes this many minutes after the last anchor sets the next one. "
        "What was logged since the last anchor can be cut off unseen.",
    )
    rationale: str | None = optional("Why these.")


class AccessPolicy(Policy):
    """Who may do what with a data set, and which rows and columns each role sees."""

    noun: ClassVar[str] = "access"

    roles: dict[RoleName, RolePolicy] = Field(
        min_length=1,
        description="Role to what it may do. Any name is a role, such as owner, steward, engineer, "
        "scientist, auditor, annotator; tasks read as `pipeline`.",
    )
    members: Annotated[dict[RoleName, tuple[str, ...]], FEWER] = by_name(
        "Role to the users and groups that have it. A role that isn't here is anybody's who names "
        "it: then reads are logged and filtered, and nothing more."
    )
    most_rights: Annotated[dict[RoleName, tuple[Right, ...]], FEWER] = by_name(
        "Role to the rights that it may be given at most; without an entry, any."
    )
    log: LogPolicy = Field(description="How the log of reads is anchored.")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuse a role with a right that it may not be given."""
        faults = [
            f"roles.{name} has {right}, and most_rights doesn't"
            for name, role in self.roles.items() if name in self.most_rights
            for right in role.may if right not in self.most_rights[name]
        ]  # fmt: skip
        if faults:
            raise ValueError("; ".join(faults))
        return self
