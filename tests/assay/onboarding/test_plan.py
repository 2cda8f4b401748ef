from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
import yaml

from assay import engine
from assay.cleaning import clean, fit, problems, roles_of
from assay.contract import load_contract
from assay.errors import InputError
from assay.onboarding import write_dataset
from assay.onboarding.evidence import _many_columns, _sample
from assay.policy import load_policy
from assay.policy.alerting import AlertingPolicy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.quality import QualityPolicy
from assay.policy.retention import RetentionPolicy
from assay.quality import contract_suite, load_suite, validate
from assay.stages.authoring import draft_dataset

_MODELS: dict[str, Any] = {
    "alerting": AlertingPolicy,
    "cleaning": CleaningPolicy,
    "drift": DriftPolicy,
    "fairness": FairnessPolicy,
    "privacy": PrivacyPolicy,
    "quality": QualityPolicy,
    "retention": RetentionPolicy,
}
_RNG = np.random.default_rng(6)


def _orders(n: int) -> pd.DataFrame:
    return pd.DataFrame({
        "order_id": range(n),
        "email": [f"person{i}@example.org" for i in range(n)],
        "age": _RNG.integers(18, 90, n),
        "amount": _RNG.lognormal(3, 1, n).round(2),
        "region": _RNG.choice(["north", " south", "no"], n),
        "at": pd.date_range("2024-03-01", periods=n, freq="h"),
        'odd: "name" # ü': _RNG.choice([1.0, 2.0, np.nan], n),
        "paid": _RNG.choice([True, False], n),
        "void": [None] * n,
    })  # fmt: skip


_SAMPLES: dict[str, pd.DataFrame] = {
    "orders": _orders(300),
    "one_row": _orders(1),
    "constant": pd.DataFrame({"x": [5] * 50, "s": ["same"] * 50}),
    "text_only": pd.DataFrame({"s": [f"row {i}" for i in range(60)]}),
    "yaml_words": pd.DataFrame(
        {"yes": [1, 2] * 30, "k": ["no", "null", "1e3"] * 20, "12": [0] * 60}
    ),
}  # fmt: skip


def _plan(folder: Path, name: str, suffix: str = ".csv", **more: Any) -> Any:
    path = folder / f"sample{suffix}"
    if ".csv" in suffix:
        _SAMPLES[name].to_csv(path, index=False)
    else:
        _SAMPLES[name].drop(columns="void", errors="ignore").to_parquet(path, index=False)
    with engine.open_session(threads=2) as session:
        return draft_dataset(session, path, name, **more)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("name", sorted(_SAMPLES))
def test_all_that_is_written_loads(tmp_path: Path, name: str, suffix: str) -> None:
    plan = _plan(tmp_path, name, suffix)
    write_dataset(plan, tmp_path / "include")
    contract = load_contract(tmp_path / f"include/contracts/{name}.odcs.yaml")
    assert contract.dataset == name
    assert contract.column_names == tuple(c.name for c in plan.profile.columns)
    for kind in ("raw", "clean"):
        path = tmp_path / f"include/suites/{name}/{kind}.json"
        assert len(load_suite(path).expectations) == len(
            json.loads(path.read_text())["expectations"]
        )
    for kind, model in _MODELS.items():
        path = tmp_path / f"include/policies/{name}/{kind}.yaml"
        policy = load_policy(path, model, contract.column_names)
        if kind == "cleaning":
            assert not problems(policy, roles_of(contract), contract.column_names)
        if kind == "drift" and policy.applies:
            assert contract.partition.is_key(policy.bootstrap[0])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", sorted(_SAMPLES))
def test_a_long_sample_is_drafted_as_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, suffix: str
) -> None:
    short = _plan(tmp_path, name, suffix)
    for module in (_many_columns, _sample):
        monkeypatch.setattr(module, "LONG", 0)
    long = _plan(tmp_path, name, suffix)
    assert long.files == short.files
    assert long.remarks == short.remarks


def test_the_sample_keeps_what_was_drafted_from_it(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "orders", ".parquet")
    write_dataset(plan, tmp_path / "include")
    include = tmp_path / "include"
    contract = load_contract(include / "contracts/orders.odcs.yaml")
    raw = load_suite(include / "suites/orders/raw.json") + contract_suite(contract)
    policy = load_policy(include / "policies/orders/cleaning.yaml", CleaningPolicy)
    with engine.open_session(threads=2) as session:
        table = session.open_data(tmp_path / "sample.parquet")
        table = table.mutate(__unparsed=ibis.null("array<string>"))
        assert validate(session, table, raw).outcome == "PASS"
        cleaned = clean(session, table, policy, fit(session, table, policy))
        done = validate(session, cleaned.table, load_suite(include / "suites/orders/clean.json"))
        assert done.outcome == "PASS"


def test_keys_nulls_levels_and_dates_are_the_samples(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "orders")
    contract = yaml.safe_load(plan.files["contracts/orders.odcs.yaml"])
    columns = {p["name"]: p for p in contract["schema"][0]["properties"]}
    assert columns["order_id"]["primaryKey"] is True
    assert columns["order_id"]["required"] is True
    assert "required" not in columns["age"]  # one batch doesn't show that it never is missing
    raw_suite = json.loads(plan.files["suites/orders/raw.json"])
    shares = {
        e["kwargs"]["column"]: (e["severity"], e["kwargs"]["min_value"])
        for e in raw_suite["expectations"] if "non_null" in e["type"]
    }  # fmt: skip
    assert shares["age"] == ("critical", 0.7)
    assert "order_id" not in shares
    assert contract["customProperties"][0]["value"]["first"] == "2024-03-01"
    clean_suite = json.loads(plan.files["suites/orders/clean.json"])
    sets = [e["kwargs"] for e in clean_suite["expectations"] if "in_set" in e["type"]]
    assert sets == [{"column": "region", "value_set": ["no", "north", "south"]}]


def test_no_value_of_a_person_is_written(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "orders")
    text = "\n".join(plan.files.values())
    assert "example.org\n" not in text.replace("owner@example.org", "")
    assert "person1@" not in text
    clean_suite = json.loads(plan.files["suites/orders/clean.json"])
    assert not [e for e in clean_suite["expectations"] if e["kwargs"].get("column") == "age"]
    assert "# classification: identifier  # guessed from the name: confirm" in text


def test_each_limit_says_what_it_was_derived_from(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "orders")

    def check(value: Any) -> int:
        if isinstance(value, list):
            return sum(map(check, value))
        if not isinstance(value, dict):
            return 0
        limits = {"limit", "max_share", "max_rows", "max_age_days"} & value.keys()
        assert not limits or value["rationale"]
        return len(limits) + sum(map(check, value.values()))

    policies = [yaml.safe_load(t) for p, t in plan.files.items() if p.startswith("policies/")]
    assert sum(map(check, policies)) >= 6
    for path, text in plan.files.items():
        if path.startswith("suites/"):
            assert all(e["meta"]["rationale"] for e in json.loads(text)["expectations"])


def test_texts_for_null_are_found_by_what_becomes_typed(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text("n,x,d,s,note\n1,NA,2013-02-04,NA,a\nNA,2.5,?,b,-\n3,1,2013-02-05,c,text\n")
    with engine.open_session(threads=1) as session:
        plan = draft_dataset(session, path, "tokens")
    assert [c.type for c in plan.profile.columns] == [
        "integer", "number", "date", "string", "string",
    ]  # fmt: skip
    assert [c.nulls for c in plan.profile.columns] == [1, 1, 1, 1, 0]
    write_dataset(plan, tmp_path)
    source = load_contract(tmp_path / "contracts/tokens.odcs.yaml").source
    assert source.null_values == ("", "NA", "?")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "constant", first="2013", grain="year")
    there = tmp_path / "include/policies/constant/drift.yaml"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write_dataset(plan, tmp_path / "include")
    assert there.read_text() == "mine"
    assert not (tmp_path / "include/contracts").exists()


@pytest.mark.parametrize("name", ["Orders", "1st", "a-b", "../up", "", "a" * 65])
def test_names_become_paths(tmp_path: Path, name: str) -> None:
    with engine.open_session(threads=1) as session, pytest.raises(InputError, match="not a name"):
        draft_dataset(session, tmp_path / "sample.csv", name)


def test_numbers_in_spaces_and_dates_in_other_forms_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text(
        "day,both,n,code\n13/02/2024, 01/02/2024, 7,007\n01/12/2024,03/04/2024, ?,012\n"
    )
    with engine.open_session(threads=1) as session:
        plan = draft_dataset(session, path, "meant")
    kinds = {c.name: c.type for c in plan.profile.columns}
    assert kinds == {"day": "date", "both": "string", "n": "integer", "code": "string"}
    assert str(plan.profile.first_day) == "2024-02-13"
    write_dataset(plan, tmp_path)
    contract = load_contract(tmp_path / "contracts/meant.odcs.yaml")
    assert contract.column("day").format == "%d/%m/%Y"
    assert contract.source.null_values == ("", " ?")
    text = plan.files["contracts/meant.odcs.yaml"]
    assert "# dates that both %d/%m/%Y and %m/%d/%Y can read: confirm which" in text
