"""A proposed suite: its own data keep it, faults in them break it, and it shows no person."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assay import engine
from assay.engine import Session
from assay.errors import InputError, SuiteError
from assay.onboarding import aspects, merge_suite, propose_suite, write_suite
from assay.onboarding.proposals._proposal import Proposal
from assay.quality import check_suite_with_gx, load_suite, validate
from assay.quality.mutation import measure_mutation
from assay.verdict import Outcome

N = 3000
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
_EARLY, _LATE = dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)


def _loans(seed: int, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    asked = rng.lognormal(9, 0.8, n).round(2)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    region = rng.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1])
    return pd.DataFrame({
        "loan_id": [f"LN-{seed:02d}{i:05d}" for i in range(n)],
        "amount": asked,
        "granted": (asked * rng.uniform(0.3, 1.0, n)).round(2),
        "rate": np.where(rng.random(n) < 0.05, np.nan, rng.normal(6, 1.5, n).round(3)),
        "term": rng.choice([12, 24, 36, 60], n),
        "region": region,
        "office": np.char.add(region.astype(str), " office"),
        "opened": start,
        "closed": start + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
        "note": [f"note {rng.integers(0, 3000)}" for _ in range(n)],
        "when": [f"{rng.integers(13, 28)}/{rng.integers(1, 12):02d}/2024" for _ in range(n)],
        "email": [f"person{i}@example.org" for i in range(n)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def session() -> Any:
    with engine.open_session(threads=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def loans(session: Session) -> Any:
    table = session.set_aside(_loans(1).assign(__row=range(N)))
    return table, propose_suite(session, table, hidden={"email"})


def _by(suggestion: Any, kind: str) -> dict[Any, Proposal]:
    return {p.aspect[1]: p for p in suggestion.proposals if kind in p.type}


def test_what_is_proposed_of_each_column(loans: Any) -> None:
    _, found = loans
    together = ("amount", "email", "loan_id")
    assert set(_by(found, "to_be_unique")) == {("loan_id",), ("email",), together}
    pattern = _by(found, "to_match_regex")
    assert pattern["loan_id",].kwargs["regex"] == "^LN-[0-9]{7}$"
    assert pattern["email",].kwargs["regex"] == r"^[a-z]+[0-9]+@[a-z]+\.[a-z]+$"
    levels = _by(found, "_in_set")
    assert levels["region",].kwargs["value_set"] == ["east", "north", "south", "west"]
    assert levels["term",].kwargs["value_set"] == [12, 24, 36, 60]
    assert levels["region",].evidence["unseen_share"] == 0
    pair = _by(found, "pair_values_to_be_in_set")["office", "region"]
    assert sorted(pair.kwargs["value_pairs_set"])[0][0].split()[0] == "east"
    orders = _by(found, "a_to_be_greater")
    assert set(orders) == {("amount", "granted"), ("closed", "opened")}
    assert orders["amount", "granted"].kwargs["column_A"] == "amount"
    assert orders["closed", "opened"].evidence["by_chance"] > 0.1
    nulls = _by(found, "not_be_null")
    assert nulls["rate",].kwargs["mostly"] < 0.95
    assert "mostly" not in nulls["amount",].kwargs
    between = _by(found, "column_values_to_be_between")
    assert set(between) == {("amount",), ("granted",), ("rate",)}
    assert _by(found, "strftime")["when",].kwargs["strftime_format"] == "%d/%m/%Y"
    assert pattern["note",].kwargs["regex"] == "^note [0-9]{1,4}$"
    assert all(p.rationale and p.evidence for p in found.proposals)


def test_the_data_keep_it_and_gx_takes_it(session: Session, loans: Any, tmp_path: Path) -> None:
    table, found = loans
    path = tmp_path / "suite.json"
    assert write_suite(path, "loans", found.proposals) == len(found.proposals)
    done = validate(session, table, load_suite(path))
    assert [f.expectation.label for f in done.findings if not f.success] == []
    assert done.outcome is Outcome.PASS
    assert list(check_suite_with_gx(path)) == []


def test_another_batch_keeps_it_and_planted_faults_dont(
    session: Session, loans: Any, tmp_path: Path
) -> None:
    table, found = loans
    write_suite(tmp_path / "suite.json", "loans", found.proposals)
    suite = load_suite(tmp_path / "suite.json")
    again = session.set_aside(_loans(2).assign(__row=range(N)))
    assert [
        f.expectation.label for f in validate(session, again, suite).findings if not f.success
    ] == []
    few = [c for c in table.columns if c not in {"note", "office"}]
    score = measure_mutation(session, table.select(few), suite, every=20, most_rows=N)
    found_by = {(p.operator, p.columns): p.caught_by for p in score.planted}
    living = {key for key, caught in found_by.items() if not caught}
    assert found_by["rows doubled", ()]
    assert all(
        caught for (op, _), caught in found_by.items() if op in {"missing", "unheard-of level"}
    )
    assert all(caught for (op, _), caught in found_by.items() if op == "out of range")
    assert living <= {("half of the rows lost", ()), ("columns exchanged", ("granted", "rate"))}
    assert score.score >= 0.9
    assert {p.rows for p in score.planted if p.operator == "rows doubled"} == {N // 20}


def test_no_value_about_people_is_shown(loans: Any) -> None:
    _, found = loans
    proposed = [p for p in found.proposals if "email" in p.aspect[1]]
    assert {p.type for p in proposed} == {
        "expect_column_values_to_be_in_type_list", "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique",
        "expect_column_values_to_match_regex", "expect_column_values_to_not_match_regex",
        "expect_column_proportion_of_non_null_values_to_be_between",
    }  # fmt: skip
    text = json.dumps([p.expectation() for p in proposed]) + "".join(r.text for r in found.remarks)
    assert "person" not in text
    assert "example" not in text


@given(
    data=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.one_of(st.none(), st.floats(allow_infinity=False)),
            st.one_of(st.none(), st.text(max_size=8), st.sampled_from([" a", "b ", "Ü", "12"])),
            st.one_of(
                st.none(),
                st.datetimes(
                    min_value=pd.Timestamp("1900-01-01"), max_value=pd.Timestamp("2200-01-01")
                ),
            ),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=8, deadline=None, phases=_NO_SHRINKING)
def test_any_data_keep_their_own_suite(session: Session, tmp_path_factory: Any, data: Any) -> None:
    frame = pd.DataFrame(data, columns=["i", "f", "s", "t", "b"]).astype(
        {"i": "Int64", "f": "float64", "s": "string", "t": "datetime64[us]", "b": "boolean"}
    )
    table = session.set_aside(frame.assign(__row=range(len(frame))))
    found = propose_suite(session, table)
    path = tmp_path_factory.mktemp("any") / "suite.json"
    write_suite(path, "any", found.proposals)
    for stage in ("raw", "clean"):
        suite = load_suite(path)
        kept = {i for i, p in enumerate(found.proposals) if p.stage == stage}
        view = table.mutate(s=table.s.strip()) if stage == "clean" else table
        done = validate(session, view, suite)
        assert [f.expectation.label for i, f in enumerate(done.findings)
                if i in kept and not f.success] == []  # fmt: skip


def _levels(session: Session, counts: dict[str, int], **more: Any) -> Any:
    rows = [level for level, n in counts.items() for _ in range(n)]
    frame = pd.DataFrame({"kind": rows, "__row": range(len(rows))})
    return propose_suite(session, session.set_aside(frame), **more)


def test_a_list_to_which_levels_keep_coming_isnt_closed(session: Session) -> None:
    few = {f"k{i}": 1 for i in range(12)}
    found = _levels(session, {"a": 500, "b": 300, **few})
    assert _by(found, "_in_set") == {}
    (remark,) = [r for r in found.remarks if r.column == "kind"]
    assert "12 of 14 levels were seen once" in remark.text
    assert "1.48% of further rows" in remark.text
    rare = _by(_levels(session, {"a": 5000, "b": 3000, "c": 1}), "_in_set")["kind",]
    assert rare.kwargs["mostly"] == 0.999
    assert "Good and Turing" in rare.rationale


def _versions(session: Session, frames: list[pd.DataFrame]) -> list[tuple[str, Any]]:
    numbered = [frame.assign(__row=range(len(frame))) for frame in frames]
    tables = [session.set_aside(frame) for i, frame in enumerate(numbered)]
    return [(f"2024-{i + 1:02d}", table) for i, table in enumerate(tables)]


def test_earlier_versions_give_bands_and_open_lists(session: Session) -> None:
    rng = np.random.default_rng(7)

    def batch(i: int) -> pd.DataFrame:
        n = 900 + 20 * i
        kinds = [f"k{j}" for j in range(3 + i)]  # each batch brings a level
        return pd.DataFrame({"x": rng.normal(50 + i % 3, 5, n), "kind": rng.choice(kinds, n),
                             "day": i})  # fmt: skip

    frames = [batch(i) for i in range(7)]
    last = session.set_aside(frames[-1].assign(__row=range(len(frames[-1]))))
    found = propose_suite(session, last, earlier=_versions(session, frames[:-1]))
    rows = _by(found, "row_count")[()]
    assert rows.kwargs["min_value"] < 900 < 1000 < rows.kwargs["max_value"] < 1300
    mean = _by(found, "mean_to_be_between")["x",]
    means = [f.x.mean() for f in frames[:-1]]
    assert mean.kwargs["min_value"] < min(means) < max(means) < mean.kwargs["max_value"]
    assert ("kind",) not in _by(found, "_in_set")
    remarks = {r.column: r.text for r in found.remarks}
    assert "new levels occurred in" in remarks["kind"]
    assert "it names the batch" in remarks["day"]
    assert found.batches == 7
    far = session.set_aside((frames[0] + {"x": 90, "kind": "", "day": 0}).assign(
        __row=range(900)))  # fmt: skip
    moved = propose_suite(session, far, earlier=_versions(session, frames[:-1]))
    assert ("x",) not in _by(moved, "mean_to_be_between")
    assert any("its mean" in r.text for r in moved.remarks if r.column == "x")


def test_codes_for_unknown_are_named(session: Session) -> None:
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.integers(0, 5000, 2000), [99999] * 9])
    frame = pd.DataFrame({"gain": x, "__row": range(len(x))})
    found = propose_suite(session, session.set_aside(frame))
    (remark,) = [r for r in found.remarks if r.column == "gain"]
    assert remark.text.startswith("99999 occurs 9 times")


def test_a_key_of_two_columns_and_what_is_known(session: Session) -> None:
    frame = pd.DataFrame({"shop_id": np.repeat(range(40), 25), "ticket_no": list(range(25)) * 40,
                          "total": 1.5, "__row": range(1000)})  # fmt: skip
    table = session.set_aside(frame)
    (key,) = [p for p in propose_suite(session, table).proposals if "compound" in p.type]
    assert key.kwargs["column_list"] == ["shop_id", "ticket_no"]
    stated = [("expect_compound_columns_to_be_unique", dict(key.kwargs)),
              ("expect_column_values_to_be_of_type", {"column": "total", "type_": "float64"}),
              ("expect_column_values_to_not_be_null",
               {"column": "total", "row_condition": 'col("total") > 0'}),
              ("expect_column_values_to_not_be_null", {"column": "ticket_no"}),
              ("expect_column_values_to_not_be_null",
               {"column": "shop_id", "mostly": 0.9})]  # fmt: skip
    known = propose_suite(session, table, known=aspects(stated)).proposals
    assert not [p for p in known if "compound" in p.type]
    assert not [p for p in known if "type_list" in p.type and p.kwargs["column"] == "total"]
    nulls = {what: [p.kwargs["column"] for p in known if what in p.type]
             for what in ("not_be_null", "non_null")}  # fmt: skip
    assert nulls == {"not_be_null": ["total"], "non_null": ["shop_id", "total"]}


def test_rows_twice_are_refused_where_a_column_is_unique_in_few_rows_only(session: Session) -> None:
    """It is no key yet, and must not keep the whole rows from being compared."""
    frame = pd.DataFrame({"size": np.arange(60) * 3, "kind": ["a", "b"] * 30, "__row": range(60)})
    found = propose_suite(session, session.set_aside(frame)).proposals
    unique = [p for p in found if "unique" in p.type]
    assert [(p.kwargs, p.severity) for p in unique] == [
        ({"column_list": ["size", "kind"]}, "critical")
    ]


def test_merging_changes_nothing_that_stands_there(
    session: Session, loans: Any, tmp_path: Path
) -> None:
    _, found = loans
    path = tmp_path / "suite.json"
    mine = {"type": "expect_column_values_to_be_between", "severity": "critical",
            "kwargs": {"column": "amount", "min_value": 1}, "meta": {"by": "hand"}}  # fmt: skip
    path.write_text(json.dumps({"name": "mine", "meta": {"k": 1}, "expectations": [mine]}))
    added = merge_suite(path, found.proposals)
    suite = json.loads(path.read_text())
    assert suite["expectations"][0] == mine
    assert suite["meta"] == {"k": 1}
    assert added == len(found.proposals) - 1 == len(suite["expectations"]) - 1
    before = path.read_bytes()
    assert merge_suite(path, found.proposals) == 0
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["suite.json"]
    with pytest.raises(InputError, match="is there already"):
        write_suite(path, "other", found.proposals)
    with pytest.raises(InputError, match="nothing is proposed"):
        write_suite(tmp_path / "none.json", "none", [])
    (tmp_path / "odd.json").write_text("[]")
    with pytest.raises(SuiteError, match="can't be read as a suite"):
        merge_suite(tmp_path / "odd.json", found.proposals)


def test_an_empty_table_is_refused(session: Session) -> None:
    table = session.set_aside(_loans(1, 1).head(0).assign(__row=[]))
    with pytest.raises(InputError, match="no row or no column"):
        propose_suite(session, table)
