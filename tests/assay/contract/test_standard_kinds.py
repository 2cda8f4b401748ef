"""The kinds of contract that the standard publishes load, or are refused by line and reason."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.contract import load_contract
from assay.errors import ContractError
from assay.stages.authoring._file_problems import standard_problems

COLUMN = {"name": "parcel", "logicalType": "string", "primaryKey": True}
BASE: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "urn:tests:parcels",
    "name": "parcels",
    "version": "2.0.0",
    "status": "active",
    "description": {"purpose": "Parcels that a depot received."},
    "team": {"name": "depot"},
    "servers": [{"server": "inbox", "type": "local", "path": "inbox/{batch}.csv", "format": "csv"}],
    "customProperties": [
        {"property": "partition", "value": {"grain": "day", "first": "2024-01-01"}},
    ],
    "schema": [{"name": "parcels", "physicalType": "table", "properties": [COLUMN]}],
}


def column(**more: Any) -> dict[str, Any]:
    return {"name": "extra", "logicalType": "string", **more}


def with_columns(*columns: dict[str, Any], **table: Any) -> dict[str, Any]:
    one = {"name": "parcels", "properties": [COLUMN, *columns], **table}
    return {"schema": [one]}


def server(**keys: Any) -> dict[str, Any]:
    more = [
        {"property": "connection", "value": "warehouse"},
        {"property": "query", "value": "SELECT * FROM parcels WHERE day = :batch"},
    ]
    return {"servers": [{"server": "prod", "customProperties": more, **keys}]}


HOST = {"host": "db.example.org", "port": 5432}
TEXTS = {"authoritativeDefinitions": [{"url": "https://example.org/parcel", "type": "tutorial"}]}
LOADS: dict[str, dict[str, Any]] = {
    "fundamentals": {"tenant": "north", "domain": "logistics", "dataProduct": "depots",
                     "contractCreatedTs": "2024-01-01T00:00:00+00:00"},
    "authoritative definitions": {**TEXTS, **with_columns(column(**TEXTS), **TEXTS)},
    "foreign custom properties": {"customProperties": [
        *BASE["customProperties"], {"property": "ruleset", "value": "x"},
        {"property": "cluster", "value": ["a", "b"]}]},
    "descriptions": with_columns(
        column(description="Text.", businessName="Extra", physicalName="xtr"),
        businessName="Parcels", description="All.", dataGranularityDescription="One a parcel"),
    "pricing": {"price": {"priceAmount": 9.95, "priceCurrency": "EUR", "priceUnit": "month"}},
    "deprecated rule": with_columns(column(quality=[
        {"type": "library", "metric": "nullValues", "rule": "between", "mustBe": 0}])),
    "completeness": with_columns(column(quality=[
        {"type": "library", "metric": "nullValues", "mustBe": 0, "dimension": "completeness",
         "severity": "error", "businessImpact": "operational", "unit": "rows"}])),
    "validity": with_columns(column(quality=[
        {"metric": "invalidValues", "mustBeLessOrEqualTo": 5, "unit": "percent",
         "arguments": {"validValues": ["", None, "n/a"]}, "dimension": "conformity"}])),
    "another engine": with_columns(column(quality=[
        {"type": "custom", "engine": "soda", "implementation": "type: duplicate_percent"},
        {"type": "text", "description": "The address was verified."}])),
    "scheduled rules": with_columns(quality=[
        {"metric": "rowCount", "mustBeGreaterThan": 10, "schedule": "0 20 * * *",
         "scheduler": "cron", "method": "reconciliation"}]),
    "composite relationship": with_columns(
        column(relationships=[{"to": "depots.code"}, {"to": "branches.code"}]),
        relationships=[{"type": "foreignKey", "from": ["parcels.parcel", "parcels.extra"],
                        "to": ["lists.parcel", "lists.extra"]}]),
    "roles": {"roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "lead"}]},
    "partitioned": with_columns(column(partitioned=True, partitionKeyPosition=1,
                                       criticalDataElement=True, examples=["a"],
                                       transformLogic="select 1", encryptedName="enc")),
    "service levels": {"slaDefaultElement": "parcels.extra", "slaProperties": [
        {"property": "latency", "value": 4, "unit": "d", "element": "parcels.at"},
        {"property": "generalAvailability", "value": "2022-05-12T09:30:10-08:00"},
        {"property": "retention", "value": 3, "unit": "y", "element": "parcels.at"},
        {"property": "frequency", "value": 1, "valueExt": 1, "unit": "d"},
        {"property": "timeOfAvailability", "value": "09:00-08:00", "driver": "regulatory"}],
        **with_columns(column(name="at", logicalType="date"))},
    "team as a list": {"team": [
        {"username": "a@example.org", "role": "Data Scientist", "dateIn": "2022-10-01"},
        {"username": "b@example.org", "role": "Owner", "dateOut": "2024-10-01",
         "replacedByUsername": "c@example.org"}]},
    "support": {"support": [
        {"channel": "#depot", "tool": "slack", "url": "https://example.org/chat"},
        {"channel": "mail", "tool": "email", "url": "mailto:depot@example.org",
         "scope": "issues"}]},
    "tags": {"tags": ["a"], **with_columns(column(tags=["b"]), tags=["c"])},
    "enumeration": with_columns(column(enum=[
        {"value": "1", "label": "Door", "description": "Handed over at the door."},
        {"value": "2"}])),
    "public column": with_columns(column(classification="public")),
    "measures": with_columns(column(semanticType="measure", logicalType="number",
                                    transformLogic="sum(weight)")),
    "postgres": server(type="postgres", **HOST, database="d", schema="s"),
    "mysql": server(type="mysql", **HOST, database="d"),
    "sqlserver": server(type="sqlserver", **HOST, database="d", schema="s"),
    "snowflake": server(type="snowflake", account="a", database="d", schema="s", warehouse="w"),
    "bigquery": server(type="bigquery", project="p", dataset="d"),
    "duckdb": server(type="duckdb", database="d.duckdb", schema="main"),
    "oracle": server(type="oracle", **HOST, serviceName="s"),
    "trino": server(type="trino", **HOST, catalog="c", schema="s"),
    "clickhouse": server(type="clickhouse", **HOST, database="d"),
    "redshift": server(type="redshift", database="d", schema="s", region="eu", account="1"),
    "databricks": server(type="databricks", catalog="c", schema="s", host="h"),
    "athena": server(type="athena", schema="s", catalog="c", stagingDir="s3://x", workgroup="w",
                     regionName="eu"),
}  # fmt: skip
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "array": (with_columns(column(logicalType="array", items={"logicalType": "string"})),
              r"logicalType: input should be 'string', 'integer'.*Got 'array'"),
    "object": (with_columns(column(logicalType="object", properties=[column()])),
               r"logicalType: input should be 'string'.*Got 'object'"),
    "map": (with_columns(column(logicalType="map", map={
        "key": {"logicalType": "string"}, "value": {"logicalType": "string"}})),
        r"logicalType: input should be 'string'.*Got 'map'"),
    "no logical type": (with_columns({"name": "extra", "physicalType": "int"}),
                        "the key 'logicalType' is missing"),
    "two tables": ({"schema": [BASE["schema"][0], {"name": "depots", "properties": [COLUMN]}]},
                   "schema: .*at most 1 item"),
    "two servers": ({"servers": [BASE["servers"][0], BASE["servers"][0]]},
                    "servers: .*at most 1 item"),
    "kafka": (server(type="kafka", host="broker:9092", format="avro"), "'kafka'"),
    "azure": (server(type="azure", location="abfs://x", format="csv"), "'azure'"),
    "another contract's file": (with_columns(column(
        relationships=[{"to": "depots.yaml#/schema/depots/properties/code"}])), "to: "),
    "another classification": (with_columns(column(classification="restricted")),
                               r"classification: input should be 'identifier'.*'restricted'"),
    "no owner": ({"team": None}, "team"),
}  # fmt: skip


def written(tmp_path: Path, changes: dict[str, Any]) -> Path:
    document = {k: v for k, v in {**copy.deepcopy(BASE), **changes}.items() if v is not None}
    path = tmp_path / "parcels.odcs.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", LOADS)
def test_a_kind_of_contract_loads_and_conforms_to_the_standard(tmp_path: Path, kind: str) -> None:
    contract = load_contract(written(tmp_path, LOADS[kind]))
    assert [str(fault) for fault in standard_problems(contract)] == []
    assert all(re.search(r"odcs\.yaml:\d+ ", note.where) for note in contract.not_judged)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_kind_that_can_not_be_landed_is_refused_by_line(tmp_path: Path, kind: str) -> None:
    changes, said = REFUSED[kind]
    with pytest.raises(ContractError) as caught:
        load_contract(written(tmp_path, changes))
    assert re.search(said, str(caught.value)), str(caught.value)
    assert re.search(r"odcs\.yaml:\d+", str(caught.value))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("foreign custom properties", [f"the custom property {n}" for n in ("ruleset", "cluster")]),
        ("another engine", ["a rule of the engine 'soda'", "a rule in words"]),
        ("scheduled rules", ["the schedule of a rule"]),
        ("service levels", [f"the service level {name}" for name in (
            "generalAvailability", "retention", "frequency", "timeOfAvailability")]),
    ],
)  # fmt: skip
def test_what_nothing_judges_is_named(tmp_path: Path, kind: str, said: list[str]) -> None:
    notes = load_contract(written(tmp_path, LOADS[kind])).not_judged
    assert [note.what for note in notes] == said


@pytest.mark.parametrize(
    ("kind", "noted"),
    [("postgres", False), ("snowflake", False), ("sqlserver", True), ("custom", True)],
)
def test_a_database_that_may_read_more_than_one_state_is_named(
    tmp_path: Path, kind: str, noted: bool
) -> None:
    changes = server(type="custom") if kind == "custom" else LOADS[kind]
    notes = [str(note) for note in load_contract(written(tmp_path, changes)).not_judged]
    what = "that all rows of the query are of one moment (not every database of type " + kind
    assert [what in note for note in notes] == [True] * noted


def test_a_team_without_a_name_is_named_after_its_owner(tmp_path: Path) -> None:
    assert load_contract(written(tmp_path, LOADS["team as a list"])).owner == "b@example.org"
    assert load_contract(written(tmp_path, LOADS["enumeration"])).labels == {"extra": {"1": "Door"}}
