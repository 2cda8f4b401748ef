"""What made the difference, as text and as a page."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from assay.training.compare import (
    Crossing,
    Explanation,
    Factor,
    SplitMetric,
    render_html,
    render_text,
    split_change,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "pages"
SECOND: list[tuple[str, ...]] = [
    (), ("data",), ("hyperparameters",), ("data", "hyperparameters"),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Explanation:
    """A change of .03, of which the data have .03 and the hyperparameters nothing for sure."""
    random = np.random.default_rng(5)
    base = random.random(900)
    gain, none = 0.03 + random.normal(size=900) / 8, random.normal(size=900) / 50
    scores = np.array([base, base + gain, base + none, base + gain + none])
    whole, parts = split_change(scores, alpha=0.05, seed=1)
    means = tuple(float(row.mean()) for row in scores)
    named = dict(zip(("data", "hyperparameters"), parts, strict=True))
    return Explanation(
        a="late_arrival@2", b="late_arrival@3", rows=900,
        factors=(
            Factor(name="data", says=("flights: 1 added, 6 batches the same",)),
            Factor(name="preprocessing"),
            Factor(name="hyperparameters", says=("max_iter: 20 → 40", "seed: 1 → <2>")),
        ),
        crossings=tuple(
            Crossing(second=second, how=how)
            for second, how in zip(
                SECOND, ("registered", "refitted", "found", "registered"), strict=True
            )
        ),
        metrics=(SplitMetric(metric="roc_auc", values=means, whole=whole, parts=named),),
        notes=("late_arrival@2 was trained with numpy 2.1; refits are made with numpy 2.2",),
    )  # fmt: skip


@pytest.mark.parametrize(("suffix", "render"), [("html", render_html), ("txt", render_text)])
def test_it_is_as_people_saw_it(found: Explanation, suffix: str, render: object) -> None:
    text = render(found)  # type: ignore[operator]
    golden = GOLDEN / f"late_arrival-difference.{suffix}"
    if os.environ.get("ASSAY_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_page_escapes_and_runs_nothing(found: Explanation) -> None:
    page = render_html(found)
    assert "seed: 1 → &lt;2&gt;" in page
    assert "<script" not in page


def test_what_is_gone_is_named() -> None:
    gone = Explanation(a="a@1", b="a@2", missing=("flights 2013-02-04 0123: expired",))
    assert "flights 2013-02-04 0123: expired" in render_text(gone)
    assert "flights 2013-02-04 0123: expired" in render_html(gone)
