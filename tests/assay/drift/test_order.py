"""Whatever the order in which batches are processed, references and verdicts are the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as hs

from assay.contract import Partition
from assay.drift import DriftMeasurements, choose_references, judge_drift
from assay.drift.columns._column_task import ColumnTask
from assay.drift.columns._level_column import compare_levels
from assay.policy.drift import DriftPolicy

DAYS = Partition(grain="day", first="2013-02-01", last="2013-02-14")
KEYS = list(DAYS.keys("2013-02-01", "2013-02-14"))
POLICY = DriftPolicy.model_validate(
    {
        "on_inconclusive": "hold",
        "alpha": 0.05,
        "columns": {"x": {"test": "chi_square", "effect": "cramers_v", "limit": 0.15}},
        "references": {
            "base": {"kind": "pinned", "batches": ["2013-02-01", "2013-02-02"]},
            "last": {"kind": "previous"},
            "few": {"kind": "rolling", "batches": 3},
            "same": {"kind": "season", "by": "weekday", "least": 1},
        },
        "bootstrap": {"first": "2013-02-01", "last": "2013-02-02"},
    }
)


def judged(batch, choice, rows):
    """The gate's verdict on a batch of so many rows of level `a`, against what was chosen."""
    if choice.bootstrap:
        measured = [DriftMeasurements(state="bootstrap", reference="base")]
        return judge_drift(measured, POLICY)
    measured = []
    for name in POLICY.references:
        chosen = [key for key, _ in choice.chosen.get(name, ())]
        if not chosen:
            note = choice.unavailable[name]
            measured.append(DriftMeasurements(state="no_reference", reference=name, note=note))
            continue
        before = sum(rows[key] for key in chosen)
        sides = {"a": before, "b": 1000 * len(chosen) - before}, {
            "a": rows[batch], "b": 1000 - rows[batch]
        }  # fmt: skip
        task = ColumnTask("x", None, 0.0125, 0, np.random.default_rng(0), False, None, None)
        column = compare_levels(*sides, task, {"column": "x", "test": "chi_square"})
        measured.append(
            DriftMeasurements(
                state="compared", reference=name, batches=tuple(chosen), columns=(column,)
            )
        )
    return judge_drift(measured, POLICY)


def backfilled(order, rows, forced, width):
    """Runs of `width` batches side by side, those that stop begun again until none stops."""
    states, versions, found = {}, {}, {}
    waiting = list(order)
    for _ in range(len(order) + 1):
        if not waiting:
            break
        stopped = []
        for start in range(0, len(waiting), width):
            side_by_side = waiting[start : start + width]
            running = states | dict.fromkeys(side_by_side, "running")
            # All of them pin before any of them is decided.
            choices = {
                key: choose_references(POLICY, key, DAYS, versions, running) for key in side_by_side
            }
            for key, choice in choices.items():
                if choice.undecided:
                    stopped.append(key)
                    continue
                verdict = judged(key, choice, rows)
                found[key] = (dict(choice.chosen), dict(choice.unavailable), verdict)
                states[key] = "released"
                if verdict.holds:
                    states[key] = "forced" if key in forced else "held"
                if states[key] != "held":
                    versions[key] = f"v{key}"
        waiting = stopped
    assert not waiting
    return found


levels = hs.fixed_dictionaries({key: hs.sampled_from([480, 500, 520, 900]) for key in KEYS})


@settings(max_examples=12, deadline=None)
@given(
    levels, hs.permutations(KEYS), hs.integers(1, 10), hs.sets(hs.sampled_from(KEYS), max_size=3)
)
def test_the_order_changes_neither_references_nor_verdicts(rows, order, width, forced):
    forward = backfilled(KEYS, rows, forced, 1)
    assert set(forward) == set(KEYS)
    assert backfilled(KEYS[::-1], rows, forced, 1) == forward
    assert backfilled(order, rows, forced, width) == forward
    assert backfilled(KEYS, rows, forced, 10) == forward


@settings(max_examples=5, deadline=None)
@given(levels)
def test_what_was_held_or_forced_is_in_no_reference(rows):
    found = backfilled(KEYS, rows, set(KEYS[5:8]), 4)
    refused = {key for key, (_, _, verdict) in found.items() if verdict.holds}
    for key, (chosen, _, _) in found.items():
        used = {batch for pairs in chosen.values() for batch, _ in pairs}
        assert not used & refused
        assert all(batch < key for batch in used)
