"""What is counted of a released batch is kept, trusted only as written, and changes nothing."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from assay.drift import Released, judge_drift, measure_drift
from assay.drift.attribution import alarms, explain_drift
from assay.drift.columns import _counted_table as side_module
from assay.engine import open_session
from assay.policy.drift import DriftPolicy
from assay.statistics.sketches import SketchFolder

POLICY = DriftPolicy.model_validate({
    "on_inconclusive": "hold",
    "alpha": 0.01,
    "roles": {"label": "label", "said": "prediction", "score": "probability"},
    "concept": {"positive": 1},
    "columns": {
        "amount": {"test": "anderson_darling", "effect": "ks_statistic", "limit": 0.05},
        "count": {"test": "permutation", "effect": "psi", "limit": 0.05},
        "city": {"test": "chi_square", "effect": "cramers_v", "limit": 0.05},
        "code": {"test": "chi_square", "effect": "psi", "limit": 0.05},
    },
    "slices": [{"name": "only_a", "column": "city", "levels": ["a"], "columns": ["amount"]}],
})  # fmt: skip


def frame(seed: int, shift: float = 0.0, rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    amount = rng.normal(shift, 1, rows).round(2)  # both zeros are among them
    return pd.DataFrame({
        "amount": np.where(rng.random(rows) < 0.03, np.nan, amount),
        "count": rng.poisson(2 + shift, rows),
        "city": pd.Series(rng.choice(list("abcd"), rows)).where(rng.random(rows) > 0.02),
        "code": rng.integers(0, 5, rows),
        "label": rng.integers(0, 2, rows),
        "said": rng.integers(0, 2, rows),
        "score": rng.random(rows).round(3),
    })  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Three reference batches and one that is judged, as Parquet."""
    found = {name: tmp_path / f"{name}.parquet" for name in ("r1", "r2", "r3", "now")}
    for seed, (name, path) in enumerate(found.items()):
        frame(seed, shift=0.4 if name == "now" else 0).to_parquet(path)
    return found


def compared(files: dict[str, Path], folder: Path | None) -> str:
    """All that drift and its causes say, as text."""
    with open_session(threads=1) as session:
        batches = tuple(
            (session.read_parquet(files[name]), None if folder is None else folder / name)
            for name in ("r1", "r2", "r3")
        )
        sides = Released(batches), session.read_parquet(files["now"])
        measured = measure_drift(session, *sides, POLICY)
        verdict = judge_drift(measured, POLICY)
        causes = [explain_drift(*sides, a, POLICY)[0] for a in alarms(verdict, POLICY)]
    assert causes
    told = [measured, verdict, *causes]
    return "\n".join(one.model_dump_json() for one in told)


def test_the_result_is_the_same_with_and_without(files: dict[str, Path], tmp_path: Path) -> None:
    without = compared(files, None)
    assert compared(files, tmp_path / "kept") == without
    kept = {path: path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    assert compared(files, tmp_path / "kept") == without
    assert {path: path.read_bytes() for path in kept} == kept


def test_what_is_kept_is_not_counted_again(files: dict[str, Path], tmp_path: Path) -> None:
    compared(files, tmp_path / "kept")
    seen = []
    with ExitStack() as stack:
        for name in ("_count_levels", "_read"):
            real = getattr(side_module, name)
            stack.enter_context(mock.patch.object(
                side_module, name, lambda *a, real=real, name=name: seen.append(name) or real(*a)
            ))  # fmt: skip
        compared(files, tmp_path / "kept")
    read = [name for name in seen if name == "_read"]
    with mock.patch.object(side_module, "_read", side_effect=AssertionError) as counted:
        with open_session(threads=1) as session:
            kept = Released(((session.read_parquet(files["r1"]), tmp_path / "kept" / "r1"),))
            side = side_module.CountedTable(kept)
            columns = {"amount": side_module.ordered_column("amount", "float64")}
            assert len(side.values(columns)["amount"]()) == frame(0).amount.notna().sum()
        assert not counted.called
    assert read  # of the batch that is judged


def test_only_its_owner_may_read_what_is_kept(files: dict[str, Path], tmp_path: Path) -> None:
    compared(files, tmp_path / "kept")
    for path in (tmp_path / "kept").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file():
            assert mode == 0o600
        elif path.parent != tmp_path:
            assert mode == 0o700


def spoiled(path: Path, how: str) -> None:
    head, _, content = path.read_bytes().partition(b"\n")
    about = json.loads(head)
    if how == "another format":
        about["format"] += 1
    elif how == "another engine":
        about["engine"] = "duckdb 0.0"
    elif how == "another key":
        about["key"] += " "
    elif how == "changed bytes":
        content = content[::-1]
    elif how == "torn":
        content = content[: len(content) // 2]
    else:
        head = b"no JSON"
    path.write_bytes((head if how == "no line" else json.dumps(about).encode()) + b"\n" + content)


@pytest.mark.parametrize(
    "how",
    ["another format", "another engine", "another key", "changed bytes", "torn", "no line"],
)
def test_a_file_that_differs_in_anything_is_counted_anew(
    files: dict[str, Path], tmp_path: Path, how: str
) -> None:
    without = compared(files, tmp_path / "kept")
    kept = {path: path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    for path in kept:
        spoiled(path, how)
    assert compared(files, tmp_path / "kept") == without
    assert {path: path.read_bytes() for path in kept} == kept


def test_values_of_another_batch_are_believed_nowhere(tmp_path: Path) -> None:
    shelf = SketchFolder(tmp_path / "kept")
    shelf.keep_values("amount", np.array([1.0, 2.0]))
    (path,) = (tmp_path / "kept").iterdir()
    shelf.keep_values("other", np.array([3.0]))
    (other,) = {*(tmp_path / "kept").iterdir()} - {path}
    other.replace(path)
    assert shelf.values("amount") is None


def test_ten_at_once_keep_the_same(files: dict[str, Path], tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: compared(files, tmp_path / "kept"), range(10)))
    assert len(set(found)) == 1
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if path.name.startswith(".")]


def test_a_folder_that_takes_nothing_is_no_reason_to_fail(
    files: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("a file where a folder should be")
    assert compared(files, tmp_path / "kept") == compared(files, None)
