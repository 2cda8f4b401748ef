"""The verdict as JSON, text and page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from assay.fairness import FairnessReport, render_html, render_text
from assay.page import PageContext
from assay.policy.fairness import FairnessPolicy
from assay.verdict import Verdict

ROWS = [("M", 1, 1, 600), ("M", 0, 0, 400), ("F", 1, 1, 200), ("F", 1, 0, 800)]
ODD = [*ROWS, ("<script>", 1, 1, 300), (None, 1, 1, 4)]
METRICS = [
    {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8, "max": 1.25},
    {"metric": "disparate_impact", "outcome": "label", "min": 0.8},
    {"metric": "equalized_odds", "max": 0.1},
]
ATTRIBUTES = {
    "sex": {"reference": "M", "required_groups": ["M", "F"], "levels": ["<script>"]},
}


@pytest.fixture
def verdict(judged: Any) -> Verdict:
    return judged(ODD, metrics=METRICS, attributes=ATTRIBUTES)


def page_of(verdict: Verdict) -> str:
    return render_html(verdict, FairnessReport.of(verdict), PageContext("census 2016"))


def test_codes_of_groups_have_their_labels(verdict: Verdict) -> None:
    report = FairnessReport.of(verdict, {"sex": {"F": "Women"}})
    assert "F (Women) / M" in render_html(verdict, report, PageContext("census 2016"))
    assert "Women" not in page_of(verdict)


def test_text_names_outcome_reasons_rates_and_limits(verdict: Verdict) -> None:
    text = render_text(verdict, FairnessReport.of(verdict))
    assert text.startswith("fairness: FAIL\n")
    for part in ("disparity", "good result: prediction = 1", "0.3333", "n <10", "not judged"):
        assert part in text


class _Balanced(HTMLParser):
    void = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        assert not {"src", "onclick"} & {name for name, _ in attrs}
        assert dict(attrs).get("href", "#").startswith("#")
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_whole_and_needs_nothing_else(verdict: Verdict) -> None:
    page = page_of(verdict)
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    assert "script" not in parser.seen
    report = FairnessReport.of(verdict)
    drawn = [*report.comparisons, *(m for p in report.rates for m in p.members)]
    drawn += [m for p in report.treatments for m in p.members]
    assert page.count('role="img"') == len(drawn)
    drawings = re.sub(r'<span class="key">.*?</span>', "", page)
    points = drawings.count('<circle class="dot') + drawings.count('<path class="dot')
    assert points == sum(m.value is not None for m in drawn)
    assert "prefers-color-scheme:dark" in page
    assert "&lt;script&gt;" in page
    assert not re.search("https?:", page)


def test_a_gate_that_does_not_apply_renders(judged: Any) -> None:
    from assay.fairness import FairnessMeasurements, judge_fairness

    policy = FairnessPolicy(applies=False, reason="nobody in it", on_inconclusive="release")
    verdict = judge_fairness(FairnessMeasurements(0), policy)
    assert "nobody in it" in render_text(verdict, FairnessReport.of(verdict))
    assert "nobody in it" in page_of(verdict)


def test_an_empty_batch_renders(judged: Any) -> None:
    verdict = judged([("M", 1, 1, 0)])
    assert "empty_batch" in render_text(verdict, FairnessReport.of(verdict))
    assert "empty_batch" in page_of(verdict)
