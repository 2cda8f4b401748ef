"""The critic: says how real a pack of rows looks, with its gradients by hand.

References
----------
Gulrajani I, Ahmed F, Arjovsky M, Dumoulin V, Courville A (2017), Improved training of Wasserstein
GANs, https://doi.org/10.48550/arXiv.1704.00028 (the gradient penalty).
Lin Z, Khetan A, Fanti G, Oh S (2018), PacGAN: the power of two samples in generative adversarial
networks, https://doi.org/10.1109/JSAIT.2020.2983071.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from assay.synthesis._columns import Array
from assay.synthesis.gan._adam import dense

LEAK: Final = 0.2

Parameters = dict[str, Array]


class Pass(NamedTuple):
    """One pass of packs through the critic: its scores (n,), and what its gradients need."""

    score: Array
    inputs: Array
    first: Array
    second: Array
    slope1: Array
    slope2: Array


def new_critic(random: np.random.Generator, inputs: int, units: int) -> Parameters:
    """Parameters to begin with."""
    return {
        "w1": dense(random, inputs, units), "b1": np.zeros(units, np.float32),
        "w2": dense(random, units, units), "b2": np.zeros(units, np.float32),
        "w3": dense(random, units, 1), "b3": np.zeros(1, np.float32),
    }  # fmt: skip


def criticise(p: Parameters, packs: Array) -> Pass:
    """Score packs (n, inputs)."""
    h1 = packs @ p["w1"] + p["b1"]
    slope1 = np.where(h1 > 0, 1, LEAK).astype(packs.dtype)
    a1 = h1 * slope1
    h2 = a1 @ p["w2"] + p["b2"]
    slope2 = np.where(h2 > 0, 1, LEAK).astype(packs.dtype)
    a2 = h2 * slope2
    return Pass((a2 @ p["w3"] + p["b3"])[:, 0], packs, a1, a2, slope1, slope2)


def backward(p: Parameters, done: Pass, weight: Array) -> tuple[Parameters, Array]:
    """Gradients of the weighted sum of scores: of the parameters, and of the packs."""
    d2 = weight[:, None] * p["w3"][:, 0] * done.slope2
    d1 = (d2 @ p["w2"].T) * done.slope1
    gradients = {
        "w1": done.inputs.T @ d1, "b1": d1.sum(axis=0),
        "w2": done.first.T @ d2, "b2": d2.sum(axis=0),
        "w3": done.second.T @ weight[:, None], "b3": weight.sum(keepdims=True),
    }  # fmt: skip
    return gradients, d1 @ p["w1"].T


def penalty(p: Parameters, done: Pass) -> tuple[float, Parameters]:
    """The gradient penalty, mean (‖g‖ − 1)², and its gradients.

    Notes
    -----
    g is the gradient of a pack's score by the pack: g = ((w3 ∘ s2) W2ᵀ ∘ s1) W1ᵀ with slopes s that
    don't change in a small step, so that it is linear in each matrix. Biases have no gradient.
    """
    e2 = p["w3"][:, 0] * done.slope2
    e1 = (e2 @ p["w2"].T) * done.slope1
    g = e1 @ p["w1"].T
    norm = np.sqrt((g**2).sum(axis=1) + 1e-12)
    along = (2 * (norm - 1) / norm / len(g))[:, None] * g
    f1 = (along @ p["w1"]) * done.slope1
    f2 = (f1 @ p["w2"]) * done.slope2
    gradients = {"w1": along.T @ e1, "w2": f1.T @ e2, "w3": f2.sum(axis=0)[:, None]}
    return float(((norm - 1) ** 2).mean()), gradients
