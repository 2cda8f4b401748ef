"""Drafts and proposals from several batches, from ordered files, and from dirty ones."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from scipy.stats import ks_2samp, norm

from assay import engine
from assay.contract import FilesSource, load_contract
from assay.errors import InputError
from assay.onboarding import propose_suite, write_dataset
from assay.onboarding.evidence import _part_distances
from assay.onboarding.samples import find_samples
from assay.policy.drift import DriftPolicy
from assay.project import Project
from assay.quality import load_suite, validate
from assay.stages.authoring import check_project, draft_dataset, suggest_suite
from assay.stages.authoring._local_file import arrive

DAYS = [f"2024-01-0{i}" for i in range(1, 7)]


def _day(seed: int, rows: int = 300, level: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "nr": range(rows),
        "day": DAYS[seed % 6],
        "amount": (rng.lognormal(3 + level, 0.5, rows)).round(2),
        "channel": rng.choice(["web", "shop"], rows),
        "zero": 0.0,
        "note": [f"{w} {i}" for i, w in enumerate(rng.choice(["né", "ok", "late"], rows))],
    })  # fmt: skip


@pytest.fixture
def days(tmp_path: Path) -> Path:
    for i, key in enumerate(DAYS):
        level = 0.3 * (i % 3)
        _day(i, 280 + 10 * i, level).to_csv(tmp_path / f"orders-{key}.csv", index=False)
    return tmp_path


def _plan(data: Any, name: str = "orders", **more: Any) -> Any:
    with engine.open_session(threads=2) as session:
        return draft_dataset(session, data, name, **more)


def _kwargs(plan: Any, kind: str, column: str | None = None) -> list[Any]:
    found = [p for p in plan.proposals if kind in p.type]
    return [dict(p.kwargs) for p in found if column in {None, p.kwargs.get("column")}]


def test_several_batches_are_found_by_a_pattern_and_put_in_order(days: Path) -> None:
    found = find_samples(str(days / "orders-{batch}.csv"), "day")
    assert found.keys == tuple(DAYS)
    both = find_samples([days / f"orders-{DAYS[2]}.csv", days / f"orders-{DAYS[0]}.csv"], "day")
    assert both.keys == (DAYS[0], DAYS[2])
    one = find_samples(days / f"orders-{DAYS[2]}.csv", "day")
    assert (one.keys, one.several) == ((DAYS[2],), False)
    (days / "more.csv").write_text("a\n1\n")
    for wrong in (
        [days / "more.csv", days / f"orders-{DAYS[0]}.csv"],
        [days / f"orders-{DAYS[0]}.csv"] * 2,
        str(days / "x-{batch}.csv"),
    ):
        with pytest.raises(InputError):
            find_samples(wrong, "day")


def test_limits_come_from_how_much_batches_differ(days: Path) -> None:
    plan = _plan(str(days / "orders-{batch}.csv"))
    contract = yaml.safe_load(plan.files["contracts/orders.odcs.yaml"])
    columns = {p["name"]: p for p in contract["schema"][0]["properties"]}
    assert columns["nr"]["primaryKey"] is True  # it begins at 1 each day
    assert contract["customProperties"][0]["value"]["first"] == DAYS[0]
    policy = DriftPolicy.model_validate(yaml.safe_load(plan.files["policies/orders/drift.yaml"]))
    assert policy.bootstrap == tuple(DAYS)
    assert 0.4 < policy.columns["amount"].limit < 0.95
    assert "of any of 6 batches from the others" in policy.columns["amount"].rationale
    assert "day" not in policy.columns
    (rows,) = _kwargs(plan, "row_count")
    assert rows["min_value"] <= 280
    assert rows["max_value"] >= 330
    assert _kwargs(plan, "mean_to_be_between", "amount")
    assert not _kwargs(plan, "", "day") or not _kwargs(plan, "in_set", "day")
    assert policy.most_levels_rationale


def test_four_batches_give_wider_limits_than_many_and_say_so(days: Path) -> None:
    """Four days are no week: no limit is below that of one batch, and t is wide for so few."""
    four = _plan([days / f"orders-{key}.csv" for key in DAYS[:4]])
    policy = DriftPolicy.model_validate(yaml.safe_load(four.files["policies/orders/drift.yaml"]))
    assert all(column.limit >= 0.3 for column in policy.columns.values())
    amount, reached = policy.columns["amount"], four.profile.distances.by_column["amount"]
    assert 2 * reached < amount.limit <= 0.95
    why = "keeps below with probability 0.99, predicted from 4 batches (Student's t, 3 degrees"
    assert why in amount.rationale
    (median,) = _kwargs(four, "median", "amount")
    assert median["min_value"] < 20 < 40 < median["max_value"]


def test_several_small_batches_are_counted_as_such(tmp_path: Path) -> None:
    for key in DAYS[:3]:
        (tmp_path / f"few-{key}.csv").write_text("nr,kind\n1,a\n2,b\n3,a\n")
    plan = _plan(str(tmp_path / "few-{batch}.csv"), "few")
    text = " ".join(plan.files["policies/few/quality.yaml"].split())
    assert "3 batches don't show every ordinary fault" in text
    assert plan.profile.distances.batches == 3


def test_every_batch_of_a_large_sample_is_compared(monkeypatch: Any, days: Path) -> None:
    """Not the first rows of all, which would be those of the first batches."""
    monkeypatch.setattr(_part_distances, "_MOST_ROWS", 600)
    plan = _plan(str(days / "orders-{batch}.csv"))
    assert plan.profile.distances.batches == len(DAYS)
    assert 0.1 < plan.profile.distances.by_column["amount"] < 0.6


def test_no_middle_is_asked_of_a_column_of_few_values(days: Path) -> None:
    for i, key in enumerate(DAYS[:4]):
        day = _day(i)
        day.loc[15 if key == DAYS[1] else 200 :, "amount"] = np.nan
        day.to_csv(days / f"orders-{key}.csv", index=False)
    plan = _plan([days / f"orders-{key}.csv" for key in DAYS[:4]])
    assert not _kwargs(plan, "median", "amount")
    assert _kwargs(_plan(days / f"orders-{DAYS[0]}.csv"), "median", "amount")


def test_one_batch_says_that_it_shows_no_difference(days: Path) -> None:
    plan = _plan(days / f"orders-{DAYS[0]}.csv")
    text = plan.files["policies/orders/drift.yaml"]
    assert "one batch, which doesn't show how much batches differ" in " ".join(
        line.removeprefix("# ") for line in text.splitlines()
    )
    policy = DriftPolicy.model_validate(yaml.safe_load(text))
    assert all(c.limit >= 0.3 for c in policy.columns.values())
    assert _kwargs(plan, "row_count") == [{"min_value": 70, "max_value": 1120}]


def test_batches_that_truly_reach_three_tenths_seldom_exceed_the_limit(tmp_path: Path) -> None:
    """Half as many rows, one in 100 truly further than .3: at most one in 100 is beyond."""
    rng, runs = np.random.default_rng(21), 400
    path = tmp_path / f"x-{DAYS[0]}.csv"
    pd.DataFrame({"x": rng.normal(size=200), "y": rng.normal(size=200)}).to_csv(path, index=False)
    policy = yaml.safe_load(_plan(path, "x").files["policies/x/drift.yaml"])
    spread = 2 * norm.ppf((1 + 0.3) / 2) / norm.ppf(1 - 0.01 / 2)
    beyond = 0
    for _ in range(runs):
        reference, batch = rng.normal(size=200), rng.normal(rng.normal(0, spread), 1, 100)
        beyond += ks_2samp(batch, reference).statistic > policy["columns"]["x"]["limit"]
    assert beyond <= (0.01 + 2 * (0.01 * 0.99 / runs) ** 0.5) * runs


@pytest.mark.parametrize("ordered_by", ["amount", "channel"])
def test_an_ordered_file_gives_limits_that_can_catch_a_shift(
    tmp_path: Path, ordered_by: str
) -> None:
    day = _day(0, 2000)
    day = day.sort_values(ordered_by, kind="stable")
    day["balance"] = np.cumsum(np.random.default_rng(1).normal(size=2000)).round(2)
    path = tmp_path / f"orders-{DAYS[0]}.csv"
    day.to_csv(path, index=False)
    text = _plan(path).files["policies/orders/drift.yaml"]
    policy = DriftPolicy.model_validate(yaml.safe_load(text))
    assert policy.columns[ordered_by].limit <= 0.4
    flat = " ".join(text.replace("\n# ", " ").split())
    assert f"The rows are sorted by {ordered_by}" in flat
    if ordered_by == "amount":
        assert "The values of balance go with the order of the rows" in flat
        assert policy.columns["balance"].limit >= 0.6


def test_a_constant_gets_a_list_and_never_a_range(days: Path) -> None:
    plan = _plan(days / f"orders-{DAYS[0]}.csv")
    assert _kwargs(plan, "", "zero")
    assert _kwargs(plan, "in_set", "zero") == [{"column": "zero", "value_set": [0.0]}]
    assert not _kwargs(plan, "column_values_to_be_between", "zero")


def test_another_unit_is_beyond_the_median(days: Path) -> None:
    with engine.open_session(threads=2) as session:
        table = session.set_aside(_day(0).assign(__row=range(300)))
        found = propose_suite(session, table)
        medians = [p for p in found.proposals if "median" in p.type]
        assert [p.kwargs["column"] for p in medians] == ["amount"]
        assert medians[0].severity == "critical"
        for factor, met in ((1, True), (1.5, True), (100, False), (0.01, False)):
            other = _day(1)
            other["amount"] *= factor
            low, high = (medians[0].kwargs[k] for k in ("min_value", "max_value"))
            assert bool(low <= other["amount"].median() <= high) is met


def test_garbled_texts_are_refused_and_those_in_the_data_counted(tmp_path: Path) -> None:
    good = _day(0).assign(__row=range(300))
    with engine.open_session(threads=2) as session:
        found = propose_suite(session, session.set_aside(good))
        (rule,) = [p for p in found.proposals if p.type.endswith("to_not_match_regex")]
        assert (rule.kwargs["column"], rule.severity) == ("note", "critical")
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "s", "expectations": [rule.expectation()]}))
        bad = good.assign(note=good.note.str.encode("utf-8").str.decode("cp1252"))
        for table, unexpected in ((good, 0), (bad, good.note.str.startswith("né").sum())):
            (one,) = validate(session, session.set_aside(table), load_suite(path)).findings
            assert one.result["unexpected_count"] == unexpected
        found = propose_suite(session, session.set_aside(bad))
    assert not [p for p in found.proposals if p.type.endswith("to_not_match_regex")]
    (remark,) = [r for r in found.remarks if "wrong encoding" in r.text]
    assert remark.text.startswith(f"{good.note.str.startswith('né').sum()} of 300")


def _places(rows: int, wrong: int, cities: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    place = rng.integers(0, cities, rows)
    region = place % 4
    region[:wrong] = (region[:wrong] + 1) % 4
    return pd.DataFrame({
        "site": [f"site {p}" for p in place], "region": [f"region {r}" for r in region],
        "city": [f"city {p}" for p in place], "__row": range(rows),
    })  # fmt: skip


def test_a_column_that_follows_from_another_is_found_though_some_rows_are_wrong() -> None:
    with engine.open_session(threads=2) as session:
        clean = propose_suite(session, session.set_aside(_places(900, 0)))
        dirty = propose_suite(session, session.set_aside(_places(900, 9)))
    for found, wrong in ((clean, 0), (dirty, 9)):
        (pairs,) = [p for p in found.proposals if p.kwargs.get("column_B") == "region"]
        assert len(pairs.kwargs["value_pairs_set"]) == 12
        assert pairs.evidence["unusual"] == wrong
        assert pairs.kwargs.get("mostly", 1) <= 1 - wrong / 900


def test_where_levels_may_not_be_shown_a_query_finds_the_rows_that_differ(tmp_path: Path) -> None:
    with engine.open_session(threads=2) as session:
        table = session.set_aside(_places(900, 0).drop(columns="site"))
        found = propose_suite(session, table, hidden={"city"})
        (rule,) = [p for p in found.proposals if "query" in str(p.kwargs)]
        assert "city 1" not in json.dumps(rule.expectation())
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "s", "expectations": [rule.expectation()]}))
        for wrong in (0, 9):
            rows = session.set_aside(_places(900, wrong).drop(columns="site"))
            (one,) = validate(session, rows, load_suite(path)).findings
            assert one.problem is None
            assert one.result["observed_value"] == wrong
        dirty = session.set_aside(_places(900, 9).drop(columns="site"))
        remarks = propose_suite(session, dirty, hidden={"city"}).remarks
    assert [r for r in remarks if "follows from city in all but 9 of 900 rows" in r.text]


def test_identifiers_written_as_floating_point_numbers_are_whole(tmp_path: Path) -> None:
    day = _day(0)
    day["customer_id"] = np.where(day.index % 5 == 0, np.nan, day.index * 7)
    path = tmp_path / f"orders-{DAYS[0]}.csv"
    day.to_csv(path, index=False)
    assert "1.0" in path.read_text() or "7.0" in path.read_text()
    plan = _plan(path)
    contract = yaml.safe_load(plan.files["contracts/orders.odcs.yaml"])
    types = {p["name"]: p["logicalType"] for p in contract["schema"][0]["properties"]}
    assert (types["customer_id"], types["amount"], types["zero"]) == ("integer", "number", "number")


def test_a_suite_is_suggested_from_several_files(days: Path) -> None:
    with engine.open_session(threads=2) as session:
        found = suggest_suite(session, str(days / "orders-{batch}.csv"))
    assert found.suggestion.batches == 6
    assert found.suggestion.rows == sum(280 + 10 * i for i in range(6))
    assert all(judged.met for judged in found.own)
    unique = [p for p in found.suggestion.proposals if "unique" in p.type]
    together = {"column_list": ["nr", "amount", "note"]}
    assert [p.kwargs for p in unique] == [{"column": "nr"}, together]


def test_a_semicolon_file_is_drafted_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "umsatz-2024-01-01.csv"
    rows = "".join(f"K{i};{i * 7};2024-01-01\n" for i in range(200))
    path.write_bytes(("kunde;größe;tag\n" + rows).encode("cp1252"))
    plan = _plan(path, "umsatz")
    server = yaml.safe_load(plan.files["contracts/umsatz.odcs.yaml"])["servers"][0]
    assert (server["delimiter"], server["encoding"]) == (";", "cp1252")
    write_dataset(plan, tmp_path / "include")
    home = {"ASSAY_PROJECT": str(tmp_path), "ASSAY_HOME": str(tmp_path / "home")}
    assert check_project(Project.from_environment(home), gx=False) == []
    assert [c.name for c in plan.profile.columns] == ["kunde", "größe", "tag"]
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("a;b,c\n1;2,3\n4;5,6\n")
    remarks = _plan(mixed, "mixed").remarks
    assert [r for r in remarks if r.column == "a;b" and "--delimiter" in r.text]


@pytest.mark.parametrize(("ending", "sign"), [("tsv", "\t"), ("tab.gz", "\t"), ("psv", "|")])
def test_the_ending_of_a_file_states_its_delimiter(tmp_path: Path, ending: str, sign: str) -> None:
    """One column, or commas in each field, show no other one."""
    path = tmp_path / f"places-2024-01-01.{ending}"
    rows = [f"{i}{sign}Oslo, {i}, Norway" for i in range(60)]
    pd.DataFrame({f"nr{sign}place": rows}).to_csv(
        path, index=False, sep="\1", quoting=csv.QUOTE_NONE, escapechar="\2"
    )
    plan = _plan(path, "places")
    write_dataset(plan, tmp_path / "include")
    home = {"ASSAY_PROJECT": str(tmp_path), "ASSAY_HOME": str(tmp_path / "home")}
    assert check_project(Project.from_environment(home), gx=False) == []
    contract = load_contract(tmp_path / "include/contracts/places.odcs.yaml")
    assert isinstance(contract.source, FilesSource)
    assert contract.source.location == f"inbox/places/{{batch}}.{ending}"
    assert contract.source.delimiter == sign
    with engine.open_session(threads=1) as session:
        landing = arrive(session, contract, path)
        landed = session.rows(session.read_parquet(landing.rows_path).order_by("__row"))
    assert (landed[7]["nr"], landed[7]["place"]) == (7, "Oslo, 7, Norway")
    comma = contract.model_copy(update={"source": FilesSource(location="x.csv", format="csv")})
    with engine.open_session(threads=1) as session:
        assert arrive(session, comma, path).faults == ()


def test_a_decimal_comma_is_drafted_and_landed_exactly(tmp_path: Path) -> None:
    path = tmp_path / "konto-2024-01-01.csv"
    rows = "".join(f"{i};{i}.234,50;{i},0\n" for i in range(1, 60))
    path.write_text("nr;betrag;stück\n" + rows)
    plan = _plan(path, "konto")
    write_dataset(plan, tmp_path / "include")
    contract = load_contract(tmp_path / "include/contracts/konto.odcs.yaml")
    assert isinstance(contract.source, FilesSource)
    assert (contract.source.decimal, contract.source.thousands) == (",", ".")
    path.write_text("nr;betrag;stück\n" + rows + "60;1.5;2\n61;12.34,5;2\n")
    with engine.open_session(threads=1) as session:
        landing = arrive(session, contract, path)
        landed = session.rows(session.read_parquet(landing.rows_path).order_by("__row"))
    assert [r["betrag"] for r in landed[:59]] == [1000 * i + 234.5 for i in range(1, 60)]
    assert [r["__unparsed"] for r in landed[58:]] == [None, ["betrag"], ["betrag"]]
    assert dict(landed[59]["__landed"])["betrag"] == "1.5"


@pytest.mark.parametrize("rows", [15_000, 30_000, 90_000])
def test_the_middle_of_a_sorted_file_is_that_of_rows_from_all_its_parts(rows: int) -> None:
    """A sample of the first rows would have the median of the first part."""
    amount = pd.DataFrame({"amount": np.linspace(1, 1001, rows), "__row": range(rows)})
    with engine.open_session(threads=2) as session:
        found = propose_suite(session, session.set_aside(amount))
    (rule,) = [p for p in found.proposals if "median" in p.type]
    assert rule.evidence["median"] == pytest.approx(501, abs=25)
    assert rule.evidence["q05"] == pytest.approx(51, abs=15)
    sampled = rule.evidence.get("sampled")
    assert (sampled is None) == (rows < 20_000)
    assert sampled is None or (10_000 < sampled < 21_000 and f"{sampled:,}" in rule.rationale)


def test_decimal_columns_have_a_middle(tmp_path: Path) -> None:
    values = [Decimal(i) / 8 for i in range(40, 440)]
    pq.write_table(pa.table({"d": values, "e": values[::-1]}), tmp_path / "d.parquet")
    found = _suggested(tmp_path / "d.parquet")
    (rule,) = [p for p in found.proposals if "median" in p.type and p.kwargs["column"] == "d"]
    assert rule.evidence["median"] == float(values[199])


def _suggested(path: Path) -> Any:
    with engine.open_session(threads=2) as session:
        return suggest_suite(session, path).suggestion
