"""Dawid and Skene's model on a million annotations, beside crowd-kit's.

The same annotations, the same number of steps from the same start; the processor time of the fit
alone is what is compared. Both must find the same probabilities within 1e-6. The environment has
krippendorff's package too, whose alpha of the same annotations must be ours within 1e-9.
"""

from __future__ import annotations

import numpy as np
from _environment import environment
from _measure import BenchError, measure, side
from _show import show
from _tables import CACHE

ROWS = 1_000_000
STEPS, LABELS, EACH, PEOPLE = 20, 5, 5, 500
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def run(rows: int) -> None:
    """Make annotations, fit both sides, compare, print."""
    folder = CACHE / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{rows}.npy"
    np.save(path, draw(rows // EACH))
    python = environment("labelling", "crowdkit.aggregation")
    results = [folder / "ours.npy", folder / "theirs.npy"]
    ours = measure(
        "Assay", side("dawid_skene_assay.py", path, results[0], STEPS), rows=rows, env=ONE_THREAD
    )
    command = side("dawid_skene_crowdkit.py", path, results[1], STEPS, python=python)
    theirs = measure("crowd-kit", command, rows=rows, env=ONE_THREAD)
    gap = float(np.abs(np.load(results[0]) - np.load(results[1])).max())
    if gap > 1e-6:
        raise BenchError(f"the probabilities differ by {gap:.3g}")
    apart = max(abs(ours.result[n] - theirs.result[n]) for n in ("nominal", "ordinal", "interval"))
    if apart > 1e-9:
        raise BenchError(f"Krippendorff's alpha differs by {apart:.3g}")
    times = theirs.result["cpu"] / ours.result["cpu"]
    show(f"Dawid-Skene, {STEPS} steps", [ours, theirs], [
        f"the fit alone: {ours.result['cpu']:.2f} and {theirs.result['cpu']:.2f} CPU s, "
        f"{times:.1f} times the speed",
        f"largest difference of a probability {gap:.1e}, of alpha {apart:.1e}",
    ])  # fmt: skip


def draw(tasks: int) -> np.ndarray:
    """Annotations (n, 3): task, annotator, label; each annotator errs in a way of their own."""
    random = np.random.default_rng(7)
    truth = random.integers(LABELS, size=tasks)
    ways = random.dirichlet(np.ones(LABELS), size=(PEOPLE, LABELS)) * 0.5
    ways += np.eye(LABELS) * 0.5
    first = random.integers(PEOPLE, size=tasks)
    who = (first[:, None] + np.arange(EACH) * 37) % PEOPLE
    edges = ways.cumsum(axis=2)[who, truth[:, None]]
    label = (random.random((tasks, EACH, 1)) > edges[:, :, :-1]).sum(axis=2)
    task = np.repeat(np.arange(tasks), EACH)
    return np.column_stack([task, who.ravel(), label.ravel()])
