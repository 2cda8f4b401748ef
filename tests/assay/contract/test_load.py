"""Contracts load from the standard's YAML, and every fault is told with its line."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import jsonschema
import open_data_contract_standard
import pytest
import yaml
from pydantic import ValidationError

from assay.contract import FilesSource, load_contract, load_contracts
from assay.document import load_document
from assay.errors import ContractError

INCLUDE = Path(__file__).resolve().parents[3] / "include"
FLIGHTS = INCLUDE / "contracts" / "flights.odcs.yaml"
SHIPPED = sorted((INCLUDE / "contracts").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_shipped_contracts_follow_the_standard(path: Path) -> None:
    folder = Path(open_data_contract_standard.__file__).parent
    schema = json.loads((folder / "schema.json").read_text())
    faults = jsonschema.Draft201909Validator(schema).iter_errors(load_document(path).value)
    assert [f"{list(f.path)}: {f.message}" for f in faults] == []


def test_the_flights_contract_says_what_its_file_says() -> None:
    contract = load_contract(FLIGHTS)
    assert contract.dataset == "flights"
    assert contract.primary_key == ("carrier", "flight", "origin", "sched_dep_time")
    assert contract.classified == {"tailnum"}
    assert contract.column("tailnum").identity_domain == "aircraft"
    assert contract.column("origin").levels == ("EWR", "JFK", "LGA")
    assert [r.dataset for r in contract.references if r.columns == ("dest",)] == ["airports"]
    assert contract.roles == {"arr_delay": "label", "tailnum": "identifier"}
    assert isinstance(contract.source, FilesSource)
    assert contract.partition.grain == "day"
    with pytest.raises(ContractError, match="Did you mean 'dep_delay'"):
        contract.column("dep_dealy")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("required: true, description: Year", "requried: true, description: Year",
         r"'requried'. Did you mean 'required'"),
        ("name: month, logicalType", "name: month, logicaltype",
         r"^\S+ schema\.0\.properties\.1\.logicaltype: no such key\. Got 'logicaltype'\. "
         r"Did you mean 'logicalType'\?$"),
        ("grain: day", "grian: day",
         r"^\S+ customProperties\.partition\.grian: no such key\. Got 'grian'\. Did you mean "
         r"'grain'\?$"),
        ("property: partition", "property: partitoin",
         r"customProperties\.partitoin: no such key\. Got 'partitoin'\. Did you mean 'partition'"),
        ("{property: identityDomain, value: aircraft}", "{property: role, value: feature}",
         "has no identityDomain"),
        ("logicalType: number, required", "logicalType: numeric, required", "numeric"),
        ("name: month", "name: year", "'year' occurs twice"),
        ("name: month", "name: Year", "'Year' differs from 'year' by case only"),
        ("name: month", "name: __row", "two underscores are Assay's own. Got '__row'"),
        ("kind: DataContract", "kind: DataProduct", "kind"),
        ("first: 2013-01-01", "first: 2013", "first is no key"),
        ("format: csv", "format: xls", "format"),
        ("unit: h", "unit: fortnight", "unit is 'fortnight', expected one of: s, sec"),
        ("flights.time_hour", "flights.time_hours", r"Did you mean 'flights\.time_hour'"),
        ("flights.time_hour", "flights.carrier", "carrier is a string"),
        ("value: 2\n", "value: soon\n", "value is 'soon'"),
        ("logicalType: timestamp", "logicalType: timestamp, logicalTypeOptions: "
         "{defaultTimezone: America/NewYork}", "no such time zone.*mean 'America/New_York'"),
        ("logicalType: timestamp", "logicalType: timestamp, logicalTypeOptions: {timezone: false}, "
         "customProperties: [{property: parseFormat, value: '%d.%m.%Y %z'}]", "Leave out"),
        *((
            "grain: day, timezone: America/New_York, first: 2013-01-01, last: 2013-12-31}",
            "grain: day, timezone: America/New_York, first: 2013-01-01, last: 2013-12-31}\n"
            f"  - {{property: delivery, value: {delivery}}}",
            said,
        ) for delivery, said in (
            ("{holidays: [{country: Germany}]}", r"holidays\.0: no calendar.*mean 'DE'\?$"),
            ("{holidays: [{country: us}]}", "Did you mean 'US'"),
            ("{holidays: [{market: NYS}]}", "Did you mean 'XNYS'"),
            ("{holidays: [{country: DE, subdivision: BX}]}", "no such subdivision of DE: 'BX'.*BY"),
            ("{holidays: [{country: US, categories: [publik]}]}", "Did you mean 'public'"),
            ("{holidays: [{country: DE, market: XECB}]}", "name a country or a market"),
            ("{weekday: [mon]}", "Did you mean 'weekdays'"),
            ("{weekdays: [monday]}", "'mon', 'tue'"),
            ("{closed: [2013-1-1]}", "delivery: '2013-1-1' is no key of grain day"),
            ("{open: [{first: 2013-02-02, last: 2013-02-01}]}", "'2013-02-02' is after"),
        )),
        ("logicalType: timestamp", "logicalType: date, "
         "customProperties: [{property: repeatedHour, value: later}]", "no hour of it is repeated"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FLIGHTS.read_text()
    assert old in text
    path = tmp_path / "flights.odcs.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert re.search(said, str(caught.value)), str(caught.value)
    assert re.search(r"flights\.odcs\.yaml:\d+ ", str(caught.value))


def test_a_level_that_its_column_can_not_hold_is_named_with_its_line(tmp_path: Path) -> None:
    census = FLIGHTS.with_name("census_employment.odcs.yaml")
    path = tmp_path / census.name
    text = census.read_text().replace("logicalType: string", "logicalType: integer")
    path.write_text(text.replace('enum: [{value: "1"}', "enum: [{value: '<30'}", 1))
    with pytest.raises(ContractError, match=r"odcs\.yaml:\d+ .*isn't of its type, integer.*'<30'"):
        load_contract(path)


@pytest.mark.parametrize(
    ("written", "kind"),
    [("012", "int"), ("12:30", "int"), ("1.10", "float"), ("0x1F", "int"), ("no", "bool")],
)
def test_a_text_that_yaml_takes_for_something_else_must_be_quoted(
    tmp_path: Path, written: str, kind: str
) -> None:
    path = tmp_path / FLIGHTS.name
    text = FLIGHTS.read_text()
    path.write_text(text.replace("{value: EWR}", f"{{value: {written}}}", 1))
    assert path.read_text() != text
    with pytest.raises(ContractError, match=rf"odcs\.yaml:\d+ .*reads it as {kind}: quote it"):
        load_contract(path)
    path.write_text(text.replace("{value: EWR}", f'{{value: "{written}"}}', 1))
    assert load_contract(path).column("origin").levels == (written, "JFK", "LGA")


@pytest.mark.parametrize(
    ("kind", "written", "levels"),
    [
        ("integer", "[{value: 1}, {value: 2.0}, {value: '07'}]", ("1", "2", "7")),
        ("integer", "[{value: 9007199254740993}]", ("9007199254740993",)),
        ("number", "[{value: 1}, {value: 2.5}]", ("1", "2.5")),
        ("boolean", "[{value: true}, {value: 'False'}]", ("true", "false")),
    ],
)
def test_levels_are_kept_in_the_form_of_their_type(
    tmp_path: Path, kind: str, written: str, levels: tuple[str, ...]
) -> None:
    document = yaml.safe_load(FLIGHTS.read_text())
    for column in document["schema"][0]["properties"]:
        if column["name"] == "origin":
            column |= {"logicalType": kind, "enum": yaml.safe_load(written)}
    path = tmp_path / FLIGHTS.name
    path.write_text(yaml.safe_dump(document))
    assert load_contract(path).column("origin").levels == levels


def test_every_source_that_the_documentation_shows_loads(tmp_path: Path) -> None:
    page = (FLIGHTS.parents[1] / "docs" / "contracts.md").read_text()
    shown = yaml.safe_load(page.split("## The source")[1].split("```yaml\n")[1].split("```")[0])
    assert len(shown) == 5
    contract = yaml.safe_load(FLIGHTS.read_text())
    path = tmp_path / FLIGHTS.name
    kinds = []
    for server in shown:
        path.write_text(yaml.safe_dump({**contract, "servers": [server]}))
        kinds.append(load_contract(path).source.kind)
    assert kinds == ["files", "files", "files", "rest", "sql"]


def test_a_service_level_says_how_fresh_a_batch_must_be(tmp_path: Path) -> None:
    path = tmp_path / "flights.odcs.yaml"
    more = "  - {property: retention, value: 3, unit: y, element: flights.time_hour}\n"
    path.write_text(FLIGHTS.read_text().replace("schema:\n", more + "schema:\n", 1))
    (fresh,) = load_contract(path).freshness
    assert (fresh.column, fresh.max_age, fresh.severity) == (
        "time_hour", timedelta(hours=2), "warning",
    )  # fmt: skip


def test_one_broken_contract_leaves_the_others(tmp_path: Path) -> None:
    for path in SHIPPED:
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "airports.odcs.yaml").write_text("kind: nothing\n")
    found = load_contracts(tmp_path)
    assert [n for n, c in found.items() if isinstance(c, ContractError)] == ["airports"]
    assert len(found) == len(SHIPPED)


@pytest.mark.parametrize(
    ("options", "zone"),
    [
        ("{}", "America/New_York"),
        ("{timezone: true}", "America/New_York"),
        ("{defaultTimezone: UTC}", "UTC"),
        ("{timezone: false}", None),
    ],
)
def test_local_times_are_read_in_the_zone_that_the_contract_says(
    tmp_path: Path, options: str, zone: str | None
) -> None:
    path, kind = tmp_path / FLIGHTS.name, "logicalType: timestamp"
    path.write_text(FLIGHTS.read_text().replace(kind, f"{kind}, logicalTypeOptions: {options}"))
    column = load_contract(path).column("time_hour")
    assert (column.timezone, column.is_moment) == (zone, zone is not None)


def test_weekdays_and_holidays_are_of_daily_batches(tmp_path: Path) -> None:
    name = "census_employment.odcs.yaml"
    text = FLIGHTS.with_name(name).read_text()
    delivery = "  - {property: delivery, value: {weekdays: [mon], closed: [2016]}}\n"
    (tmp_path / name).write_text(
        text.replace("\ncustomProperties:\n", "\ncustomProperties:\n" + delivery, 1)
    )
    with pytest.raises(ContractError, match="these are by year"):
        load_contract(tmp_path / name)


def test_the_latency_of_the_whole_table_says_when_a_batch_is_due(tmp_path: Path) -> None:
    path = tmp_path / FLIGHTS.name
    whole = "slaProperties:\n  - {property: latency, value: 90, unit: min}\n"
    path.write_text(FLIGHTS.read_text().replace("slaProperties:\n", whole))
    contract = load_contract(path)
    assert [one.column for one in contract.freshness] == ["time_hour"]
    assert str(contract.due("2013-07-04")) == "2013-07-05 05:30:00+00:00"
    assert contract.why_closed("2013-07-04") is None
    path.write_text(path.read_text().replace("slaProperties:\n", whole))
    with pytest.raises(ContractError, match="twice"):
        load_contract(path)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"format": "jsonl", "decimal": ","}, "are of CSV only"),
        ({"format": "csv", "decimal": ",", "thousands": ","}, "is the decimal sign"),
        ({"format": "csv", "decimal": ";"}, "decimal"),
    ],
)
def test_a_notation_of_numbers_that_cannot_be_read_is_refused(
    source: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        FilesSource.model_validate({"location": "x", **source})
