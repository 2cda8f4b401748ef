"""The generator: turns noise and a condition into an encoded row, with its gradients by hand.

Two residual layers with batch normalisation; then a tanh for each place, and a Gumbel softmax for
each choice.

References
----------
Jang E, Gu S, Poole B (2017), Categorical reparameterization with Gumbel-softmax,
https://doi.org/10.48550/arXiv.1611.01144.
Ioffe S, Szegedy C (2015), Batch normalization, https://doi.org/10.48550/arXiv.1502.03167.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.synthesis._columns import Array
from assay.synthesis._encoding import Head
from assay.synthesis.gan._adam import dense

TEMPERATURE: Final = 0.2
_SMALL: Final = 1e-5
LAYERS: Final = (1, 2)

Parameters = dict[str, Array]
Norms = dict[int, tuple[Array, Array]]
"""Mean and variance of each layer's units."""


@dataclass(frozen=True)
class Made:
    """One pass through the generator: encoded rows, their logits, and what gradients need."""

    rows: Array
    logits: Array
    inputs: dict[int, Array]
    scaled: dict[int, Array]
    spread: dict[int, Array]
    active: dict[int, Array]


def new_generator(
    random: np.random.Generator, inputs: int, units: int, outputs: int
) -> Parameters:  # fmt: skip
    """Parameters to begin with."""
    found: Parameters = {}
    width = inputs
    for layer in LAYERS:
        found[f"w{layer}"] = dense(random, width, units)
        found[f"gain{layer}"] = np.ones(units, np.float32)
        found[f"shift{layer}"] = np.zeros(units, np.float32)
        width += units
    return found | {"w3": dense(random, width, outputs), "b3": np.zeros(outputs, np.float32)}


def make(
    p: Parameters, noise: Array, gumbel: Array, heads: Sequence[Head], norms: Norms | None = None
) -> Made:
    """Make encoded rows.

    Parameters
    ----------
    noise : array (n, inputs)
        Noise and condition.
    gumbel : array (n, outputs)
        Gumbel's numbers, for the choices.
    norms : dict, optional
        Means and variances to normalise by; those of the batch by default.
    """
    inputs, scaled, spread, active = {}, {}, {}, {}
    x = noise
    for layer in LAYERS:
        inputs[layer] = x
        h = x @ p[f"w{layer}"]
        mean, variance = norms[layer] if norms else (h.mean(axis=0), h.var(axis=0))
        spread[layer] = np.sqrt(variance + _SMALL)
        scaled[layer] = (h - mean) / spread[layer]
        y = scaled[layer] * p[f"gain{layer}"] + p[f"shift{layer}"]
        active[layer] = y > 0
        x = np.concatenate([y * active[layer], x], axis=1)
    inputs[3] = x
    logits = x @ p["w3"] + p["b3"]
    rows = np.empty_like(logits)
    for head in heads:
        part = slice(head.start, head.stop)
        if head.kind == "place":
            rows[:, part] = np.tanh(logits[:, part])
        else:
            rows[:, part] = softmax((logits[:, part] + gumbel[:, part]) / TEMPERATURE)
    return Made(rows, logits, inputs, scaled, spread, active)


def logits_gradient(made: Made, upstream: Array, heads: Sequence[Head]) -> Array:
    """Gradient by the logits from that by the rows."""
    found = np.empty_like(upstream)
    for head in heads:
        part = slice(head.start, head.stop)
        y, d = made.rows[:, part], upstream[:, part]
        if head.kind == "place":
            found[:, part] = d * (1 - y**2)
        else:
            found[:, part] = y * (d - (d * y).sum(axis=1, keepdims=True)) / TEMPERATURE
    return found


def backward(p: Parameters, made: Made, by_logits: Array) -> Parameters:
    """Gradients of the parameters from that by the logits."""
    found = {"w3": made.inputs[3].T @ by_logits, "b3": by_logits.sum(axis=0)}
    d = by_logits @ p["w3"].T
    for layer in reversed(LAYERS):
        units = len(p[f"gain{layer}"])
        scaled = made.scaled[layer]
        dy = d[:, :units] * made.active[layer]
        found[f"gain{layer}"] = (dy * scaled).sum(axis=0)
        found[f"shift{layer}"] = dy.sum(axis=0)
        ds = dy * p[f"gain{layer}"]
        dh = (ds - ds.mean(axis=0) - scaled * (ds * scaled).mean(axis=0)) / made.spread[layer]
        found[f"w{layer}"] = made.inputs[layer].T @ dh
        d = d[:, units:] + dh @ p[f"w{layer}"].T
    return found


def norms_of(p: Parameters, noise: Array) -> Norms:
    """Means and variances of many rows, to draw single rows by."""
    found: Norms = {}
    x = noise
    for layer in LAYERS:
        h = x @ p[f"w{layer}"]
        found[layer] = h.mean(axis=0), h.var(axis=0)
        scaled = (h - found[layer][0]) / np.sqrt(found[layer][1] + _SMALL)
        y = scaled * p[f"gain{layer}"] + p[f"shift{layer}"]
        x = np.concatenate([np.maximum(y, 0), x], axis=1)
    return found


def softmax(logits: Array) -> Array:
    """Shares (n, k) that add up to 1."""
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return np.asarray(found)


def gumbel_numbers(random: np.random.Generator, rows: int, width: int) -> Array:
    """Numbers (rows, width) of Gumbel's law, as float32."""
    uniform = random.random((rows, width), dtype=np.float32)
    return np.asarray(-np.log(-np.log(np.clip(uniform, 1e-7, 1 - 1e-7))))
