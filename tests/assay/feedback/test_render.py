"""The verdict as text and as a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joined_predictions import COLUMNS, draw, joined

from assay.feedback import (
    FeedbackReport,
    compare_marked_rows,
    estimate_performance,
    find_segments,
    fit_calibration,
    judge_feedback,
    measure_feedback,
    render_html,
    render_text,
)
from assay.page import PageContext
from assay.verdict import Verdict

GOLDEN = Path(__file__).parents[2] / "golden" / "pages" / "late_arrival-feedback.html"
DAYS = ("2013-02-01", "2013-02-02")
ADVICE = (
    "400 more rows of origin=EWR: recall +3.1 points (+2.1 to +4.1); they are 2 % of the rows and "
    "9 % of the errors."
)


@pytest.fixture(scope="module")
def judged() -> tuple[Verdict, FeedbackReport]:
    from assay.policy.model import FeedbackPolicy

    policy = FeedbackPolicy.model_validate(
        {
            "on_inconclusive": "release",
            "alpha": 0.05,
            "least_labelled": 0.5,
            "least_number": 50,
            "limits": [{"metric": "accuracy", "min": 0.78}, {"metric": "ece", "max": 0.1}],
            "against_test": [{"metric": "roc_auc", "margin": 0.01}],
            "slices": ["origin"],
        }
    )
    test_day, *days = (draw(1500, i, day=day, bad=1.0 * (i == 2)) for i, day in
                       enumerate(("test", *DAYS)))  # fmt: skip
    usual: dict[str, Any] = {"classes": ["false", "true"], "favourable": "true", "seed": 1}
    test = measure_feedback(joined(test_day), COLUMNS, policy, batch="test", **usual).judged
    found = measure_feedback(joined(*days), COLUMNS, policy, batch=DAYS[1], **usual)
    calibration = fit_calibration(test_day["late"], test_day["p_late"], seed=1)
    estimated = {
        day["day"][0]: estimate_performance(day["p_late"], day["said"], calibration, alpha=0.05)
        for day in days
    }
    wrong = days[1]["late"] != days[1]["said"]
    imputed = np.random.default_rng(1).random(1500) < np.where(wrong, 0.2, 0.05)
    rows = joined(days[1])
    report = FeedbackReport(
        measured=found,
        test=test.figures,
        estimated=estimated,
        segments=find_segments(rows, wrong, ("origin", "hour"), alpha=0.05, least_number=50),
        marked=compare_marked_rows(
            wrong, {"imputed: <hour>": imputed, "clipped: hour": np.arange(1500) < 10},
            alpha=0.05, least_number=50,
        ),
        advice=(ADVICE,),
        notes=("12 predictions are left out: their version has learned from the batch.",),
        misclassified=tuple(int(row) for row in np.flatnonzero(wrong)[:230]),
        numbered_by="flights 2013-02-02 (0123456789ab)",
    )  # fmt: skip
    verdict = judge_feedback(found, policy, test.figures, estimated=estimated[DAYS[1]])
    return verdict, report


def test_the_page_is_as_people_saw_it(judged: tuple[Verdict, FeedbackReport]) -> None:
    page = render_html(*judged, PageContext("late_arrival 2013-02-02"))
    if os.environ.get("ASSAY_WRITE_GOLDEN"):
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


def test_the_page_escapes_and_runs_nothing(judged: tuple[Verdict, FeedbackReport]) -> None:
    page = render_html(*judged, PageContext("late_arrival 2013-02-02"))
    assert "imputed: &lt;hour&gt;" in page
    assert "<script" not in page
    assert "http" not in page.split("</style>")[-1].replace("http-equiv", "")


def test_page_and_text_say_what_where_and_why(judged: tuple[Verdict, FeedbackReport]) -> None:
    verdict, report = judged
    page = render_html(verdict, report, PageContext("late_arrival 2013-02-02"))
    text = render_text(verdict, report)
    assert text.startswith("feedback: FAIL\nbatch 2013-02-02: 1,500 predictions, 1,500 with")
    for said in ("feedback_beyond_limit", "feedback_undecided", ADVICE, "accuracy"):
        assert said in page
        assert said in text
    for said in ("Batches", "Model versions", "no concept change", "Segments with most errors"):
        assert said in page
    assert "origin=EWR &amp; hour" in page
    assert "imputed: <hour>" in text
    assert "too few rows to say" in text
    assert "12 predictions are left out" in page
    assert "12 predictions are left out" in text
    assert "misclassified: 230 rows of flights 2013-02-02 (0123456789ab), by __id: " in text
    assert "and 30 more" in page
    assert "more errors" in text


def test_a_batch_without_outcomes_shows_what_is_estimated(make_policy: Any) -> None:
    policy, day = make_policy(), draw(300, 1)
    rows = joined(day, late_labels=0.9)
    usual: dict[str, Any] = {"classes": ["false", "true"], "favourable": "true", "seed": 1}
    found = measure_feedback(rows, COLUMNS, policy, batch="2013-02-01", **usual)
    estimated = estimate_performance(
        day["p_late"], day["said"], fit_calibration(day["late"], day["p_late"], seed=1), alpha=0.05
    )
    verdict = judge_feedback(found, policy, {}, estimated=estimated)
    report = FeedbackReport(found, {}, {"2013-02-01": estimated}, segments=())
    text = render_text(verdict, report)
    assert "labels_late" in text
    assert "estimated before the outcomes" in text
    assert "segments: none has more errors" in text
    page = render_html(verdict, report, PageContext("late_arrival 2013-02-01"))
    assert "30 of 300 predictions have their outcome; none is judged." in page
    assert "No segment has more errors" in page
