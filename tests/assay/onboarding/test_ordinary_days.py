"""The drafts of one day against the days after it, and against days with a planted fault."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from daily_sets import DAYS, FAULTS, DailySet, as_csv, daily_sets, measured
from mini_project import Train

from assay import engine
from assay.onboarding import write_dataset
from assay.stages.authoring import draft_dataset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
_ONLY = os.environ.get("ASSAY_DAILY_SETS", "").split()


def _draft(days: DailySet, folder: Path, samples: int) -> Train:
    """A project from the drafts of the first days, as they are."""
    train = Train(folder, folder / "home")
    (folder / "dags").mkdir(parents=True)
    paths = [train.drop(days.name, days.key(i), as_csv(days.days[i])) for i in range(samples)]
    with engine.open_session(threads=2) as session:
        plan = draft_dataset(session, paths, days.name)
    write_dataset(plan, folder / "include")
    for i in range(samples):
        train.run(days.name, days.key(i))
    return train


def _states(days: DailySet, folder: Path, samples: int) -> tuple[list[str], dict[str, str]]:
    """The state of each later day, and of the last day with each fault; why, where it is held."""
    train = _draft(days, folder, samples)
    ordinary = []
    for i in range(samples, DAYS):
        train.drop(days.name, days.key(i), as_csv(days.days[i]))
        ordinary.append(_state(train, days, i))
    faulty = {}
    rng = np.random.default_rng(3)
    last = days.days[DAYS - 1]
    for j, (name, fault) in enumerate(FAULTS.items()):
        broken = fault(last, measured(last), rng)
        if broken is None:
            continue
        text = broken if isinstance(broken, str) else as_csv(broken)
        train.drop(days.name, days.key(DAYS + j), text)
        faulty[name] = _state(train, days, DAYS + j)
    return ordinary, faulty


def _state(train: Train, days: DailySet, i: int) -> str:
    done = train.run(days.name, days.key(i))
    release = done["release"]
    if release.state == "released":
        return "released"
    return "; ".join(f"{n}: {', '.join(r.messages)}" for n, r in done.items() if r.holds)


@pytest.mark.parametrize("samples", [1, 4])
def test_ordinary_days_are_released_and_faults_are_held(
    tmp_path: Path, samples: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, why = [], []
    released = planted = held = days_seen = 0
    for days in daily_sets():
        if _ONLY and days.name not in _ONLY:
            continue
        ordinary, faulty = _states(days, tmp_path / days.name, samples)
        ok = sum(state == "released" for state in ordinary)
        released, days_seen = released + ok, days_seen + len(ordinary)
        planted, held = planted + len(faulty), held + sum(s != "released" for s in faulty.values())
        cells = ["–" if f not in faulty else "held" if faulty[f] != "released" else "released"
                 for f in FAULTS]  # fmt: skip
        of = "its own days" if days.daily else "dealt"
        rows.append([days.name, of, f"{ok}/{len(ordinary)}", *cells])
        why += [f"{days.name}: {state}" for state in ordinary if state != "released"]
    with capsys.disabled():
        head = ["data set", "days", "released", *FAULTS]
        print(f"\nDrafts from {samples} day{'s' * (samples > 1)}")
        print("\n".join(" | ".join(f"{c:<12}" for c in row) for row in [head, *rows]))
        print(
            f"ordinary days released: {released} of {days_seen}; faults held: {held} of {planted}"
        )
        print("\n".join(why))
    assert released >= 0.9 * days_seen
    assert held >= 0.9 * planted
