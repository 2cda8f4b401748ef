"""The table of agreement as a person sees it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from assay.labelling import measure_agreement, read_annotations, render_agreement


def test_the_table(golden: Callable[[str, str], None]) -> None:
    random = np.random.default_rng(3)
    task, who = np.divmod(np.arange(450), 3)
    truth = random.integers(3, size=150)[task]
    given = np.where(random.random(450) < 0.8, truth, random.integers(3, size=450))
    rows = pa.table({
        "task": task, "annotator": [f"v1:{w:08}{0:024}" for w in who],
        "label": pa.array(np.array(["bad", "fair", "good"])[given]),
        "language": pa.array(np.where(task < 135, "en", "de")),
    }).filter(pa.array(random.random(450) < 0.9))  # fmt: skip
    names = {"task": "task", "annotator": "annotator", "label": "label"}
    found = read_annotations(rows, **names, slices=["language"])
    report = measure_agreement(found, level="nominal", alpha=0.05, seed=1)
    golden("agreement.txt", render_agreement(report) + "\n")
