"""Airflow's own backfills end alike: forward, in reverse, repeated, ten runs at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import journey
import pytest

from assay import launcher
from assay.launcher import project_root
from demo.backfill import Airflow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

mini = journey.mini
DAG = "release__visits"
DAYS = [f"2024-02-{d:02}" for d in range(1, 11)]
SHIFTED = {DAYS[3], DAYS[7]}
ORDERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "forward": (("--max-active-runs", "2"),),
    "reverse": (("--max-active-runs", "2", "--run-backwards"),),
    "repeated": (("--max-active-runs", "4"),) * 2,
    "ten at once": (("--max-active-runs", "10"),),
}
_AIRFLOWS = {"airflow", "logs", "cache"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[journey.Site]:
    """A site whose references are released and whose days are dropped, its Airflow up."""
    site = journey.Site(tmp_path / "site")
    site.prepare()
    for day in DAYS:
        site.train().drop("visits", day, mini.visits(day, shift=30 if day in SHIFTED else 0))
    yield from _up(site, monkeypatch)


@pytest.fixture
def unjudged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[journey.Site]:
    """A site whose register of sites alone is released, its Airflow up."""
    site = journey.Site(tmp_path / "site")
    mini.write_project(site.root / "project")
    site.train().drop("sites", "2024", mini.sites())
    site.train().run("sites", "2024")
    yield from _up(site, monkeypatch)


def _up(site: journey.Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[journey.Site]:
    # The DAGs beside it open the catalog at times of their own.
    (site.root / "project" / "dags").mkdir()
    for name in ("config", "dags/release.py", "plugins"):
        (site.root / "project" / name).symlink_to(project_root() / name)
    monkeypatch.setenv("ASSAY_PROJECT", str(site.root / "project"))
    monkeypatch.setenv("ASSAY_HOME", str(site.home))
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "10")
    launcher.up(site.home, keep=False)
    yield site
    launcher.down(site.home)


def _copy_state(source: Path, to: Path) -> None:
    """Make a home's state that of another; Airflow's own part stays as it is."""
    to.mkdir(exist_ok=True)
    for path in to.iterdir():
        if path.name not in _AIRFLOWS:
            shutil.rmtree(path)
    for path in source.iterdir():
        if path.name not in _AIRFLOWS:
            shutil.copytree(path, to / path.name, symlinks=True)


def _backfill(
    airflow: Airflow, home: Path, words: tuple[str, ...], days: list[str] = DAYS
) -> float:
    """Backfill the days; seconds until the last run has ended."""
    airflow.await_backfills(DAG)
    began, before = time.monotonic(), airflow.count(DAG).ended
    launcher.run_airflow(
        home, "backfill", "create", "--dag-id", DAG, "--from-date", days[0], "--to-date", days[-1],
        "--reprocess-behavior", "completed", *words,
    )  # fmt: skip
    while airflow.count(DAG).active or airflow.count(DAG).ended < before + len(days):
        time.sleep(0.5)
    return time.monotonic() - began


def test_backfills_of_airflow_end_alike(site: journey.Site, tmp_path: Path) -> None:
    airflow = Airflow(site.home)
    airflow.await_dags([DAG])
    kept = tmp_path / "kept"
    _copy_state(site.home, kept)
    ends = {}
    for name, backfills in ORDERS.items():
        _copy_state(kept, site.home)
        for words in backfills:
            print(f"{name}: {_backfill(airflow, site.home, words):.0f} s")
        ends[name] = journey.outcome_of(site)
    assert set(ends["forward"]["states"].values()) == {"released", "held"}
    assert ends["forward"]["releases"] == 2 + len(DAYS) - len(SHIFTED)
    for name, found in ends.items():
        for part, value in found.items():
            assert value == ends["forward"][part], (name, part)


def test_a_range_waits_for_its_mended_reference(unjudged: journey.Site) -> None:
    """The first day is held, so later ones have no reference; it is mended and all run again."""
    days = [*mini.REFERENCE_DAYS, "2024-01-03", "2024-01-04", "2024-01-05"]
    for day in days:
        unjudged.train().drop("visits", day, mini.visits(day, rows=10 if day == days[0] else 500))
    airflow = Airflow(unjudged.home)
    airflow.await_dags([DAG])
    _backfill(airflow, unjudged.home, ("--max-active-runs", "5"), days)
    states = {day: unjudged.train().batch("visits", day)["state"] for day in days}
    assert states == dict.fromkeys(days, "held") | {days[1]: "released"}
    unjudged.train().drop("visits", days[0], mini.visits(days[0]))
    _backfill(airflow, unjudged.home, ("--max-active-runs", "5"), days)
    states = {day: unjudged.train().batch("visits", day)["state"] for day in days}
    assert states == dict.fromkeys(days, "released")
