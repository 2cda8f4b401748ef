"""Training: critic and generator in turn, epoch by epoch, from a checkpoint where there is one.

Each epoch draws from a generator of random numbers of its own, so that a training that was stopped
and resumed gives the same bytes as one that wasn't.

References
----------
Xu L, Skoularidou M, Cuesta-Infante A, Veeramachaneni K (2019), Modeling tabular data using
conditional GAN, https://doi.org/10.48550/arXiv.1907.00503.
Yazıcı Y et al. (2019), The unusual effectiveness of averaging in GAN training,
https://doi.org/10.48550/arXiv.1806.04498.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assay.synthesis._columns import Array
from assay.synthesis._encoding import Encoding
from assay.synthesis.gan import _critic, _generator
from assay.synthesis.gan._adam import Adam
from assay.synthesis.gan._condition import Conditions, Drawn

NOISE: Final = 128
UNITS: Final = 256
PACK: Final = 10
_PENALTY: Final = 10.0
_RATE: Final = 1e-3
_FOLLOWS: Final = 0.995
"""How slowly the averaged generator, which draws in the end, follows the trained one."""


@dataclass
class Training:
    """Critic and generator as they are after some epochs.

    Read ``averaged`` for the parameters that rows are drawn with, ``epochs`` for how many are done.
    """

    encoding: Encoding
    encoded: Array
    conditions: Conditions
    batch: int
    seed: int
    generator: Adam = field(init=False)
    critic: Adam = field(init=False)
    averaged: dict[str, Array] = field(init=False)
    epochs: int = 0

    def __post_init__(self) -> None:
        random = np.random.default_rng([self.seed, 0])
        width, given = self.encoding.width, self.conditions.width
        made = _generator.new_generator(random, NOISE + given, UNITS, width)
        critic = _critic.new_critic(random, PACK * (width + given), UNITS)
        self.generator, self.critic = Adam(made, _RATE), Adam(critic, _RATE)
        self.averaged = {name: value.copy() for name, value in made.items()}

    def epoch(self, step: Callable[[int, int], None] = lambda *_: None) -> None:
        """See each row once."""
        random = np.random.default_rng([self.seed, 1 + self.epochs])
        steps = max(len(self.encoded) // self.batch, 1)
        for i in range(steps):
            self._teach_critic(random)
            self._teach_generator(random)
            for name, value in self.generator.parameters.items():
                self.averaged[name] += (1 - _FOLLOWS) * (value - self.averaged[name])
            step(i + 1, steps)
        self.epochs += 1

    def state(self) -> dict[str, Array]:
        """All that later epochs depend on, by name."""
        averaged = {f"averaged.{name}": value for name, value in self.averaged.items()}
        return {
            "epochs": np.array(self.epochs), **averaged,
            **self.generator.state("generator"), **self.critic.state("critic"),
        }  # fmt: skip

    def restore(self, state: dict[str, Array]) -> None:
        """Go back to a state."""
        self.generator.restore("generator", state)
        self.critic.restore("critic", state)
        for name in self.averaged:
            self.averaged[name] = state[f"averaged.{name}"].copy()
        self.epochs = int(state["epochs"])

    def _made(self, random: np.random.Generator, drawn: Drawn) -> _generator.Made:
        noise = random.standard_normal((self.batch, NOISE), dtype=np.float32)
        gumbel = _generator.gumbel_numbers(random, self.batch, self.encoding.width)
        inputs = np.concatenate([noise, drawn.vectors], axis=1)
        return _generator.make(self.generator.parameters, inputs, gumbel, self.encoding.heads)

    def _teach_critic(self, random: np.random.Generator) -> None:
        """One step of the critic: real packs score higher, with slopes near 1 between them."""
        drawn = self.conditions.draw(self.batch, random, learning=True)
        fake = _packed(self._made(random, drawn).rows, drawn.vectors)
        mixed = random.permutation(self.batch)
        turned = Drawn(drawn.vectors[mixed], drawn.head[mixed], drawn.place[mixed])
        real = _packed(self.encoded[self.conditions.rows_of(turned, random)], turned.vectors)
        p, n = self.critic.parameters, len(real)
        both = np.concatenate([fake, real])
        weight = np.repeat(np.array([1 / n, -1 / n], np.float32), n)
        done = _critic.criticise(p, both)
        gradients, _ = _critic.backward(p, done, weight)
        share = random.random((n, 1), dtype=np.float32)
        between = share * real + (1 - share) * fake
        done = _critic.criticise(p, between)
        for name, gradient in _critic.penalty(p, done)[1].items():
            gradients[name] += _PENALTY * gradient
        self.critic.step(gradients)

    def _teach_generator(self, random: np.random.Generator) -> None:
        """One step of the generator: its packs score higher, and its rows meet their conditions."""
        drawn = self.conditions.draw(self.batch, random, learning=True)
        made = self._made(random, drawn)
        packs = _packed(made.rows, drawn.vectors)
        p = self.critic.parameters
        done = _critic.criticise(p, packs)
        weight = np.full(len(packs), -1 / len(packs), np.float32)
        by_packs = _critic.backward(p, done, weight)[1]
        by_rows = by_packs.reshape(self.batch, -1)[:, : self.encoding.width]
        by_logits = _generator.logits_gradient(made, by_rows, self.encoding.heads)
        self._ask_for(drawn, made.logits, by_logits)
        gradients = _generator.backward(self.generator.parameters, made, by_logits)
        self.generator.step(gradients)

    def _ask_for(self, drawn: Drawn, logits: Array, by_logits: Array) -> None:
        """Add the gradient of the cross-entropy between a row and its condition."""
        for i, head in enumerate(self.conditions.heads):
            mine = np.flatnonzero(drawn.head == i)
            gap = _generator.softmax(logits[mine, head.start : head.stop])
            gap[np.arange(len(mine)), drawn.place[mine]] -= 1
            by_logits[mine, head.start : head.stop] += gap / self.batch


def _packed(rows: Array, conditions: Array) -> Array:
    """Packs (n / 10, 10 · width) of rows with their conditions."""
    return np.concatenate([rows, conditions], axis=1).reshape(len(rows) // PACK, -1)
