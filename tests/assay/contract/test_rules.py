"""Rules of a contract are read, and every fault of one is named with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from assay.contract import load_contract
from assay.contract.rule import Limits
from assay.errors import ContractError

from .test_standard_kinds import column, with_columns, written


def of_column(**more: Any) -> dict[str, Any]:
    return with_columns(column(**more))


def of_rule(**entry: Any) -> dict[str, Any]:
    return of_column(quality=[entry])


NULLS = {"metric": "nullValues", "mustBe": 0}
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no operator": (of_rule(metric="nullValues"), "exactly one of mustBe"),
    "two operators": (of_rule(**NULLS, mustBeLessThan=3), "exactly one of mustBe"),
    "range turned round": (of_rule(metric="nullValues", mustBeBetween=[3, 1]), "smaller number"),
    "no metric": (of_rule(type="library", mustBe=0), "names no metric"),
    "unknown metric": (of_rule(metric="nullValue", mustBe=0), "Did you mean 'nullValues'"),
    "unknown type": (of_rule(type="sqll", query="x", mustBe=0), "Did you mean 'sql'"),
    "unknown key": (of_rule(**NULLS, mustbe=0), "no such key: 'mustbe'. Did you mean 'mustBe'"),
    "no query": (of_rule(type="sql", mustBe=0), "has no query"),
    "valid values unquoted": (
        of_rule(metric="invalidValues", mustBe=0, arguments={"validValues": [12]}),
        r"quality\.0\.arguments\.validValues\.0: a level of 'extra'.*reads it as int: quote it",
    ),
    "nothing valid": (of_rule(metric="invalidValues", mustBe=0), "needs validValues or a pattern"),
    "no such property": (
        with_columns(quality=[{"metric": "duplicateValues", "mustBe": 0,
                               "arguments": {"properties": ["parcle"]}}]),
        "properties names no column.*Did you mean 'parcel'"),
    "no expectation": (of_rule(type="custom", engine="greatExpectations", implementation="x: ["),
                       "an expectation needs a type"),
    "an option of another type": (of_column(logicalTypeOptions={"minimum": 1}),
                                  "no such option of a string.*'minimum'.*minLength"),
    "an unknown option": (of_column(logicalTypeOptions={"maxLenght": 1}),
                          "Did you mean 'maxLength'"),
    "a bound that is a text": (
        of_column(logicalType="number", logicalTypeOptions={"minimum": "1e3"}), "isn't a number"),
    "a bound that is no date": (
        of_column(logicalType="date", logicalTypeOptions={"minimum": "soon"}), "isn't a date"),
    "a zone of a wall clock": (
        of_column(logicalType="timestamp", logicalTypeOptions={
            "timezone": False, "minimum": "2024-01-01T00:00:00Z"}), "a bound has no zone"),
    "a zone of a date": (
        of_column(logicalType="date", logicalTypeOptions={"minimum": "2024-01-01T00:00:00Z"}),
        "a bound has no zone"),
    "bounds turned round": (
        of_column(logicalType="integer", logicalTypeOptions={"minimum": 9, "maximum": 1}),
        "minimum is above maximum"),
    "a width": (of_column(logicalType="integer", logicalTypeOptions={"format": "i33"}),
                "no such format of a integer.*Did you mean 'i32'"),
    "a date's format": (of_column(logicalType="date", logicalTypeOptions={"format": "YYYY-'W'ww"}),
                        "can't be read.*parseFormat"),
    "a place in the key": (of_column(primaryKeyPosition=2), "without primaryKey: true"),
    "a place twice": (with_columns(column(primaryKey=True, primaryKeyPosition=1),
                                   column(name="z", primaryKey=True, primaryKeyPosition=1)),
                      "two columns have this position"),
    "unequal keys": (with_columns(column(), relationships=[
        {"from": ["parcels.parcel", "parcels.extra"], "to": ["lists.a"]}]), "as many columns"),
    "from nowhere": (with_columns(relationships=[{"from": "parcels.parcle", "to": "lists.a"}]),
                     "from names no column of parcels.*Did you mean 'parcel'"),
    "a custom property misspelt": (
        of_column(customProperties=[{"property": "rolle", "value": "x"}]), "Did you mean 'role'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_rule_is_named_with_its_line(tmp_path: Path, fault: str) -> None:
    changes, said = FAULTS[fault]
    path = written(tmp_path, changes)
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert re.search(said, str(caught.value)), str(caught.value)
    line = int(re.findall(r"odcs\.yaml:(\d+) ", str(caught.value))[0])
    assert 1 < line <= len(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("operator", "limits"),
    [
        ({"mustBe": 3}, Limits(min_value=3, max_value=3)),
        ({"mustNotBe": 3}, Limits(min_value=3, max_value=3, negated=True)),
        ({"mustBeGreaterThan": 3}, Limits(min_value=3, strict_min=True)),
        ({"mustBeGreaterOrEqualTo": 3}, Limits(min_value=3)),
        ({"mustBeLessThan": 3.5}, Limits(max_value=3.5, strict_max=True)),
        ({"mustBeLessOrEqualTo": 3}, Limits(max_value=3)),
        ({"mustBeBetween": [1, 3]}, Limits(min_value=1, max_value=3)),
        ({"mustNotBeBetween": [1, 3]}, Limits(min_value=1, max_value=3, negated=True)),
    ],
)
def test_every_operator_of_the_standard_is_read(
    tmp_path: Path, operator: dict[str, Any], limits: Limits
) -> None:
    path = written(tmp_path, of_rule(metric="nullValues", unit="percent", **operator))
    (rule,) = load_contract(path).quality
    assert (rule.limits, rule.unit, rule.columns) == (limits, "percent", ("extra",))


@pytest.mark.parametrize(
    ("stated", "severity"),
    [(None, "critical"), ("error", "critical"), ("Warning", "warning"), ("info", "info"),
     ("purple", "critical")],
)  # fmt: skip
def test_a_severity_is_one_of_ours(tmp_path: Path, stated: str | None, severity: str) -> None:
    more = {"severity": stated} if stated else {}
    contract = load_contract(written(tmp_path, of_rule(**NULLS, **more)))
    assert [rule.severity for rule in contract.quality] == [severity]
    assert len(contract.not_judged) == (stated == "purple")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (of_rule(metric="nullValues", mustBe=0, unit="gallons"), "nullValues in 'gallons'"),
        (of_rule(rule="between", mustBe=0), "the rule 'between'"),
        (with_columns(quality=[NULLS]), "nullValues of the table"),
        (of_column(logicalTypeOptions={"format": "password"}), "the format 'password'"),
    ],
)  # fmt: skip
def test_what_can_not_be_judged_is_a_note(
    tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    contract = load_contract(written(tmp_path, changes))
    (note,) = contract.not_judged
    assert what in note.what
    assert contract.quality == ()


@pytest.mark.parametrize(
    ("form", "read"),
    [("yyyy-MM-dd", "%Y-%m-%d"), ("dd.MM.yy", "%d.%m.%y"), ("d MMM uuuu", "%-d %b %Y")],
)
def test_the_format_of_a_date_is_how_it_is_written(tmp_path: Path, form: str, read: str) -> None:
    options = {"logicalTypeOptions": {"format": form, "minimum": "2024-01-01"}}
    contract = load_contract(written(tmp_path, of_column(logicalType="date", **options)))
    assert contract.column("extra").format == read
    given = {"customProperties": [{"property": "parseFormat", "value": "%j %Y"}]}
    contract = load_contract(written(tmp_path, of_column(logicalType="date", **options, **given)))
    assert contract.column("extra").format == "%j %Y"


def test_the_key_is_in_the_order_of_its_positions(tmp_path: Path) -> None:
    changes = with_columns(
        column(primaryKey=True, primaryKeyPosition=1),
        column(name="third", primaryKey=True, primaryKeyPosition=3),
    )
    changes["schema"][0]["properties"][0] = {
        "name": "second", "logicalType": "string", "primaryKey": True, "primaryKeyPosition": 2,
    }  # fmt: skip
    assert load_contract(written(tmp_path, changes)).primary_key == ("extra", "second", "third")
