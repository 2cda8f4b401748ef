"""From a contract file to a :class:`Contract`, every fault at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from assay.contract import _odcs as odcs
from assay.contract._freshness import PROPERTIES, freshness
from assay.contract._model import Column, Contract, Freshness, Reference
from assay.contract._source import FilesSource, RestSource, Source, SqlSource
from assay.document import Document, Loc, load_document, validate_document
from assay.errors import UNSET, AssayError, ContractError, Problem, did_you_mean, problems_error

PartT = TypeVar("PartT", bound=BaseModel)
SUFFIX = ".odcs.yaml"
_FILES = {"local", "s3", "custom"}


def load_contract(path: Path | str) -> Contract:
    """Load one contract.

    Raises
    ------
    ContractError
        With every fault: file, line, what was got, what was expected, the nearest known name.
    """
    document = load_document(path, ContractError)
    raw = validate_document(document, odcs.DataContract, ContractError)
    reader = _Reader(document)
    contract = reader.contract(raw)
    if reader.problems or contract is None:
        raise problems_error(ContractError, reader.problems)
    name = contract.path.name
    if name.endswith(SUFFIX) and name != contract.dataset + SUFFIX:
        raise ContractError(
            "the file isn't named after its data set", where=document.where(("name",)),
            got=contract.dataset, expected=contract.dataset + SUFFIX,
        )  # fmt: skip
    return contract


def load_contracts(folder: Path | str) -> Mapping[str, Contract | AssayError]:
    """Load every contract of a folder: data set → contract, or the error that it gives."""
    found: dict[str, Contract | AssayError] = {}
    for path in sorted(Path(folder).glob(f"*{SUFFIX}")):
        name = path.name.removesuffix(SUFFIX)
        try:
            found[name] = load_contract(path)
        except AssayError as exc:
            found[name] = exc
    return found


class _Reader:
    """Reads the parts of one document, and collects their faults."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def contract(self, raw: odcs.DataContract) -> Contract | None:
        custom = self._custom(raw.custom, odcs.DatasetCustom, ("customProperties",))
        table = raw.schema_[0]
        at: Loc = ("schema", 0, "properties")
        columns = [self._column(p, (*at, i)) for i, p in enumerate(table.properties)]
        self._check_unique([p.name for p in table.properties], at)
        self._check_case([p.name for p in table.properties], at)
        source = self._source(raw.servers[0], ("servers", 0))
        names = {p.name for p in table.properties}
        column = custom.partition.column if custom else None
        if column is not None and column not in names:
            hint = did_you_mean(column, names)
            self._fault("partition.column names no column", ("customProperties",), column, hint)
        fresh = self._freshness(raw, {c.name: c for c in columns if c})
        if custom is None or source is None or None in columns or self.problems:
            return None
        keys = [p for p in table.properties if p.primary_key]
        keys.sort(key=lambda p: p.primary_key_position or 0)
        return Contract(
            dataset=raw.name,
            version=raw.version,
            description=raw.description.purpose,
            owner=raw.team.name,
            owner_contact=raw.support[0].channel if raw.support else None,
            tags=raw.tags,
            columns=tuple(c for c in columns if c),
            primary_key=tuple(p.name for p in keys),
            freshness=fresh,
            source=source,
            hash=self.document.hash,
            path=self.document.path,
            **dict(custom),
        )

    def _freshness(
        self, raw: odcs.DataContract, columns: Mapping[str, Column]
    ) -> tuple[Freshness, ...]:
        found = []
        for i, level in enumerate(raw.levels):
            at: Loc = ("slaProperties", i)
            custom = self._custom(level.custom, odcs.ServiceLevelCustom, at)
            if level.property not in PROPERTIES or custom is None:
                continue
            try:
                found.append(freshness(level, raw.schema_[0].name, columns, custom.severity))
            except ValueError as exc:
                self._fault(f"{level.property}: {exc}", at)
        return tuple(found)

    def _column(self, raw: odcs.Property, loc: Loc) -> Column | None:
        custom = self._custom(raw.custom, odcs.ColumnCustom, (*loc, "customProperties"))
        if custom is None:
            return None
        if raw.classification == "identifier" and custom.identity_domain is None:
            self._fault(
                f"identifier {raw.name!r} has no identityDomain",
                (*loc, "classification"),
                do="Name the domain within which its pseudonyms may be joined.",
            )
        return Column(
            name=raw.name,
            type=raw.logical_type,
            description=raw.description,
            required=raw.required or raw.primary_key,
            unique=raw.unique,
            format=custom.parse_format,
            classification=raw.classification,
            identity_domain=custom.identity_domain,
            canonical=custom.canonical,
            levels=self._levels(raw, loc),
            role=custom.role,
            references=self._reference(raw, (*loc, "relationships")),
        )

    def _levels(self, raw: odcs.Property, loc: Loc) -> tuple[str, ...] | None:
        """The closed list as texts, in the form that a value of the column's type has."""
        if raw.enum is None:
            return None
        levels = []
        for i, entry in enumerate(raw.enum):
            level = _level(raw.logical_type, entry.value)
            if level is None:
                unquoted = raw.logical_type not in _FORMS and not isinstance(entry.value, str)
                kind = type(entry.value).__name__
                self._fault(
                    f"a level of {raw.name!r} isn't of its type, {raw.logical_type}",
                    (*loc, "enum", i, "value"),
                    entry.value,
                    do=f"YAML reads it as {kind}: quote it." if unquoted else None,
                )
            levels.append(level or "")
        return tuple(levels)

    def _reference(self, raw: odcs.Property, loc: Loc) -> Reference | None:
        if not raw.relationships:
            return None
        relationship = raw.relationships[0]
        custom = self._custom(relationship.custom, odcs.RelationshipCustom, (*loc, 0))
        dataset, _, column = relationship.to.partition(".")
        return Reference(dataset=dataset, column=column, **dict(custom)) if custom else None

    def _source(self, raw: odcs.Server, loc: Loc) -> Source | None:
        custom = self._custom(raw.custom, odcs.ServerCustom, (*loc, "customProperties"))
        if custom is None:
            return None
        kind: type[FilesSource | RestSource | SqlSource]
        kind = FilesSource if raw.type in _FILES else RestSource if raw.type == "api" else SqlSource
        given = {**dict(raw), **dict(custom), "location": raw.path or raw.location}
        return self._part(kind, loc, {n: v for n, v in given.items() if n in kind.model_fields})

    def _custom(
        self, raw: Sequence[odcs.CustomProperty], model: type[PartT], loc: Loc
    ) -> PartT | None:
        self._check_unique([c.property for c in raw], loc)
        return self._part(model, loc, {c.property: c.value for c in raw}, raw)

    def _part(
        self, model: type[PartT], loc: Loc, values: Mapping[str, Any],
        raw: Sequence[odcs.CustomProperty] = (),
    ) -> PartT | None:  # fmt: skip
        try:
            return model.model_validate(values)
        except ValidationError:
            places: dict[str, Loc] = {name: (*loc, name) for name in values}
            places |= {c.property: (*loc, i, "value") for i, c in enumerate(raw)}
            try:
                return validate_document(self._within(loc, values, places), model, ContractError)
            except ContractError as exc:
                self.problems += exc.problems
            return None

    def _within(self, loc: Loc, values: Mapping[str, Any], places: Mapping[str, Loc]) -> Document:
        """Some values as a document of their own, each with its line in the file."""
        known = self.document.lines
        lines = {
            (name, *place[len(at) :]): line
            for name, at in places.items()
            for place, line in known.items()
            if place[: len(at)] == at
        }
        lines[()] = next(known[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in known)
        return Document(self.document.path, values, lines, within=loc)

    def _check_unique(self, names: Sequence[str], loc: Loc) -> None:
        for name in sorted({n for n in names if names.count(n) > 1}):
            self._fault(f"{name!r} occurs twice", loc)

    def _check_case(self, names: Sequence[str], loc: Loc) -> None:
        # The engine tells names apart by all but the case of ASCII letters.
        first: dict[bytes, str] = {}
        for i, name in enumerate(names):
            other = first.setdefault(name.encode().lower(), name)
            if other != name:
                self._fault(
                    f"{name!r} differs from {other!r} by case only",
                    (*loc, i, "name"),
                    do="Land one of them, or have the source rename one.",
                )

    def _fault(self, what: str, loc: Loc, got: object = UNSET, do: str | None = None) -> None:
        self.problems.append(Problem(what, where=self.document.where(loc), got=got, do=do))


def _integer(level: str | float) -> str | None:
    whole = Decimal(str(level))
    return str(int(whole)) if whole == whole.to_integral_value() else None


def _number(level: str | float) -> str | None:
    return str(level) if math.isfinite(float(level)) else None


def _boolean(level: str | float) -> str | None:
    return str(level).lower() if str(level).lower() in {"true", "false"} else None


_FORMS: Final = {"integer": _integer, "number": _number, "boolean": _boolean}


def _level(logical_type: str, level: str | float) -> str | None:
    """A level as text; None if it is no value of the column's type.

    Examples
    --------
    >>> _level("integer", 2.0), _level("integer", "007"), _level("integer", 2.5)
    ('2', '7', None)
    >>> _level("string", "012"), _level("string", 10), _level("integer", True)
    ('012', None, None)
    """
    if logical_type not in _FORMS:
        return level if isinstance(level, str) else None
    if isinstance(level, bool) and logical_type != "boolean":
        return None
    try:
        return _FORMS[logical_type](level)
    except (ArithmeticError, ValueError):
        return None
