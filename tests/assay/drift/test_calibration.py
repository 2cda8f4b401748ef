"""Limits from the distances between ordinary batches, and how they get into a policy's file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from assay.drift import measure_drift
from assay.drift.calibration import (
    calibrate,
    comparisons,
    halved,
    measure_chance,
    render_calibration_text,
    write_limits,
)
from assay.engine import open_session
from assay.errors import InputError
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy

POLICY = """\
# Who may change this: the owner.
on_inconclusive: hold
alpha: 0.01
columns:
  x:   # minutes
    test: anderson_darling
    effect: ks_statistic
    limit: 0.9  # was 0.8
    rationale: >-
      An old
      reason.
    # the share of cancelled ones
    missing: {limit: 0.5}
  c: {test: chi_square, effect: cramers_v, limit: 0.9, unseen: {limit: 0.5, rationale: old}}
seed: 3  # stays
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("p") / "drift.yaml"
    path.write_text(POLICY)
    return path, load_policy(path, DriftPolicy)


def day(i):
    """Days differ by more than their rows do: each has a level of its own."""
    rng = np.random.default_rng([11, i])
    x = rng.normal(0.3 * rng.normal(), 1, 400)
    x[rng.random(400) < 0.05] = np.nan
    return pd.DataFrame({"x": x, "c": rng.choice(["a", "b"], 400), "__row": range(400)})


@pytest.fixture(scope="module")
def measured(policy):
    days = [f"2013-01-{i + 1:02}" for i in range(19)]
    found = {}
    with open_session(threads=1) as session:
        tables = {d: session.set_aside(day(i)) for i, d in enumerate(days)}
        for batch, (first, *_) in comparisons(days, days[-2:]):
            found[batch] = measure_drift(session, tables[first], tables[batch], policy[1])
    return found


@pytest.fixture(scope="module")
def chance(policy):
    with open_session(threads=1) as session:
        pair = [session.set_aside(day(i)) for i in (17, 0)]
        return measure_chance(session, *pair, policy[1])


def test_every_batch_meets_the_pinned_ones_but_itself():
    pairs = dict(comparisons(["a", "b", "c"], ["b", "c", "z"]))
    assert pairs == {"a": ["b", "c"], "b": ["c"], "c": ["b"]}
    with pytest.raises(InputError, match="too few"):
        dict(comparisons(["a"], ["a"]))


def test_the_proposal_is_the_rank_that_a_further_batch_exceeds_at_the_rate(
    policy, measured, chance
):
    found = calibrate(measured, chance, policy[1], 0.1, "loans")
    (x, missing, c, unseen) = found.proposals
    distances = sorted(m.columns[0].effect("ks_statistic").value for m in measured.values())
    assert len(distances) == 19
    assert x.quantile == distances[18 - 1]  # ceil(20 * .9) = 18
    assert x.quantile < x.proposed < distances[18] + 0.01
    assert x.caveat is None
    assert [p.what for p in (x, missing, c, unseen)] == ["effect", "missing", "effect", "unseen"]
    assert found.supported == 1 / 20


def test_a_rate_that_so_few_batches_cannot_show_is_said(policy, measured, chance):
    found = calibrate(measured, chance, policy[1], 0.01, "loans")
    assert found.proposals[0].quantile == found.proposals[0].largest
    assert "support no rate below 0.05" in found.proposals[0].caveat
    assert "0.05" in render_calibration_text(found)


def test_a_limit_that_no_batch_could_tell_from_chance_is_raised(policy, measured, chance):
    c = calibrate(measured, chance, policy[1], 0.1, "loans").proposals[2]
    assert c.quantile < c.floor < c.proposed
    assert "chance" in c.caveat


def test_calibrated_limits_hold_their_rate_on_further_days(policy, measured, chance):
    limit = calibrate(measured, chance, policy[1], 0.1, "loans").proposals[0].proposed
    with open_session(threads=1) as session:
        reference = session.set_aside(day(17))
        fresh = [
            measure_drift(
                session,
                reference,
                session.set_aside(day(i)),
                policy[1],
            )
            for i in range(100, 130)
        ]
    beyond = np.mean([m.columns[0].effect("ks_statistic").value >= limit for m in fresh])
    assert beyond <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 30)


def test_chance_is_what_the_gate_says_of_a_batch_a_fifth_smaller(policy, chance):
    with open_session(threads=1) as session:
        reference = session.set_aside(day(17))
        fewer = session.set_aside(day(0).head(320))
        gate = measure_drift(session, reference, fewer, policy[1])
    assert (chance.rows_current, chance.level) == (320, gate.level)
    told, asked = (m.columns[1].effect("cramers_v").null_quantile for m in (gate, chance))
    assert told == pytest.approx(asked, rel=0.01)


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_ordinary_batches_of_a_few_rows_less_are_told_from_chance(policy, measured, chance, rate):
    found = calibrate(measured, chance, policy[1], rate, "loans")
    limits = {p.key: p.proposed for p in found.proposals}
    rng = np.random.default_rng(5)
    with open_session(threads=1) as session:
        reference = session.set_aside(day(17))
        for i in range(200, 210):
            fewer = day(i).head(rng.integers(330, 400))
            batch = session.set_aside(fewer)
            one = measure_drift(session, reference, batch, policy[1])
            x, c = one.columns
            assert x.effect("ks_statistic").null_quantile <= limits["columns", "x"]
            assert c.effect("cramers_v").null_quantile <= limits["columns", "c"]


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.3])
def test_one_batch_gives_the_null_of_its_halves_but_no_less_than_the_gates(policy, rate):
    own = policy[1]
    at_rate = own.model_copy(update={"alpha": rate * own.tests})
    with open_session(threads=1) as session:
        table = session.set_aside(day(1))
        pair = halved(table, 3)
        sizes = [int(side.count().execute()) for side in pair]
        one = measure_drift(session, *pair, at_rate)
        chance = measure_chance(session, table, table, own)
        gate = measure_drift(session, table, table, own)
    assert sum(sizes) == 400
    assert min(sizes) > 150
    found = calibrate({"2015": one}, chance, own, rate, "loans", between="halves")
    assert found.proposals[0].quantile == one.columns[0].effect("ks_statistic").null_quantile
    for p in found.proposals[::2]:
        column = next(c for c in gate.columns if c.column == p.column)
        assert p.proposed > p.floor > column.effect(p.effect).null_quantile
    text = render_calibration_text(found)
    assert "differ more than" in text
    assert "in a batch of 320 rows" in text


def test_a_limit_that_falls_is_said_to_fall(policy, measured, chance, tmp_path):
    path = tmp_path / "drift.yaml"
    path.write_text(
        POLICY.replace(
            "effect: ks_statistic\n    limit: 0.9", "effect: ks_statistic\n    limit: 0.01"
        )
    )
    now = load_policy(path, DriftPolicy)
    found = calibrate(measured, chance, now, 0.1, "loans")
    x, *others = write_limits(path, found)
    assert x.startswith("columns.x.limit: 0.01 -> ")
    assert x.endswith("(raised)")
    assert all(line.endswith("(lowered)") for line in others)


def test_limits_are_written_and_all_else_stays(policy, measured, chance, tmp_path):
    found = calibrate(measured, chance, policy[1], 0.1, "loans")
    path = tmp_path / "drift.yaml"
    path.write_text(POLICY)
    changed = write_limits(path, found)
    assert len(changed) == 4
    text = path.read_text()
    for comment in ("# Who may change this", "# minutes", "# was 0.8", "# the share of", "# stays"):
        assert comment in text
    assert "An old" not in text
    new = load_policy(path, DriftPolicy)
    limits = {p.key: p.proposed for p in found.proposals}
    assert new.columns["x"].limit == limits["columns", "x"]
    assert new.columns["x"].missing.limit == limits["columns", "x", "missing"]
    assert new.columns["c"].unseen.limit == limits["columns", "c", "unseen"]
    assert "Calibrated on 19 ordinary batches" in new.columns["c"].rationale
    assert "at most 0.1" in new.columns["x"].rationale
    before, after = yaml.safe_load(POLICY), yaml.safe_load(text)
    assert list(after) == list(before)
    assert after["seed"] == before["seed"]
    again = path.read_text()
    assert write_limits(path, calibrate(measured, chance, new, 0.1, "loans")) == []
    assert path.read_text() == again
    assert [p.name for p in tmp_path.iterdir()] == ["drift.yaml"]


def test_a_rate_must_be_one(policy, measured, chance):
    with pytest.raises(InputError, match="false-alarm rate"):
        calibrate(measured, chance, policy[1], 0.7, "loans")
