"""JSON Schemas of contracts, policies and model files, for editors and for other checks."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from assay.contract import _odcs as odcs
from assay.policy.model import ModelFile
from assay.stages.authoring._check import organisation_models, policy_models

_CUSTOM: Final[dict[type[BaseModel], type[BaseModel]]] = {
    odcs.DataContract: odcs.DatasetCustom,
    odcs.Property: odcs.ColumnCustom,
    odcs.Relationship: odcs.RelationshipCustom,
    odcs.ServiceLevel: odcs.ServiceLevelCustom,
    odcs.Server: odcs.ServerCustom,
}
"""Part of a contract → what its ``customProperties`` may hold."""


class _Schema(GenerateJsonSchema):
    """What YAML may hold for a model: a number is a text where the model takes it for one."""

    schema_dialect = "https://json-schema.org/draft/2020-12/schema"

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """The schema, with its dialect named first."""
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text, for which YAML may have a number (a year, say)."""
        if schema.get("coerce_numbers_to_str") is False:
            return super().str_schema(schema)
        return {**super().str_schema(schema), "type": ["string", "number"]}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of what a file may hold for a model."""
    return model.model_json_schema(schema_generator=_Schema)


def contract_schema() -> dict[str, Any]:
    """The part of the Open Data Contract Standard that Assay reads, its custom properties typed."""
    schema = schema_of(odcs.DataContract)
    found = schema["$defs"] | {"DataContract": schema}
    for model, custom in _CUSTOM.items():
        own = schema_of(custom)
        for name, definition in own.pop("$defs", {}).items():
            found.setdefault(name, definition)
        found[model.__name__]["properties"]["customProperties"]["items"] = {"anyOf": [
            *(_entry(name, of) for name, of in own["properties"].items()),
            {"type": "object", "required": ["property", "vendor"]},  # someone else reads it
        ]}  # fmt: skip
    found.pop("CustomProperty", None)
    for model in _parts(odcs.DataContract):
        part = found.get(model.__name__)
        if part is not None:
            known = dict.fromkeys(sorted(model.standard - set(part["properties"])), True)
            part["properties"] |= known
            part["additionalProperties"] = False
    found.pop("DataContract")
    return {**schema, "$defs": dict(sorted(found.items()))}


def _entry(name: str, value: Any) -> dict[str, Any]:
    """One ``{property: name, value: …}``."""
    return {
        "type": "object",
        "properties": {
            "property": {"const": name},
            "value": value,
            **dict.fromkeys(sorted(odcs.CustomProperty.standard), True),
        },
        "required": ["property", "value"],
        "additionalProperties": False,
    }


def _parts(model: type[odcs.Odcs]) -> list[type[odcs._Odcs]]:
    """The model of a contract, and those of all its parts."""
    return [model, *(part for part in odcs.Odcs.__subclasses__() if part is not model)]


def render_schemas() -> dict[str, str]:
    """File name → JSON Schema: of policies, the organisation's, the contract, the model file."""
    schemas = {f"{noun}.schema.json": schema_of(model) for noun, model in policy_models().items()}
    for noun, bounds in organisation_models().items():
        schemas[f"organisation_{noun}.schema.json"] = schema_of(bounds)
    schemas["model.schema.json"] = schema_of(ModelFile)
    schemas["contract.schema.json"] = contract_schema()
    return {n: json.dumps(s, indent=2, ensure_ascii=False) + "\n" for n, s in schemas.items()}
