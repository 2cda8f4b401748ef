"""The performance gate: the interval decides, never the estimate alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mini_model
import pytest
import yaml

from assay.policy.model import load_model
from assay.records.models import Figure
from assay.stages.models._limits import Against, Slice, judge_performance
from assay.verdict import Outcome


def file_of(folder: Path, **performance: Any) -> Any:
    path = folder / "passing.yaml"
    gates = mini_model.performance(**performance)
    path.write_text(yaml.safe_dump({**mini_model.FILE, "gates": gates}))
    return load_model(path)


def figure(low: float, high: float) -> Figure:
    return Figure(value=(low + high) / 2, low=low, high=high, n=100, how="Wilson")


@pytest.mark.parametrize(
    ("low", "high", "outcome", "codes"),
    [
        (0.71, 0.8, Outcome.PASS, []),
        (0.7, 0.8, Outcome.PASS, []),
        (0.69, 0.8, Outcome.INCONCLUSIVE, ["metric_undecided"]),
        (0.5, 0.69, Outcome.FAIL, ["metric_beyond_limit"]),
        (0.71, 0.91, Outcome.INCONCLUSIVE, ["metric_undecided"]),
        (0.91, 0.95, Outcome.FAIL, ["metric_beyond_limit"]),
    ],
)
def test_a_limit_is_kept_by_the_whole_interval(
    tmp_path: Path, low: float, high: float, outcome: Outcome, codes: list[str]
) -> None:
    file = file_of(tmp_path, limits=[{"metric": "accuracy", "min": 0.7, "max": 0.9}])
    verdict = judge_performance(file, {"accuracy": figure(low, high)})
    assert verdict.outcome is outcome
    assert [r.code for r in verdict.reasons] == codes
    assert verdict.policy_hash == file.hash
    assert verdict.holds is (outcome is not Outcome.PASS)


def test_a_figure_that_is_not_there_decides_nothing(tmp_path: Path) -> None:
    file = file_of(tmp_path, limits=[{"metric": "precision", "min": 0.7}])
    for figures in ({}, {"precision": Figure(value=None, how="no row is predicted")}):
        verdict = judge_performance(file, figures)
        assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_bad_slice_is_found_and_only_shares_are_judged_in_slices(tmp_path: Path) -> None:
    limits = [{"metric": "accuracy", "min": 0.7}, {"metric": "roc_auc", "min": 0.7}]
    file = file_of(tmp_path, limits=limits)
    good = {"accuracy": figure(0.8, 0.9), "roc_auc": figure(0.8, 0.9)}
    bad = Slice("site", "S1", 50, {"accuracy": figure(0.2, 0.4), "roc_auc": figure(0.2, 0.4)})
    verdict = judge_performance(file, good, [bad, Slice("site", "S2", 50, good)])
    (reason,) = verdict.reasons
    assert (reason.code, reason.column) == ("metric_beyond_limit", "site")
    assert "accuracy where site is S1" in reason.message


@pytest.mark.parametrize(
    ("metric", "require", "low", "high", "code"),
    [
        ("roc_auc", "not_worse", -0.05, 0.02, None),
        ("roc_auc", "not_worse", -0.15, 0.02, "champion_undecided"),
        ("roc_auc", "not_worse", -0.3, -0.2, "champion_better"),
        ("roc_auc", "better", 0.01, 0.02, None),
        ("roc_auc", "better", -0.01, 0.02, "champion_undecided"),
        ("roc_auc", "better", -0.02, -0.01, "champion_better"),
        ("brier", "not_worse", -0.02, 0.05, None),
        ("brier", "not_worse", 0.2, 0.3, "champion_better"),
        ("brier", "better", -0.02, -0.01, None),
    ],
)
def test_the_champion_is_met_with_a_margin(
    tmp_path: Path, metric: str, require: str, low: float, high: float, code: str | None
) -> None:
    rule = {"metric": metric, "require": require, "margin": 0.1}
    file = file_of(tmp_path, champion=rule)
    against = Against("passing@1", figure(low, high))
    verdict = judge_performance(file, {"roc_auc": figure(0.8, 0.9)}, against=against)
    assert [r.code for r in verdict.reasons] == ([code] if code else [])


def test_a_comparison_that_is_missing_holds_unless_the_champion_is_of_a_later_snapshot(
    tmp_path: Path,
) -> None:
    file = file_of(tmp_path)
    well = {"roc_auc": figure(0.8, 0.9)}
    missing = judge_performance(
        file, well, against=Against("passing@1", why="it has other classes")
    )
    assert missing.outcome is Outcome.INCONCLUSIVE
    assert "it has other classes" in missing.reasons[0].message
    later = judge_performance(file, well, against=Against("passing@9", why="learned", later=True))
    assert later.outcome is Outcome.WARN
    assert judge_performance(file, well).outcome is Outcome.PASS
    alike = Figure(value=0.0, n=100, how="both order the rows alike")
    same = judge_performance(file, well, against=Against("passing@1", alike))
    assert same.outcome is Outcome.PASS
