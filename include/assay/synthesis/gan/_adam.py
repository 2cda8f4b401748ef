"""Adam: steps along gradients, scaled by how much each of them varies.

References
----------
Kingma DP, Ba J (2015), Adam: a method for stochastic optimization,
https://doi.org/10.48550/arXiv.1412.6980.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay.synthesis._columns import Array

_SMALL = 1e-8


class Adam:
    """Changes parameters in place, and keeps the running means of their gradients.

    Parameters
    ----------
    parameters : dict of str to array
        What is changed.
    rate : float
        Length of a step.
    first, second : float
        How slowly the means of gradients, and of their squares, follow.
    """

    def __init__(
        self, parameters: dict[str, Array], rate: float, first: float = 0.5, second: float = 0.9
    ) -> None:
        self.parameters = parameters
        self.rate, self.first, self.second = rate, first, second
        self.steps = 0
        self.means = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.squares = {name: np.zeros_like(value) for name, value in parameters.items()}

    def step(self, gradients: Mapping[str, Array]) -> None:
        """Make one step against the gradients."""
        self.steps += 1
        size = self.rate * (1 - self.second**self.steps) ** 0.5 / (1 - self.first**self.steps)
        for name, gradient in gradients.items():
            mean, square = self.means[name], self.squares[name]
            mean *= self.first
            mean += (1 - self.first) * gradient
            square *= self.second
            square += (1 - self.second) * gradient * gradient
            self.parameters[name][...] -= size * mean / (np.sqrt(square) + _SMALL)

    def state(self, prefix: str) -> dict[str, Array]:
        """All that a later step depends on, by name."""
        found = {f"{prefix}.{name}": value for name, value in self.parameters.items()}
        found |= {f"{prefix}.mean.{name}": value for name, value in self.means.items()}
        found |= {f"{prefix}.square.{name}": value for name, value in self.squares.items()}
        return found | {f"{prefix}.steps": np.array(self.steps)}

    def restore(self, prefix: str, state: Mapping[str, Array]) -> None:
        """Go back to a state, in place."""
        for name in self.parameters:
            self.parameters[name][...] = state[f"{prefix}.{name}"]
            self.means[name][...] = state[f"{prefix}.mean.{name}"]
            self.squares[name][...] = state[f"{prefix}.square.{name}"]
        self.steps = int(state[f"{prefix}.steps"])


def dense(random: np.random.Generator, inputs: int, outputs: int) -> Array:
    """Weights (inputs, outputs) of a layer to begin with, uniform within 1/√inputs."""
    reach = 1 / np.sqrt(inputs)
    return random.uniform(-reach, reach, (inputs, outputs)).astype(np.float32)
