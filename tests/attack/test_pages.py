"""A script in a text that comes from outside stays text on each page, also opened from disk."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from markupsafe import Markup

from assay.page import Lead, Section, render_page
from assay.quality import render_data_docs
from assay.stages.incidents import respond
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.upkeep import build_data_docs

NAME = "<img src=x onerror=owned=1>"
MARK = f"{NAME}<script>owned=1</script>\"'$x"
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
PLAIN = re.compile(
    "html|head|body|title|style|meta|header|main|section|nav|footer|div|p|span|h[1-6]|a|b|i|br|hr|"
    "strong|em|code|pre|small|wbr|[uo]l|li|d[ltd]|table|caption|thead|tbody|t[rhd]|details|summary|figure|figcaption|"
    "svg|line|rect|circle|path|text|g|polyline|form|input|label|datalist|option|select|button"
)


class Tags(HTMLParser):
    """What a browser would make of a page: tags, and attributes that could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.strange: set[str] = set()
        self.policies: list[str] = []
        self.live: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.strange |= set() if PLAIN.fullmatch(tag) else {tag}
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(given.get("content") or "")
        self.live += [a for a in attrs if a[0].startswith("on") or a[0] in {"src", "style"}]
        self.live += [a for a in attrs if (a[1] or "").strip().startswith("javascript:")]


@pytest.fixture(scope="module")
def marked(mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home whose every text from outside is a script; its batch of the third day is held."""
    root = tmp_path_factory.mktemp("marked")
    train = mini.Train(mini.write_project(root / "project"), root / "home")
    _mark_project(train.project / "include")
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    for day in DAYS:
        # The third day has another level, and another score.
        rows = mini.visit_rows(day, shift=40.0 * (day == DAYS[2]))
        level = f"{MARK} {day == DAYS[2]}"
        made = [(*row[:4], MARK if row[4] == "b" else "a", *row[5:], level) for row in rows]
        path = train.drop("visits", day, mini.as_csv((*mini.HEADER, NAME), made))
        path.rename(path.with_name(f"{day}{NAME}.csv"))
        train.run("visits", day, reason=MARK)
    for action, more in (("acknowledge", {}), ("snooze", {"until": "3d"})):
        respond(train.services, 1, action, by=MARK, reason=MARK, **more)
    return train


def _mark_project(include: Path) -> None:
    path = include / "contracts" / "visits.odcs.yaml"
    contract = yaml.safe_load(path.read_text())
    contract["description"] = {"purpose": MARK}
    contract["team"] = {"name": MARK}
    contract["servers"][0]["path"] = f"inbox/visits/{{batch}}{NAME}.csv"
    columns = contract["schema"][0]["properties"]
    next(c for c in columns if c["name"] == "team")["enum"] = [{"value": "a"}, {"value": MARK}]
    columns.append({"name": NAME, "logicalType": "string", "description": MARK})
    path.write_text(yaml.safe_dump(contract))
    policies = include / "policies" / "visits"
    drift = yaml.safe_load((policies / "drift.yaml").read_text())
    drift["columns"][NAME] = {"test": "chi_square", "effect": "cramers_v", "limit": 0.3}
    (policies / "drift.yaml").write_text(yaml.safe_dump(drift))
    fairness = yaml.safe_load((policies / "fairness.yaml").read_text())
    fairness["attributes"]["team"]["required_groups"] = ["a", MARK]
    (policies / "fairness.yaml").write_text(yaml.safe_dump(fairness))
    (policies / "alerting.yaml").write_text(
        "opens: [FAIL, INCONCLUSIVE]\nroutes:\n  - {slack: '#tests', email: [a@example.org]}\n"
    )
    for which in ("raw", "clean"):
        path = include / "suites" / "visits" / f"{which}.json"
        suite = json.loads(path.read_text())
        suite["expectations"].append({
            "type": "expect_column_values_to_be_in_set", "severity": "warning",
            "kwargs": {"column": NAME, "value_set": [f"<b>{MARK}</b>", "$x"]},
            "meta": {"why": MARK, "notes": {"format": "markdown", "content": [MARK]}},
        })  # fmt: skip
        suite["meta"] = {"owner": MARK, "notes": MARK}
        path.write_text(json.dumps(suite))


@pytest.fixture(scope="module")
def pages(marked: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page that the home has and the server makes; name → file."""
    from assay.cli._score_page import render_score_page
    from assay.stages.versions import score_history

    assert build_data_docs(marked.services)
    found = {
        str(path.relative_to(marked.home)): path
        for zone in ("reports", "messages")
        for path in (marked.home / zone).rglob("*.html")
    }
    aside = tmp_path_factory.mktemp("served")
    scores = render_score_page(score_history(marked.services, "visits"))
    for name, text in {"scores": scores, **_served(marked)}.items():
        found[name] = aside / f"{name}.html"
        found[name].write_text(text)
    return found


def _served(marked: Any) -> dict[str, str]:
    """The pages of Airflow's UI, as a user gets them who may do everything."""
    from airflow.api_fastapi.core_api.security import get_user

    from assay_airflow.pages import incidents, reports

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(marked.home))
        patch.setenv("ASSAY_PROJECT", str(marked.project))
        for module in (incidents, reports):
            patch.setattr(module, "may_read", lambda user, dataset: True)
        patch.setattr(incidents, "may_answer", lambda user: True)
        user = SimpleNamespace(get_id=lambda: MARK, get_name=lambda: MARK)
        made = {}
        for module, addresses in ((incidents, ("/", "/1")), (reports, ("/",))):
            app = module.build()
            app.dependency_overrides[get_user] = lambda: user
            client = TestClient(app)
            for place in addresses:
                answer = client.get(place)
                assert answer.status_code == 200, answer.text
                name = f"{module.__name__.rpartition('.')[2]}{place.replace('/', '-')}"
                made[name] = answer.text
        return made


def test_every_kind_of_page_holds_the_script_as_text(pages: dict[str, Path]) -> None:
    stages = ("report", "validate_raw", "validate_clean", "clean", "drift", "fairness")
    assert {f"{stage}.html" for stage in stages} <= {path.name for path in pages.values()}
    marked = {name for name, path in pages.items() if "owned=1" in path.read_text()}
    for part in ("/data_docs/", "drift.html", "validate_raw.html", "incidents-1", "messages/"):
        assert any(part in name for name in marked), f"no script came to {part}"


def test_no_text_from_outside_is_markup(pages: dict[str, Path]) -> None:
    for name, path in pages.items():
        found = Tags()
        found.feed(path.read_text())
        assert found.strange == set(), name
        assert found.live == [], name
        assert len(found.policies) == 1, name
        assert "default-src 'none'; style-src 'sha256-" in found.policies[0], name


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Open a page from disk; gives whether its script ran, and what the browser refused."""
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))

    def open_page(path: Path) -> tuple[bool, list[str]]:
        refused.clear()
        page.goto(path.as_uri(), wait_until="load")
        return bool(page.evaluate("window.owned === 1")), list(refused)

    yield open_page
    page.close()


def test_no_page_runs_a_script_in_a_browser(opened: Any, pages: dict[str, Path]) -> None:
    for name, path in pages.items():
        ran, refused = opened(path)
        assert not ran, name
        # The style is the one that the policy names, and nothing else asked for anything.
        assert refused == [], (name, refused)


def test_the_browser_would_have_shown_it(opened: Any, tmp_path: Path) -> None:
    """The control: the script runs in a page without a policy, and not where escaping fails."""
    raw = tmp_path / "raw.html"
    raw.write_text(f"<!doctype html><body>{MARK}</body>")
    assert opened(raw)[0]
    lapse = tmp_path / "lapse.html"
    lapse.write_text(render_page("t", Lead(None, ""), [Section("s", [Markup(MARK)])]))
    ran, refused = opened(lapse)
    assert not ran
    assert any("Content Security Policy" in said for said in refused)


def test_data_docs_of_what_great_expectations_escapes_nowhere(
    marked: Any, opened: Any, tmp_path: Path
) -> None:
    """Each text of a stored result, also of those that no run of ours would write."""
    stored = next((marked.home / "reports" / "visits").rglob(BatchWorkspace.validation_raw.file))
    document = _all_marked(json.loads(stored.read_text()))
    path = tmp_path / "marked.json"
    path.write_text(json.dumps(document))
    index = render_data_docs([path], tmp_path / "site")
    for page in index.parent.glob("*.html"):
        assert opened(page) == (False, [])
        found = Tags()
        found.feed(page.read_text())
        assert found.strange == set()


def _all_marked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _all_marked(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_all_marked(v, key) for v in value]
    known = {"type", "severity", "condition_parser", "verdict", "engine", "format"}
    return MARK if isinstance(value, str) and key not in known else value


def test_an_earlier_site_that_could_run_a_script_is_built_again(
    marked: Any, tmp_path: Path
) -> None:
    from assay.stages.upkeep import pending_data_docs

    build_data_docs(marked.services)
    assert pending_data_docs(marked.services) == []
    (page, *_) = [
        p for p in (marked.home / "reports").rglob("data_docs/*.html") if p.name != "index.html"
    ]
    whole = tmp_path / "whole.html"
    shutil.copy(page, whole)
    page.write_text(f"<html><head></head><body>{MARK}</body></html>")
    assert pending_data_docs(marked.services) == [page.parent.parent]
    build_data_docs(marked.services)
    assert page.read_text() == whole.read_text()
