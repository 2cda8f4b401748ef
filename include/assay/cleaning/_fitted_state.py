"""The fitted state: numbers only, stored once as JSON beside the version."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from assay import verdict
from assay.document import content_hash
from assay.errors import InputError
from assay.policy.cleaning import CleaningPolicy

FittedOn = Literal["reference", "moving", "batch"]
Fault = Literal["n_too_small", "spread_zero", "no_values", "scaling_refused"]
Value = bool | int | float | str | None


class Frozen(verdict.Frozen, ser_json_inf_nan="strings"):
    """A value whose JSON may have infinite numbers."""


class ColumnFit(Frozen):
    """What one step learned about one column.

    Read ``fault`` first: if it is set, the step could not be fitted for this column and leaves it
    as it is; only a scaler without spread still centres. ``values`` holds the numbers by
    name: ``low`` and ``high`` of outliers, ``fill`` of imputation, ``center`` and ``scale`` of a
    scaler; ``n`` is the number of values behind them.
    """

    n: int
    values: dict[str, Value] = Field(default_factory=dict)
    fault: Fault | None = None


class Tree(Frozen):
    """One isolation tree as parallel arrays; a leaf has feature -1 and its path length."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    length: tuple[float, ...]


class ForestFit(Frozen):
    """A fitted isolation forest as plain numbers: nothing in it is executable."""

    columns: tuple[str, ...]
    trees: tuple[Tree, ...]
    normaliser: float
    threshold: float | None
    sampled: int
    scored: int
    sklearn: str
    fault: Fault | None = None


class StepFit(Frozen):
    """The fit of one step of the policy; ``derived_from`` is the lineage of derived columns."""

    index: int
    step: str
    columns: dict[str, ColumnFit] = Field(default_factory=dict)
    forest: ForestFit | None = None
    derived_from: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class FittedState(Frozen):
    """Everything that a cleaning policy learned from its reference, and the policy itself.

    It is an object of the version, because its numbers come from data. It holds the policy, so that
    cleaning can be repeated after the policy's file has changed. The same reference and policy give
    the same bytes (``to_json``) on any number of threads.
    """

    policy: CleaningPolicy
    fitted_on: FittedOn
    rows: int
    steps: tuple[StepFit, ...]

    @property
    def policy_hash(self) -> str:
        """SHA-256 of the policy that was fitted."""
        return self.policy.hash

    @property
    def derived(self) -> dict[str, dict[str, Any]]:
        """The lineage of derived columns: what each reads, and the data's columns behind that."""
        found: dict[str, dict[str, Any]] = {}
        for fit in self.steps:
            for name, reads in fit.derived_from.items():
                roots = {r for read in reads for r in found.get(read, {"roots": [read]})["roots"]}
                found[name] = {
                    "expression": self.policy.steps[fit.index].expressions().get(name, ""),
                    "from": list(reads),
                    "roots": sorted(roots),
                }
        return found

    def scaler(self, output: str | None = None) -> dict[str, Any] | None:
        """The specification that ``scale`` reads: method, centre and scale by column, or None.

        A value x becomes (x − center) / scale. ``output`` selects the steps with that output.
        """
        columns: dict[str, dict[str, Any]] = {}
        for fit in self.steps:
            method = self.policy.steps[fit.index].scaling(output)
            if method is not None:
                scaled = {n: f for n, f in fit.columns.items() if "scale" in f.values}
                columns |= {n: {"method": method, "n": f.n, **f.values} for n, f in scaled.items()}
        about = {"format": "assay.scaler/1", "policy_hash": self.policy_hash}
        return {**about, "columns": columns} if columns else None

    @property
    def hash(self) -> str:
        """SHA-256 of the state's content."""
        return content_hash(self.model_dump(mode="json"))

    def to_json(self) -> str:
        """The state as JSON, the same text for the same state."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote.

        Raises
        ------
        InputError
            If it isn't a fitted state.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError("isn't a fitted state", where=place, got=first["type"]) from exc
