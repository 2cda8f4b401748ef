"""Drafts of one day or four against the days after them, and against days with a planted fault.

Each set is a test of its own; with ``ASSAY_UPDATE_EVIDENCE=1`` it writes its row of
``include/docs/evidence/ordinary_days.md``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

import numpy as np
import pytest
from daily_sets import DAYS, FAULTS, NAMES, DailySet, as_csv, daily_set, measured
from mini_project import Train

from assay import engine
from assay.onboarding import write_dataset
from assay.stages.authoring import draft_dataset

SAMPLES = (1, 4)
PAGE = Path(__file__).parents[3] / "include" / "docs" / "evidence" / "ordinary_days.md"
RELEASED = "released"
HEAD = ("draft of", "data set", "days", "rows a day", "released", *FAULTS, "held because")


@dataclass
class Judged:
    """The state of each later day, and of the last day with each fault: why, where it is held."""

    days: DailySet
    samples: int
    ordinary: list[str] = field(default_factory=list)
    faulty: dict[str, str] = field(default_factory=dict)

    @property
    def released(self) -> int:
        """Ordinary days that were released."""
        return self.ordinary.count(RELEASED)

    @property
    def missed(self) -> list[str]:
        """Faults that were released."""
        return [name for name, state in self.faulty.items() if state == RELEASED]

    @property
    def row(self) -> list[str]:
        """The row of the page."""
        mean = round(sum(map(len, self.days.days)) / DAYS)
        faults = ["–" if f not in self.faulty else "released" if f in self.missed else "held"
                  for f in FAULTS]  # fmt: skip
        why = [state for state in self.ordinary if state != RELEASED]
        return [
            _samples(self.samples), self.days.name, "its own" if self.days.daily else "dealt",
            f"{mean:,}", f"{self.released} of {len(self.ordinary)}", *faults, "; ".join(why) or "–",
        ]  # fmt: skip


def _samples(n: int) -> str:
    return f"{n} day{'s' * (n > 1)}"


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


def _judge(name: str, folder: Path, samples: int) -> Judged:
    days = daily_set(name)
    train, found = _draft(days, folder, samples), Judged(days, samples)
    for i in range(samples, DAYS):
        train.drop(days.name, days.key(i), as_csv(days.days[i]))
        found.ordinary.append(_state(train, days, i))
    rng, last = np.random.default_rng(3), days.days[DAYS - 1]
    for j, (fault_name, fault) in enumerate(FAULTS.items()):
        broken = fault(last, measured(last), rng)
        if broken is None:
            continue
        text = broken if isinstance(broken, str) else as_csv(broken)
        train.drop(days.name, days.key(DAYS + j), text)
        found.faulty[fault_name] = _state(train, days, DAYS + j)
    return found


def _state(train: Train, days: DailySet, i: int) -> str:
    """Released, or the day, the gate that holds it and its first reason."""
    done = train.run(days.name, days.key(i))
    if done["release"].state == RELEASED:
        return RELEASED
    gate, holding = next((name, result) for name, result in done.items() if result.holds)
    why = holding.messages[0].partition(": ")[2].partition(";")[0].rstrip(".")
    return f"{days.key(i)}, {gate}: {why}"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("samples", SAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_faults_are_held_and_ordinary_days_are_what_the_page_says(
    tmp_path: Path, name: str, samples: int
) -> None:
    found = _judge(name, tmp_path, samples)
    row = "| " + " | ".join(found.row) + " |"
    if os.environ.get("ASSAY_UPDATE_EVIDENCE"):
        with Path(__file__).open() as lock:
            flock(lock, LOCK_EX)
            others = {key: line for key, line in _rows().items() if key != tuple(found.row[:2])}
            _write([*others.values(), row])
    assert row in PAGE.read_text(encoding="utf-8").splitlines()
    assert not found.missed


@pytest.mark.slow
def test_nine_tenths_of_all_ordinary_days_are_released() -> None:
    """By the page, whose rows the tests above compute again."""
    rows = _rows()
    assert set(rows) == {(_samples(n), name) for n in SAMPLES for name in NAMES}
    for n in SAMPLES:
        released, days, held, planted = _totals(rows, n)
        assert released >= 0.9 * days
        assert held == planted


def _rows() -> dict[tuple[str, ...], str]:
    """Draft and data set → row, of the page as it is."""
    if not PAGE.exists():
        return {}
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and line.split(" ")[1].isdigit()]
    return {tuple(_cells(line)[:2]): line for line in rows}


def _cells(line: str) -> list[str]:
    return line.removeprefix("| ").removesuffix(" |").split(" | ")


def _totals(rows: dict[tuple[str, ...], str], samples: int) -> tuple[int, int, int, int]:
    """Days released, ordinary days, faults held, faults planted."""
    of = [dict(zip(HEAD, _cells(line), strict=True)) for key, line in rows.items()
          if key[0] == _samples(samples)]  # fmt: skip
    released, days = (
        sum(int(row["released"].split(" of ")[i]) for row in of) for i in range(2)
    )  # fmt: skip
    states = [row[fault] for row in of for fault in FAULTS]
    return released, days, states.count("held"), len(states) - states.count("–")


def _write(lines: list[str]) -> None:
    """The page with these rows, in the order of the sets."""
    order = [(_samples(n), name) for n in SAMPLES for name in NAMES]
    rows = {tuple(_cells(line)[:2]): line for line in lines}
    page = [_HEAD]
    for n in SAMPLES:
        released, days, held, planted = _totals(rows, n)
        if days:
            page.append(
                f"- Drafts of {_samples(n)}: {released} of {days} ordinary days are released "
                f"({released / days:.1%}), {held} of {planted} faults are held."
            )
    page += ["", "| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    page += [rows[key] for key in order if key in rows]
    PAGE.write_text("\n".join([*page, ""]), encoding="utf-8")


_HEAD = f"""\
# Evidence: drafted rules on the days after them

Written by `ASSAY_UPDATE_EVIDENCE=1 pytest -m slow tests/assay/onboarding/test_ordinary_days.py`;
without the variable each test runs the batches of a set again, and fails where its row differs or a
fault is released. The page fails where fewer than nine tenths of the ordinary days are released.

`assay new` drafts contract, suites and policies from the first day of a data set, or from the first
four. They are used as they are: nothing is edited. The days after them, {DAYS} in all with those of
the draft, go through all stages; then the last day with each of these faults, one after the other.

- *unit × 100*: the widest column of numbers is in another unit.
- *nulls*: four tenths of a column are missing.
- *swapped*: two columns have each other's values (not where both were standardised to one mean and
  spread: no rule on a column can tell them apart).
- *mojibake*: a text column was read in a wrong encoding.
- *duplicates*: four tenths of the rows came twice.
- *truncated*: the file ends in the middle of a line.

The days of flights, departures and weather are New York's of January 2013. The other sets are one
table each, dealt at random to {DAYS} days, so that their days differ by chance alone. A dash is a
fault that the set can't have. *Held because* is the first reason of each ordinary day that is held.

What a draft allows follows from how few days it saw, and not from these sets. A column may miss as
much more than in any day seen as v days can't rule out (Clopper and Pearson, 95 %, at most .3): a
larger gap, in whatever share of the days, holds the first ordinary day that has it with probability
(v/(v + 1))^v / (v + 1) at most, 25 % for one day, 8 % for four, 1 % for 37. A drift limit is what
four days or more predict (Student's t, 99 %), and no less than a true distance of .3 together with
what random variation reaches at the policy's alpha; .3 is a convention until the days are a week.

A held day isn't always a false alarm: New York's weather of 2013-01-13 has no air pressure in half
of its rows, more than the planted fault takes away. Hours of one day of weather go together, so
that a draft of one day can't show what another day is like.
"""
