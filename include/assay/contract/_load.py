"""From a contract file to a :class:`Contract`, every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assay.contract import _odcs as odcs
from assay.contract._freshness import PROPERTIES, freshness, punctuality
from assay.contract._level import level_text
from assay.contract._model import Column, Contract, Freshness, Punctuality
from assay.contract._odcs_base import CustomProperty
from assay.contract._read_options import moment_format, type_options
from assay.contract._read_references import read_references
from assay.contract._read_rules import RuleReader
from assay.contract._read_zone import read_zone
from assay.contract._source import FilesSource, RestSource, Source, SqlSource
from assay.contract.rule import NotJudged, QualityRule
from assay.document import Document, Loc, load_document, validate_document
from assay.errors import UNSET, AssayError, ContractError, Problem, did_you_mean, problems_error

PartT = TypeVar("PartT", bound=BaseModel)
SUFFIX = ".odcs.yaml"
_FILES = {"local", "s3", "custom"}
_ONE_SNAPSHOT = {"duckdb", "mysql", "oracle", "postgres", "postgresql", "snowflake"}
"""Databases whose every statement reads one state of the data."""


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
        self.notes: list[NotJudged] = []

    def contract(self, raw: odcs.DataContract) -> Contract | None:
        custom = self._custom(raw.custom, odcs.DatasetCustom, ("customProperties",))
        table = raw.schema_[0]
        at: Loc = ("schema", 0, "properties")
        zone = custom.partition.timezone if custom else None
        rules = self._rules(raw)
        columns = [self._column(p, (*at, i), rules, zone) for i, p in enumerate(table.properties)]
        self._check_unique([p.name for p in table.properties], at)
        self._check_case([p.name for p in table.properties], at)
        quality = self._quality(table, rules)
        references = read_references(rules, table, self._custom)
        source = self._source(raw.servers[0], ("servers", 0))
        names = {p.name for p in table.properties}
        column = custom.partition.column if custom else None
        if column is not None and column not in names:
            hint = did_you_mean(column, names)
            self._fault("partition.column names no column", ("customProperties",), column, hint)
        if custom is not None:
            self._check_delivery(raw, custom)
        fresh, punctual = self._levels_of_service(raw, {c.name: c for c in columns if c})
        primary_key = self._primary_key(table, at)
        if custom is None or source is None or None in columns or self.problems:
            return None
        return Contract(
            dataset=raw.name,
            version=raw.version,
            description=raw.description.purpose,
            owner=raw.team.name,
            owner_contact=raw.support[0].channel if raw.support else None,
            tags=raw.tags,
            columns=tuple(c for c in columns if c),
            primary_key=primary_key,
            freshness=fresh,
            references=references,
            quality=quality,
            not_judged=tuple(sorted(self.notes, key=_place)),
            punctuality=punctual,
            source=source,
            hash=self.document.hash,
            path=self.document.path,
            **dict(custom),
        )

    def _check_delivery(self, raw: odcs.DataContract, custom: odcs.DatasetCustom) -> None:
        for i, entry in enumerate(raw.custom):
            for fault in custom.delivery.faults(custom.partition):
                if entry.property == "delivery":
                    self._fault(f"delivery: {fault}", ("customProperties", i, "value"))

    def _levels_of_service(
        self, raw: odcs.DataContract, columns: Mapping[str, Column]
    ) -> tuple[tuple[Freshness, ...], Punctuality | None]:
        found: list[Freshness] = []
        whole: list[Punctuality] = []
        table = raw.schema_[0].name
        for i, level in enumerate(raw.levels):
            at: Loc = ("slaProperties", i)
            custom = self._custom(level.custom, odcs.ServiceLevelCustom, at)
            if level.property.lower() not in PROPERTIES:
                self._note(at, f"the service level {level.property}", "only latency is judged")
                continue
            if custom is None:
                continue
            try:
                if late := punctuality(level, table, custom.severity):
                    whole.append(late)
                else:
                    found.append(freshness(level, table, columns, custom.severity))
            except ValueError as exc:
                self._fault(f"{level.property}: {exc}", at)
        if whole[1:]:
            self._fault("latency of the whole table is there twice", ("slaProperties",))
        return tuple(found), next(iter(whole), None)

    def _rules(self, raw: odcs.DataContract) -> RuleReader:
        table = raw.schema_[0]
        names = (table.name, table.physical_name, raw.name)
        return RuleReader(
            document=self.document,
            dialect=raw.servers[0].type,
            tables=tuple(dict.fromkeys(name for name in names if name)),
            columns=frozenset(p.name for p in table.properties),
            problems=self.problems,
            notes=self.notes,
        )

    def _quality(self, table: odcs.SchemaObject, rules: RuleReader) -> tuple[QualityRule, ...]:
        """The rules of the columns, in their order, then those of the table."""
        at: Loc = ("schema", 0)
        of_columns = [
            rule
            for i, p in enumerate(table.properties)
            for rule in rules.rules(p.quality, (*at, "properties", i), p)
        ]
        return (*of_columns, *rules.rules(table.quality, at))

    def _primary_key(self, table: odcs.SchemaObject, loc: Loc) -> tuple[str, ...]:
        """The columns of the key, by their positions."""
        keys = [(i, p) for i, p in enumerate(table.properties) if p.primary_key]
        places = [p.primary_key_position for _, p in keys if (p.primary_key_position or -1) > 0]
        for i, p in enumerate(table.properties):
            position = p.primary_key_position or -1
            at = (*loc, i, "primaryKeyPosition")
            if position > 0 and not p.primary_key:
                self._fault("a position in the key without primaryKey: true", at, position)
            elif position > 0 and places.count(position) > 1:
                self._fault("two columns have this position in the key", at, position)
        keys.sort(key=lambda one: one[1].primary_key_position or 0)
        return tuple(p.name for _, p in keys)

    def _column(
        self, raw: odcs.Property, loc: Loc, rules: RuleReader, zone: str | None
    ) -> Column | None:
        custom = self._custom(raw.custom, odcs.ColumnCustom, (*loc, "customProperties"))
        if custom is None:
            return None
        if raw.classification == "identifier" and custom.identity_domain is None:
            self._fault(
                f"identifier {raw.name!r} has no identityDomain",
                (*loc, "classification"),
                do="Name the domain within which its pseudonyms may be joined.",
            )
        form = moment_format(rules, raw, custom.parse_format, loc)
        return Column(
            name=raw.name,
            type=raw.logical_type,
            description=raw.description,
            required=raw.required or raw.primary_key,
            unique=raw.unique,
            format=form,
            timezone=read_zone(rules, raw, custom, form, zone, loc),
            repeated_hour=custom.repeated_hour,
            classification=None if raw.classification == "public" else raw.classification,
            identity_domain=custom.identity_domain,
            canonical=custom.canonical,
            levels=self._levels(raw, loc, rules),
            labels=_labels(raw),
            role=custom.role,
            options=type_options(rules, raw, loc),
        )

    def _levels(self, raw: odcs.Property, loc: Loc, rules: RuleReader) -> tuple[str, ...] | None:
        """The closed list as texts, in the form that a value of the column's type has."""
        if raw.enum is None:
            return None
        places = enumerate(raw.enum)
        return tuple(rules.level(raw, e.value, (*loc, "enum", i, "value")) for i, e in places)

    def _source(self, raw: odcs.Server, loc: Loc) -> Source | None:
        custom = self._custom(raw.custom, odcs.ServerCustom, (*loc, "customProperties"))
        if custom is None:
            return None
        kind: type[FilesSource | RestSource | SqlSource]
        files = raw.type in _FILES and not (raw.type == "custom" and custom.query)
        kind = FilesSource if files else RestSource if raw.type == "api" else SqlSource
        given = {**dict(raw), **dict(custom), "location": raw.path or raw.location}
        named = {n: v for n, v in given.items() if n in kind.model_fields and v is not None}
        if kind is SqlSource and raw.type not in _ONE_SNAPSHOT:
            why = (f"not every database of type {raw.type} gives a statement one snapshot; let the "
                   "query read what nobody changes any more")  # fmt: skip
            self._note(loc, "that all rows of the query are of one moment", why, rule=False)
        return self._part(kind, loc, named)

    def _custom(self, raw: Sequence[CustomProperty], model: type[PartT], loc: Loc) -> PartT | None:
        self._check_unique([c.property for c in raw], loc)
        return self._part(
            model, loc, {c.property: c.value for c in self._read(raw, model, loc)}, raw
        )

    def _read(
        self, raw: Sequence[CustomProperty], model: type[BaseModel], loc: Loc
    ) -> Iterator[CustomProperty]:
        """The properties that Assay reads; a note of each other one, unless it is misspelt."""
        known = {f.alias or name for name, f in model.model_fields.items()}
        for i, one in enumerate(raw):
            foreign = one.property not in known and not did_you_mean(one.property, known)
            if foreign or (one.model_extra or {}).get("vendor"):
                self._note(
                    (*loc, i), f"the custom property {one.property}", "nothing reads it", rule=False
                )
            else:
                yield one

    def _part(
        self, model: type[PartT], loc: Loc, values: Mapping[str, Any],
        raw: Sequence[CustomProperty] = (),
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

    def _note(self, loc: Loc, what: str, why: str, *, rule: bool = True) -> None:
        where = self.document.where(loc)
        self.notes.append(NotJudged(where=where, what=what, why=why, rule=rule))

    def _fault(self, what: str, loc: Loc, got: object = UNSET, do: str | None = None) -> None:
        self.problems.append(Problem(what, where=self.document.where(loc), got=got, do=do))


def _labels(raw: odcs.Property) -> dict[str, str]:
    """Level → its label, or else its description."""
    named = {
        level_text(raw.logical_type, e.value): e.label or e.description for e in raw.enum or ()
    }
    return {level: words for level, words in named.items() if level and words}


def _place(note: NotJudged) -> tuple[str, int]:
    """The place of a note in its file."""
    path, _, rest = note.where.partition(":")
    line = rest.split(" ")[0]
    return path, int(line) if line.isdigit() else 0
