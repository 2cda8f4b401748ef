"""What is known of the columns that a model could see: types, roles, and what they derive from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from assay.contract import Column, Contract
from assay.expression import columns_of
from assay.policy.cleaning import CleaningPolicy
from assay.policy.model import ModelFile


@dataclass(frozen=True)
class Columns:
    """The columns of a data set's released rows, and those that a model joins to them.

    Parameters
    ----------
    types : mapping of str to str or None
        Column → its type in the contract, None for what cleaning derives and no contract types.
    roles : mapping of str to str
        Column → its role.
    derived : mapping of str to tuple of str
        Column that cleaning makes → the columns that it is made of.
    identifiers : frozenset of str
        Columns that lead to a subject, pseudonyms included.
    levels : mapping of str to tuple of str
        Column → its closed list of levels.
    keys : mapping of str to tuple of str
        Data set that is joined → the columns of its key.
    joined : mapping of str to tuple of str
        Data set that is joined → all columns of its released rows.
    ranges : mapping of str to pair of float or None
        Number → the least and the greatest value by the contract.
    classified : frozenset of str
        Columns whose values may not be shown, what cleaning makes of them included.
    """

    types: Mapping[str, str | None]
    roles: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    classified: frozenset[str] = frozenset()

    @property
    def own(self) -> dict[str, str | None]:
        """The columns of the data set itself."""
        return {n: t for n, t in self.types.items() if not self._is_joined(n)}

    def _is_joined(self, name: str) -> bool:
        return name.split(".", 1)[0] in self.joined and "." in name


def describe_columns(
    model: ModelFile,
    contracts: Mapping[str, Contract],
    *,
    dropped: Collection[str] = (),
    cleaning: CleaningPolicy | None = None,
) -> Columns:
    """Describe the columns that a model file may name.

    Parameters
    ----------
    contracts : mapping of str to Contract
        Data set → contract, for the model's data set and those that it joins; others may be
        missing.
    dropped : collection of str
        Columns that privacy drops from the model's data set.
    cleaning : CleaningPolicy, optional
        The policy of the model's data set, for the columns that it makes.
    """
    contract = contracts[model.data.dataset]
    left = [c for c in contract.columns if c.name not in dropped]
    derived = {} if cleaning is None else _derived(cleaning)
    types: dict[str, str | None] = {c.name: c.type for c in left} | dict.fromkeys(derived)
    roles = {name: role for name, role in contract.roles.items() if name in types}
    identifiers = {c.name for c in contract.identifiers}
    levels = {c.name: c.levels for c in left if c.levels}
    ranges = {c.name: found for c in left if (found := _range(c))}
    joined = {name: contracts[name] for name in model.data.joins if name in contracts}
    for name, other in joined.items():
        named = {f"{name}.{c.name}": c for c in other.columns}
        types |= {full: c.type for full, c in named.items()}
        roles |= {f"{name}.{column}": role for column, role in other.roles.items()}
        identifiers |= {f"{name}.{c.name}" for c in other.identifiers}
        levels |= {full: c.levels for full, c in named.items() if c.levels}
        ranges |= {full: found for full, c in named.items() if (found := _range(c))}
    return Columns(
        types, roles, derived, frozenset(identifiers), levels,
        {name: other.primary_key for name, other in joined.items()},
        {name: other.column_names for name, other in joined.items()}, ranges,
        _classified(contract, joined, derived),
    )  # fmt: skip


def _range(column: Column) -> tuple[float | None, float | None] | None:
    """The bounds of a number; None for what has none."""
    if column.options is None or column.type not in {"integer", "number"}:
        return None
    bounds = (column.options.minimum, column.options.maximum)
    low, high = (float(b) if isinstance(b, int | float) else None for b in bounds)
    return None if low is None and high is None else (low, high)


def _classified(
    contract: Contract, joined: Mapping[str, Contract], derived: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Classified columns, and what is derived from one, at any depth."""
    found = set(contract.classified)
    found |= {f"{name}.{column}" for name, other in joined.items() for column in other.classified}
    for _ in derived:
        found |= {name for name, sources in derived.items() if found & set(sources)}
    return frozenset(found)


def _derived(cleaning: CleaningPolicy) -> dict[str, tuple[str, ...]]:
    """Columns that cleaning makes → what they are made of, the flags of a column included."""
    made: dict[str, tuple[str, ...]] = {}
    for step in cleaning.steps:
        expressions = step.expressions()
        made |= {name: columns_of(text) for name, text in expressions.items()}
        flags = [name for name in step.added_columns() if name not in expressions]
        made |= {name: (name.rsplit("__", 1)[0],) for name in flags}
    return made
