"""A trained network that draws rows."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assay.lake import publish
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.synthesis._encoding import Encoding, fit_encoding
from assay.synthesis.gan._condition import Conditions
from assay.synthesis.gan._generator import Norms, gumbel_numbers, make, norms_of
from assay.synthesis.gan._train import NOISE, PACK, Training

_NORMALISED_BY = 8_192


@dataclass(frozen=True)
class GanModel:
    """A generator that was trained against a critic; it draws rows one by one."""

    encoding: Encoding
    conditions: Conditions
    parameters: dict[str, Array]
    norms: Norms

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        return self.encoding.columns

    def draw(self, rows: int, random: np.random.Generator) -> CodedTable:
        """Draw rows; their conditions have the frequencies of the real rows."""
        inputs = _inputs(self.conditions, rows, random)
        gumbel = gumbel_numbers(random, rows, self.encoding.width)
        heads = self.encoding.heads
        return self.encoding.decode(make(self.parameters, inputs, gumbel, heads, self.norms).rows)


def train_gan(
    rows: CodedTable, *, epochs: int, batch: int, seed: int, checkpoint: Path | None = None,
    step: Callable[[int, int], None] = lambda *_: None,
) -> GanModel:  # fmt: skip
    """Train a conditional Wasserstein GAN with gradient penalty on rows.

    Parameters
    ----------
    rows : CodedTable
        Rows whose levels are all known.
    epochs : int
        Times that each row is seen.
    batch : int
        Rows of a step, a multiple of ten.
    checkpoint : Path, optional
        File in which each epoch is kept. A training that was stopped goes on from there, and gives
        the same network as one that wasn't; a file of other rows or settings is written over.
    step : callable
        Called with the number of epochs that are done and that there will be.

    Notes
    -----
    All sums are made by one thread, so that the same seed gives the same network.
    """
    from threadpoolctl import threadpool_limits

    size = min(batch, max(len(rows) // PACK * PACK, PACK))
    with threadpool_limits(1):
        encoding = fit_encoding(rows, seed=seed)
        encoded = encoding.encode(rows, np.random.default_rng(seed))
        training = Training(encoding, encoded, Conditions(encoding, encoded), size, seed)
        about = hashlib.sha256(encoded.tobytes() + f"{size} {seed}".encode()).hexdigest()
        _resume(training, checkpoint, about, epochs)
        while training.epochs < epochs:
            step(training.epochs, epochs)
            training.epoch()
            if checkpoint is not None:
                _keep(training, checkpoint, about)
        step(epochs, epochs)
        many = _inputs(training.conditions, _NORMALISED_BY, np.random.default_rng([seed, 2**31]))
        norms = norms_of(training.averaged, many)
    return GanModel(encoding, training.conditions, training.averaged, norms)


def _inputs(conditions: Conditions, rows: int, random: np.random.Generator) -> Array:
    drawn = conditions.draw(rows, random, learning=False)
    noise = random.standard_normal((rows, NOISE), dtype=np.float32)
    return np.concatenate([noise, drawn.vectors], axis=1)


def _keep(training: Training, path: Path, about: str) -> None:
    """Write a checkpoint aside and rename it."""
    aside = path.with_name(f".{path.name}.aside.npz")
    np.savez(aside, about=np.array(about), **training.state())  # type: ignore[arg-type]
    publish(aside, path)


def _resume(training: Training, path: Path | None, about: str, epochs: int) -> None:
    """Go on from a checkpoint of the same rows and settings that has no more epochs."""
    if path is None or not path.is_file():
        return
    try:
        with np.load(path, allow_pickle=False) as found:
            state = {name: found[name] for name in found.files}
    except (OSError, ValueError, zipfile.BadZipFile):
        return  # it isn't whole: begin at the first epoch
    if str(state.pop("about", "")) == about and int(state["epochs"]) <= epochs:
        training.restore(state)
