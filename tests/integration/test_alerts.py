"""Somebody is told, answers in the browser or by the API, and hears the week: in a real Airflow."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay import launcher

pytestmark = pytest.mark.integration


@pytest.fixture
def opened(site: Any, endings: dict[str, Any]) -> dict[str, Any]:
    """Gate → the open incident of ``ticks``: a batch is held."""
    found = {i.check.split("/")[0]: i for i in site.catalog.incidents.find("ticks", state="open")}
    assert found["validate_raw"].failing == (endings["held"].batch,)
    return found


@pytest.fixture
def crashed(site: Any) -> Any:
    """An incident that nobody else looks at: a run of ``tocks`` has crashed."""
    site.unpause("tocks")
    (scheduled, *_) = site.until(
        "the scheduled run", lambda: site.runs("release__tocks", run_type="scheduled")
    )
    site.end("release__tocks", scheduled["dag_run_id"])
    batch = site.drop_ticks(2, dataset="tocks")
    with site.torn_suite("tocks", "clean"):
        run_id = site.trigger("release__tocks", batch=batch)
        assert site.end("release__tocks", run_id)["state"] == "failed"
    (incident,) = site.catalog.incidents.find("tocks", state="open")
    assert (incident.check, incident.failing) == ("run/stage_crashed", (batch,))
    return incident


def test_an_incident_is_answered_by_the_form_of_its_dag(site: Any, opened: dict[str, Any]) -> None:
    number = opened["validate_raw"].id
    for conf, state in (
        ({"incident": number, "action": "snooze"}, "failed"),  # until when, and why?
        ({"incident": number, "action": "acknowledge", "reason": "I look."}, "success"),
    ):
        run_id = site.trigger("incidents", user="reviewer", **conf)
        assert site.end("incidents", run_id)["state"] == state
        if state == "failed":
            assert "snooze needs a reason" in site.log("incidents", run_id, "respond")
    assert [(r.author, r.action, r.reason) for r in site.catalog.responses.find(number)] == [
        ("reviewer", "acknowledge", "I look.")
    ]
    refused = site.client().post(
        "/api/v2/dags/incidents/dagRuns",
        json={"logical_date": None, "conf": {"incident": number, "action": "forget"}},
    )
    assert refused.status_code == 400, "the form's type"


def test_an_incident_is_answered_in_the_browser(
    site: Any, page: Any, crashed: Any, tmp_path: Path
) -> None:
    incident = crashed
    (post,) = (site.home / "messages").glob(f"tocks-incident-{incident.id}-opened-slack-*.json")
    told = json.dumps(json.loads(post.read_text()))
    url = f"{launcher.status(site.home).url}/assay/incidents/{incident.id}"
    assert url in told, "the message leads here"

    page.goto(url)
    page.get_by_role("heading", name=f"Incident {incident.id}", exact=True).wait_for()
    assert page.get_by_text(": nobody has answered, since").is_visible()
    page.screenshot(path=tmp_path / "open.png")
    page.get_by_role("button", name="Snooze").click()
    page.get_by_text("snooze needs a reason").wait_for()
    assert site.catalog.responses.find(incident.id) == []

    page.get_by_label("Until").fill("3d")
    page.get_by_label("Reason").fill("The upstream mends it on Monday.")
    page.get_by_role("button", name="Snooze").click()
    page.get_by_text("snoozed until").wait_for()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("cell", name="acknowledge").wait_for()
    page.get_by_label("Reason").fill("Nobody needs that day.")
    page.get_by_label("Batch").select_option(incident.failing[0])
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_text("over (dismissed").wait_for()
    assert page.get_by_role("button", name="Dismiss").count() == 0
    page.screenshot(path=tmp_path / "answered.png", full_page=True)

    answers = site.catalog.responses.find(incident.id)
    assert [(r.author, r.action) for r in answers] == [
        ("admin", "snooze"), ("admin", "acknowledge"), ("admin", "dismiss")
    ]  # fmt: skip
    page.set_viewport_size({"width": 380, "height": 900})
    page.goto(f"{launcher.status(site.home).url}/assay/incidents/")
    page.get_by_role("heading", name="Assay: incidents").wait_for()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    assert page.get_by_role("heading", name=f"Incident {incident.id}", exact=True).count() == 0


@pytest.mark.usefixtures("opened")
def test_what_falls_due_is_told_and_the_week_is_summed_up(site: Any) -> None:
    for dag_id in ("alerts", "weekly_digest", "weekly_digest"):
        run_id = site.trigger(dag_id)
        assert site.end(dag_id, run_id)["state"] == "success", site.states(dag_id, run_id)
    now = datetime.now(UTC)
    waiting = site.catalog.outbox.find("pending")
    kept = {item.thread for item in waiting if item.due > now}
    # Quiet hours and a backfill's gathering keep a message, and with it those that follow it.
    assert {item.thread for item in waiting} <= kept
    digests = [
        item
        for item in (*waiting, *site.catalog.outbox.find("sent"))
        if item.body["type"] == "weekly"
    ]
    (digest,) = digests  # once a week, however often it is asked for
    assert digest.body["to"] == ["air-traffic-data@example.org"]
    year, week, _ = (now - timedelta(days=7)).isocalendar()
    assert digest.body["weekly"]["week"] == f"{year}-W{week:02d}", "the last whole week"
    assert "ticks" in {line["dataset"] for line in digest.body["weekly"]["lines"]}
