"""One session for all tests of the room, and the shortest policy that judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from assay.engine import Session, open_session
from assay.fairness import judge_fairness, measure_fairness
from assay.policy.fairness import FairnessPolicy
from assay.verdict import Verdict


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    with open_session(threads=2) as backend:
        yield backend


@pytest.fixture(scope="session")
def make_policy() -> Callable[..., FairnessPolicy]:
    def make(**changes: Any) -> FairnessPolicy:
        base: dict[str, Any] = {
            "on_inconclusive": "hold",
            "roles": {"label": "label", "prediction": "prediction"},
            "favourable": 1,
            "alpha": 0.05,
            "least_number": 10,
            "attributes": {"sex": {"reference": "M", "required_groups": ["M", "F"]}},
            "metrics": [{"metric": "disparate_impact", "outcome": "prediction", "min": 0.8}],
        }
        return FairnessPolicy.model_validate({**base, **changes})

    return make


@pytest.fixture(scope="session")
def make_table(session: Session) -> Callable[..., Any]:
    """A table from (group, label, prediction, rows) or from a frame."""

    def make(data: pd.DataFrame | list[tuple[Any, Any, Any, int]]) -> Any:
        if isinstance(data, list):
            rows = [(g, y, p) for g, y, p, n in data for _ in range(n)]
            columns = ["sex", "label", "prediction"]
            data = pd.DataFrame(rows, columns=columns).astype(
                {"sex": "string", "label": "Int64", "prediction": "Int64"}
            )
        return session.set_aside(data)

    return make


@pytest.fixture
def judged(session: Session, make_table: Any, make_policy: Any) -> Callable[..., Verdict]:
    def run(data: Any, **changes: Any) -> Verdict:
        policy = make_policy(**changes)
        return judge_fairness(measure_fairness(make_table(data), policy), policy)

    return run
