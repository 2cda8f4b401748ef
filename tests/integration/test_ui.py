"""A person triggers a batch in the browser and sees what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from assay import launcher

pytestmark = pytest.mark.integration

_FIELDS = {
    "Batch": "Partition key, by day, like 2013-01-01",
    "Stop before release": "Run every gate and keep the candidate",
    "Reference for drift": "Compare with this reference of the policy only.",
    "Ask to force": "ask a second person to release it anyway",
    "Reason": "Why it should be forced, kept on record.",
}


def test_a_batch_is_triggered_by_its_form(
    site: Any, page: Any, week: dict[str, Any], tmp_path: Path
) -> None:
    dag_id, batch = "release__flights", "2013-02-05"
    before = {run["dag_run_id"] for run in site.runs(dag_id)}
    page.goto(f"{launcher.status(site.home).url}/dags/{dag_id}")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.get_by_text("Reason", exact=True).wait_for()
    for title, described in _FIELDS.items():
        assert form.get_by_text(title).first.is_visible(), title
        assert form.get_by_text(described).is_visible(), title
    assert form.get_by_text("Every reference of the policy").is_visible()

    form.locator("input[name=element_batch]").fill(batch)
    form.locator("label:has(input[name=element_stop_before_release])").click()
    page.screenshot(path=tmp_path / "form.png")
    form.get_by_role("button", name="Trigger").click()
    form.wait_for(state="hidden")

    def mine() -> list[str]:
        return [r["dag_run_id"] for r in site.runs(dag_id) if r["dag_run_id"] not in before]

    (run_id,) = site.until("the run that was asked for", mine)
    assert site.run(dag_id, run_id)["conf"]["batch"] == batch
    assert site.run(dag_id, run_id)["conf"]["stop_before_release"] is True
    assert site.end(dag_id, run_id)["state"] == "success"
    assert site.states(dag_id, run_id)["release"] == "skipped"

    page.goto(f"{launcher.status(site.home).url}/dags/{dag_id}/runs/{run_id}")
    page.get_by_text("Success").first.wait_for()
    page.get_by_text("validate_raw").first.wait_for()
    page.screenshot(path=tmp_path / "run.png")


def test_a_report_opens_from_its_task_behind_the_login(
    site: Any, page: Any, references: object, tmp_path: Path
) -> None:
    dag_id = "release__airports"
    ended = [r for r in site.runs(dag_id) if r["state"] in {"success", "failed"}]
    run_id = ended[0]["dag_run_id"]
    place = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
    links = {task: site.get(f"{place}/{task}/links")["extra_links"]["Report"]
             for task in ("validate_raw", "release")}  # fmt: skip
    anonymous = httpx.get(links["release"], trust_env=False, follow_redirects=False)
    assert anonymous.status_code == 303
    assert "/auth/login" in anonymous.headers["location"]

    page.goto(links["release"])
    page.get_by_role("heading", name="In short").wait_for()
    page.get_by_role("link", name="validate raw").first.click()
    page.get_by_role("heading", name="Validation of airports").wait_for()
    assert page.url == links["validate_raw"]
    page.get_by_role("link", name="Overview of the run").click()
    page.get_by_role("heading", name="Where the rows are").wait_for()
    page.set_viewport_size({"width": 380, "height": 900})
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    page.screenshot(path=tmp_path / "report.png")

    page.goto(f"{launcher.status(site.home).url}/assay/reports/")
    page.get_by_role("heading", name="airports").wait_for()
    assert page.goto(links["release"].replace("report.html", "%2e%2e/x.html")).status in {403, 404}
