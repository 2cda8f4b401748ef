"""A policy of feedback, with changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.policy.model import FeedbackPolicy


@pytest.fixture
def make_policy() -> Callable[..., FeedbackPolicy]:
    def make(**changes: Any) -> FeedbackPolicy:
        base = {
            "on_inconclusive": "release",
            "alpha": 0.05,
            "least_labelled": 0.5,
            "least_number": 50,
            "limits": [{"metric": "accuracy", "min": 0.65}],
            "slices": ["origin"],
        }
        return FeedbackPolicy.model_validate(base | changes)

    return make
