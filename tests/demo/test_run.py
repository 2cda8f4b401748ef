"""The demo asks for what is missing, in Airflow's own words, and shows what came of it."""

from __future__ import annotations

import doctest
import io

from rich.console import Console

import demo.plan
from assay.contract import load_contract
from assay.launcher import project_root
from demo.backfill import backfill_command
from demo.census import YEARS
from demo.flights import BLIZZARD, all_days
from demo.plan import Order, Stand, Wish, plan_orders, undecided
from demo.screen import Screen

_FLIGHTS = Wish("flights", BLIZZARD)


def _stand(**states: str) -> Stand:
    records = [
        {
            "batch": key.removeprefix("b").replace("_", "-"),
            "state": state,
            "verdict": "FAIL" if state == "held" else "PASS",
            "rows_in": 1000,
            "rows_quarantined": 1,
            "rows_released": None if state == "held" else 999,
            "reasons": ["share_above_limit"] if state == "held" else [],
            "version": "0123456789abcdef",
        }
        for key, state in states.items()
    ]
    return Stand.of({"datasets": [{"name": "flights", "batches": records}]})


def _shown(wish: Wish, stand: Stand) -> str:
    console = Console(file=io.StringIO(), width=80)
    Screen(console).table([wish], stand)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_what_was_not_judged_stands_beside_the_verdict() -> None:
    record = {"batch": "2013-02-04", "state": "released", "verdict": "PASS",
              "not_judged": ["drift"], "reasons": ["bootstrap_batch"]}  # fmt: skip
    stand = Stand.of({"datasets": [{"name": "flights", "batches": [record]}]})
    lines = _shown(Wish("flights", ("2013-02-04",)), stand).splitlines()
    at = next(i for i, line in enumerate(lines) if "2013-02-04" in line)
    assert "PASS" in lines[at]
    assert "drift not judged" in lines[at + 1]


def test_examples() -> None:
    assert doctest.testmod(demo.plan).failed == 0


def test_a_first_run_asks_for_each_data_set_at_once() -> None:
    (order,) = plan_orders([_FLIGHTS], Stand(), {"flights": BLIZZARD})
    assert (order.batches, order.again) == (BLIZZARD, False)
    calendar = load_contract(project_root() / "include/contracts/flights.odcs.yaml").partition
    assert " ".join(backfill_command(order, calendar)) == (
        "backfill create --dag-id release__flights --from-date 2013-02-04 --to-date 2013-02-13 "
        "--max-active-runs 4 --reprocess-behavior failed"
    )


def test_years_are_asked_for_by_their_first_day() -> None:
    calendar = load_contract(
        project_root() / "include/contracts/census_employment.odcs.yaml"
    ).partition
    command = backfill_command(Order(Wish("census_employment", YEARS), YEARS, True), calendar)
    assert command[5:8] == ["2015-01-01", "--to-date", "2018-01-01"]
    assert command[-1] == "completed"


def test_nothing_is_asked_for_when_all_is_decided_and_unchanged() -> None:
    stand = _stand(**{f"b{day.replace('-', '_')}": "held" for day in BLIZZARD})
    assert plan_orders([_FLIGHTS], stand, {}) == []
    assert undecided([_FLIGHTS], stand) == []


def test_a_crashed_batch_is_asked_for_again() -> None:
    states = {f"b{day.replace('-', '_')}": "released" for day in BLIZZARD}
    states["b2013_02_06"] = "running"
    (order,) = plan_orders([_FLIGHTS], _stand(**states), {})
    assert order.batches == ("2013-02-06",)
    assert undecided([_FLIGHTS], _stand(**states)) == [(_FLIGHTS, "2013-02-06")]


def test_the_table_shows_every_batch_whole() -> None:
    text = _shown(_FLIGHTS, _stand(b2013_02_04="released", b2013_02_08="held"))
    assert all(day in text for day in BLIZZARD)
    assert "share_above_limit" in text
    assert "01234567" in text
    assert "not judged" in text


def test_of_a_whole_year_only_what_needs_a_look_is_listed() -> None:
    days = all_days()
    states = {f"b{day.replace('-', '_')}": "released" for day in days}
    states["b2013_02_08"] = "held"
    text = _shown(Wish("flights", days), _stand(**states))
    assert "364 more" in text
    assert "364 000" in text
    assert "2013-02-08" in text
    assert "2013-02-09" not in text
