"""Gradients by hand against finite differences; training that is stopped; what it learns."""

from __future__ import annotations

import numpy as np
import pytest
from people_rows import NAMES, people

from assay.synthesis import code_table, describe_columns, fit_copula, generate
from assay.synthesis._encoding import Head, fit_encoding
from assay.synthesis.gan import _critic, _generator, train_gan
from assay.synthesis.gan._adam import Adam
from assay.synthesis.gan._condition import Conditions
from assay.synthesis.judging._fidelity import measure_fidelity
from assay.synthesis.raking import rake

HEADS = (Head("a", "place", 0, 1), Head("a", "choice", 1, 4), Head("b", "choice", 4, 6))


@pytest.fixture(scope="module")
def coded():
    rows = people(600, seed=1)
    names = ("sex", "job", "pay", "rich")
    columns = describe_columns(rows, names, closed={"sex", "job"}, least_number=3, most_levels=30)
    return code_table(rows, columns)


def doubled(parameters):
    return {name: value.astype(float) for name, value in parameters.items()}


def differences(function, parameters, step=1e-6):
    """Central differences of a function of parameters, one entry after the other."""
    found = {}
    for name, value in parameters.items():
        gradient = np.zeros_like(value)
        for place in np.ndindex(*value.shape):
            kept = value[place]
            value[place] = kept + step
            above = function()
            value[place] = kept - step
            gradient[place] = (above - function()) / (2 * step)
            value[place] = kept
        found[name] = gradient
    return found


@pytest.fixture
def critic():
    random = np.random.default_rng(2)
    p = doubled(_critic.new_critic(random, 7, 6))
    p["b1"] += random.normal(size=6) / 2
    p["b2"] += random.normal(size=6) / 2
    return p, random.normal(size=(5, 7))


def test_the_penaltys_gradient_is_that_of_finite_differences(critic):
    p, packs = critic
    value, found = _critic.penalty(p, _critic.criticise(p, packs))

    def by_definition():
        """The norm of the score's gradient by the pack, itself by differences."""
        norms = []
        for pack in packs:
            moved = [pack + sign * 1e-5 * np.eye(7) for sign in (1, -1)]
            scores = [_critic.criticise(p, m).score for m in moved]
            norms.append(np.linalg.norm((scores[0] - scores[1]) / 2e-5))
        return np.mean((np.array(norms) - 1) ** 2)

    assert value == pytest.approx(by_definition(), abs=1e-7)
    truth = differences(lambda: _critic.penalty(p, _critic.criticise(p, packs))[0], p)
    for name, gradient in truth.items():
        assert found.get(name, 0 * gradient) == pytest.approx(gradient, abs=1e-7), name


def test_the_critics_gradients_are_those_of_finite_differences(critic):
    p, packs = critic
    weight = np.array([0.2, -0.4, 0.1, 0.7, -1.0])
    found, by_packs = _critic.backward(p, _critic.criticise(p, packs), weight)
    truth = differences(lambda: float(weight @ _critic.criticise(p, packs).score), p)
    for name, gradient in truth.items():
        assert found[name] == pytest.approx(gradient, abs=1e-7), name
    moved = {"packs": packs}
    by_hand = differences(lambda: float(weight @ _critic.criticise(p, packs).score), moved)
    assert by_packs == pytest.approx(by_hand["packs"], abs=1e-7)


def test_the_generators_gradients_are_those_of_finite_differences():
    random = np.random.default_rng(3)
    p = doubled(_generator.new_generator(random, 4, 5, 6))
    noise, gumbel = random.normal(size=(8, 4)), random.gumbel(size=(8, 6))
    upstream = random.normal(size=(8, 6))

    def loss():
        return float((upstream * _generator.make(p, noise, gumbel, HEADS).rows).sum())

    made = _generator.make(p, noise, gumbel, HEADS)
    found = _generator.backward(p, made, _generator.logits_gradient(made, upstream, HEADS))
    for name, gradient in differences(loss, p).items():
        assert found[name] == pytest.approx(gradient, abs=1e-5), name


def test_single_rows_are_normalised_as_many_were():
    random = np.random.default_rng(4)
    p = _generator.new_generator(random, 4, 5, 6)
    noise, gumbel = random.normal(size=(300, 4)), random.gumbel(size=(300, 6))
    norms = _generator.norms_of(p, noise)
    whole = _generator.make(p, noise, gumbel, HEADS).rows
    alone = [_generator.make(p, noise[i : i + 1], gumbel[i : i + 1], HEADS, norms) for i in (3, 9)]
    for row, i in zip(alone, (3, 9), strict=True):
        assert row.rows[0] == pytest.approx(whole[i], abs=1e-5)


def test_adam_makes_the_steps_of_its_paper():
    value = {"x": np.array([1.0])}
    adam = Adam(value, rate=0.1, first=0.5, second=0.9)
    mean = square = 0.0
    truth = 1.0
    for step in range(1, 6):
        gradient = 2 * truth
        adam.step({"x": 2 * value["x"]})
        mean, square = 0.5 * mean + 0.5 * gradient, 0.9 * square + 0.1 * gradient**2
        truth -= 0.1 * (mean / (1 - 0.5**step)) / ((square / (1 - 0.9**step)) ** 0.5)
        assert value["x"][0] == pytest.approx(truth, rel=1e-6)


def test_rare_levels_are_asked_for_more_often_in_training_and_not_in_generation(coded):
    encoding = fit_encoding(coded, seed=1)
    random = np.random.default_rng(1)
    encoded = encoding.encode(coded, random)
    conditions = Conditions(encoding, encoded)
    head = next(i for i, h in enumerate(conditions.heads) if h.column == "job")
    real = np.bincount(coded.values["job"], minlength=4) / len(coded)
    rare = int(real.argmin())
    for learning in (True, False):
        drawn = conditions.draw(30_000, random, learning=learning)
        asked = (drawn.place[drawn.head == head] == rare).mean()
        assert bool(asked > 1.3 * real[rare]) is learning
        rows = conditions.rows_of(drawn, random)
        mine = drawn.head == head
        assert (coded.values["job"][rows[mine]] == drawn.place[mine]).all()


def test_a_training_that_was_stopped_gives_the_same_rows(coded, tmp_path):
    path = tmp_path / "network.npz"
    about = {"batch": 100, "seed": 5}
    whole = train_gan(coded, epochs=3, **about)
    train_gan(coded, epochs=1, checkpoint=path, **about)
    done = []
    resumed = train_gan(
        coded, epochs=3, checkpoint=path, step=lambda now, _: done.append(now), **about
    )
    assert done == [1, 2, 3]
    for name, value in whole.parameters.items():
        assert resumed.parameters[name].tobytes() == value.tobytes(), name
    rows = [generate(model, 500, seed=1).table for model in (whole, resumed)]
    assert rows[0].equals(rows[1])
    assert [p.name for p in tmp_path.iterdir()] == ["network.npz"]


@pytest.mark.parametrize("damage", ["cut", "other rows"])
def test_a_checkpoint_that_isnt_of_this_training_is_not_used(coded, tmp_path, damage):
    path = tmp_path / "network.npz"
    other = coded if damage == "cut" else coded.take(slice(400))
    train_gan(other, epochs=1, batch=100, seed=5, checkpoint=path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5_000])
    done = []
    train_gan(coded, epochs=1, batch=100, seed=5, checkpoint=path,
              step=lambda now, _: done.append(now))  # fmt: skip
    assert done == [0, 1]


@pytest.mark.slow
def test_the_network_learns_what_depends_on_what():
    """Pay follows the job: after some epochs it does in drawn rows, and at first it doesn't."""
    rows = people(3_000, seed=1)
    names = ("sex", "job", "pay", "rich")
    columns = describe_columns(rows, names, closed={"sex", "job"}, least_number=3, most_levels=30)
    coded = code_table(rows, columns)

    def gap(epochs):
        rows = generate(train_gan(coded, epochs=epochs, batch=100, seed=3), 3_000, seed=1).rows
        pay, job = rows.values["pay"], rows.values["job"]
        return np.nanmean(pay[job == 2]) - np.nanmean(pay[job == 1])  # a judge's and a cook's

    real = coded.values
    truth = np.nanmean(real["pay"][real["job"] == 2]) - np.nanmean(real["pay"][real["job"] == 1])
    assert gap(40) > truth / 2
    assert abs(gap(1)) < truth / 2


def test_raking_gives_the_shares_of_real_rows():
    rows = people(6_000, seed=1)
    columns = describe_columns(rows, NAMES, closed={"sex", "job"}, least_number=3, most_levels=30)
    coded = code_table(rows, columns)
    plain = fit_copula(coded)
    raked = rake(plain, coded, seed=1)
    made = [generate(model, 6_000, seed=2).rows for model in (plain, raked)]
    far = [{d.columns: d.value for d in measure_fidelity(coded, m, seed=1)} for m in made]
    pairs = [sum(v for names, v in side.items() if len(names) == 2) for side in far]
    assert pairs[1] < 0.9 * pairs[0]
    assert far[1]["pay", "rich"] < far[0]["pay", "rich"]
    drawn = raked.draw(500, np.random.default_rng(1))
    assert len(drawn) == 500
