"""A metric over versions, as people see it."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.records.models import Figure
from assay.training.trend import TrainedVersion, Trend, render_html, render_svg, render_text

GOLDEN = Path(__file__).parents[3] / "golden" / "pages"
START = datetime(2026, 1, 5, 6, tzinfo=UTC)
STATES = ("promoted", "passed", "held", "promoted")


def version(number: int, value: float | None, half: float | None, state: str) -> TrainedVersion:
    """A version that was trained on the day of its number."""
    ends = {} if half is None or value is None else {"low": value - half, "high": value + half}
    return TrainedVersion.model_validate({
        "name": f"late_arrival@{number}", "data": f"flights@{number + 3}", "snapshot": number + 3,
        "at": START + timedelta(days=number), "state": state, "champion": number == 4,
        "figure": Figure(value=value, n=900, how="DeLong", **ends),
    })  # fmt: skip


@pytest.fixture
def trend() -> Trend:
    values = ((0.82, 0.02), (0.85, 0.02), (0.7, 0.03), (0.88, 0.015))
    versions = [version(n + 1, *values[n], STATES[n]) for n in range(4)]
    return Trend(model="late_arrival", metric="roc_auc", least=0.75, versions=tuple(versions))


@pytest.mark.parametrize(
    ("name", "render"),
    [
        ("late_arrival-trend.html", render_html),
        ("late_arrival-trend.svg", render_svg),
        ("late_arrival-trend.txt", render_text),
    ],
)
def test_it_is_as_people_saw_it(trend: Trend, name: str, render: object) -> None:
    text = render(trend)  # type: ignore[operator]
    if os.environ.get("ASSAY_WRITE_GOLDEN"):
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_each_state_has_a_sign_of_its_own_and_the_limit_is_a_line(trend: Trend) -> None:
    drawing = render_svg(trend, "time")
    assert len(re.findall(r'class="dot PASS"', drawing)) == 2
    assert len(re.findall(r'class="dot WARN"', drawing)) == 1
    assert len(re.findall(r'class="dot FAIL"', drawing)) == 1
    assert len(re.findall(r'<line class="limit"', drawing)) == 1
    assert "at least 0.75" in drawing
    ET.fromstring(drawing)


def test_a_file_runs_nothing_and_escapes(trend: Trend) -> None:
    strange = trend.model_copy(update={"model": "<b>", "metric": "<i>"})
    for text in (render_html(strange), render_svg(strange)):
        assert "<script" not in text
        assert "<i>" not in text.replace('<i aria-hidden="true">', "")


def test_versions_without_the_metric_are_in_the_table_alone(trend: Trend) -> None:
    bare = (version(1, None, None, "held"), version(2, 0.8, None, "passed"))
    found = trend.model_copy(update={"versions": bare})
    assert render_svg(found).count('class="dot') == 1
    assert "DeLong" in render_text(found)
    none = trend.model_copy(update={"versions": bare[:1]})
    assert "Every version" in render_html(none)
