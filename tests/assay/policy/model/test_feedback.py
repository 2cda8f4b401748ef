"""The section `feedback` of a model file."""

from __future__ import annotations

from typing import Any

import mini_model
import pytest
from pydantic import ValidationError

from assay.policy.model import FeedbackPolicy, ModelFile

WHOLE: dict[str, Any] = {
    "on_inconclusive": "release",
    "alpha": 0.05,
    "least_labelled": 0.8,
    "least_number": 100,
    "limits": [{"metric": "accuracy", "min": 0.8}],
    "against_test": [{"metric": "roc_auc", "margin": 0.03}],
    "slices": ["origin"],
}


def test_a_training_run_does_not_derive_from_it():
    file = ModelFile.model_validate(mini_model.FILE)
    judged = ModelFile.model_validate({**mini_model.FILE, "feedback": WHOLE})
    assert judged.hash == file.hash


def test_its_hash_follows_its_content():
    first, same, other = (
        FeedbackPolicy.model_validate(WHOLE | change) for change in ({}, {}, {"alpha": 0.01})
    )
    assert first.hash == same.hash != other.hash


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"limits": [], "against_test": []}, "it judges nothing"),
        ({"limits": [{"metric": "f1", "min": 0.1}] * 2}, "limits names f1 twice"),
        ({"against_test": [{"metric": "f1", "margin": 0.1}] * 2}, "against_test names f1 twice"),
        ({"against_test": [{"metric": "f1", "margin": -0.1}]}, "greater than or equal to 0"),
        ({"least_labelled": 0}, "greater than 0"),
        ({"limits": [{"metric": "f2", "min": 0.1}]}, "accuracy"),
        ({"slice": ["origin"]}, "Extra inputs"),
        ({"outcomes": {"dataset": "results"}}, "either `column` or `expression`"),
        ({"predictions": {"dataset": "census", "prediction": "said"}}, "of the model itself"),
    ],
)
def test_a_fault_is_named(change: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        FeedbackPolicy.model_validate(WHOLE | change)


@pytest.mark.parametrize("key", ["on_inconclusive", "alpha", "least_labelled", "least_number"])
def test_a_limit_has_no_default(key: str):
    with pytest.raises(ValidationError, match=key):
        FeedbackPolicy.model_validate({k: v for k, v in WHOLE.items() if k != key})
