"""Label Studio: a round on the real server, which is `make labelling`'s."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import label_rounds as support
import pytest
from chromium import open_browser

from assay.errors import InputError
from assay.labelling.platforms import LabelStudio, PlatformError
from assay.launcher import label_studio_page as page
from assay.stages.labels import rounds
from assay.stages.labels.rounds._platforms import TOKEN, URL, label_studio

OTHER = "eve@example.org"


def test_without_its_environment_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_LABEL_STUDIO", str(tmp_path / "none"))
    with pytest.raises(Exception, match="make labelling"):
        page.start_page(tmp_path)
    assert page.access(tmp_path) is None
    assert not page.stop_page(tmp_path)
    with pytest.raises(InputError, match="assay up --labelling"):
        label_studio(tmp_path, {})
    with pytest.raises(InputError, match="both"):
        label_studio(tmp_path, {URL: "http://127.0.0.1"})
    assert "secret" not in repr(label_studio(tmp_path, {URL: "http://x", TOKEN: "secret"}))


def test_a_server_that_isnt_there_loses_nothing_and_shows_no_token() -> None:
    with pytest.raises(PlatformError, match="can't be reached") as error:
        list(LabelStudio("http://127.0.0.1:9", "secret").collect("p"))
    assert "secret" not in str(error.value)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if page.find_python() is None:
        pytest.skip("Label Studio isn't installed: make labelling")
    home = tmp_path_factory.mktemp("studio")
    page.start_page(home)
    page.await_page(home, 400)
    yield home
    page.stop_page(home)


def client_of(studio: LabelStudio) -> httpx.Client:
    return httpx.Client(
        base_url=studio.url, headers={"Authorization": f"Token {studio.token}"}, timeout=120,
        trust_env=False,
    )  # fmt: skip


def project_of(client: httpx.Client, who: str) -> int:
    found = client.get("/api/projects", params={"page_size": 100}).json()["results"]
    return next(one["id"] for one in found if one["description"].endswith(f"| {who}"))


def answer(client: httpx.Client, task: dict[str, Any], text: str) -> int:
    result = [{"from_name": "answer", "to_name": "row", "type": "choices",
               "value": {"choices": [text]}}]  # fmt: skip
    made = client.post(f"/api/tasks/{task['id']}/annotations",
                       json={"result": result, "lead_time": 2.5})  # fmt: skip
    assert made.status_code == 201
    return int(made.json()["id"])


@pytest.mark.integration
@pytest.mark.timeout(900)
def test_a_round_on_the_real_server(home: Path, ready: Any) -> None:
    """Published, answered in order, changed, vanished, down, collected: nothing lost or doubled."""
    people = f"annotators: [{page.OWNER}, {OTHER}]"
    policy = support.POLICY.replace("annotators: [ada, grace, emmy]", people)
    policy = policy.replace("experts: [hilbert]", f"experts: [{page.OWNER}]")
    policy = policy.replace("budget: 40", "budget: 12").replace("double_labelling: 0.5",
                                                                 "double_labelling: 0")  # fmt: skip
    policy = policy.replace("agreement: [{figure: raw_agreement, min: 0.5, rationale: A test.}]\n",
                            "")  # fmt: skip
    support.prepare(ready, policy)
    studio, services = label_studio(home, {}), ready.services
    rounds.plan_round(services, "visits", author="tester")
    folder = rounds.find_round(services, "visits")
    own = [t for t in folder.tasks() if t.annotators == (folder.person(page.OWNER),)]
    theirs = [t for t in folder.tasks() if t not in own]

    first = rounds.publish_round(services, folder, studio)
    again = rounds.publish_round(services, folder, studio)
    assert (first.made, again.made, again.found) == (2, 0, 2)

    with client_of(studio) as client:
        mine, other = project_of(client, page.OWNER), project_of(client, OTHER)
        order, ids = [], []
        for _ in own[:3]:
            task = client.get(f"/api/projects/{mine}/next").json()
            order.append(task["data"]["task"])
            ids.append(answer(client, task, "high"))
        assert order == [t.id for t in own[:3]]
        task = client.get(f"/api/projects/{other}/next").json()
        assert task["data"]["task"] == theirs[0].id
        assert not task["predictions"] or task["predictions"][0]["result"] == []
        answer(client, task, "high")

        taken = rounds.collect_answers(services, folder, studio)
        assert (taken.new, taken.refused) == (3, {"wrong_person": 1})
        assert rounds.collect_answers(services, folder, studio).new == 0
        assert folder.annotations()[0].seconds == 2.5

        low = [{"from_name": "answer", "to_name": "row", "type": "choices",
                "value": {"choices": ["low"]}}]  # fmt: skip
        assert client.patch(f"/api/annotations/{ids[0]}", json={"result": low}).is_success
        assert rounds.collect_answers(services, folder, studio).edited == 1

        for number in (mine, other):
            assert client.delete(f"/api/projects/{number}").status_code == 204
        with pytest.raises(PlatformError, match="Publish the round again"):
            rounds.collect_answers(services, folder, studio)
        assert rounds.publish_round(services, folder, studio).made == 2
        mine = project_of(client, page.OWNER)
        whole = {"exportType": "JSON", "download_all_tasks": "true"}
        left = client.get(f"/api/projects/{mine}/export", params=whole).json()
        assert {one["data"]["task"] for one in left} == {t.id for t in own[3:]}
        answer(client, client.get(f"/api/projects/{mine}/next").json(), "low")

    with pytest.raises(PlatformError, match="refuses the token"):
        rounds.collect_answers(services, folder, LabelStudio(studio.url, "0" * 40))
    page.stop_page(home)
    with pytest.raises(PlatformError, match="can't be reached"):
        rounds.collect_answers(services, folder, studio)
    page.start_page(home)
    page.await_page(home, 400)
    studio = label_studio(home, {})
    assert rounds.collect_answers(services, folder, studio).new == 1

    text = b"".join(path.read_bytes() for path in (home / "label_studio").glob("*.sqlite3*"))
    assert b"Score" in text
    assert not [mark for mark in (b"MRK", b"v1:", *hidden(ready)) if mark in text]

    rounds.collect_answers(services, folder, studio, close=True)
    rounds.adjudicate_round(services, folder, studio)
    rounds.land_labels(services, folder, studio, author="tester", leave_waiting=True)
    with client_of(studio) as client:
        kept = client.get("/api/projects").json()["results"]
    assert not [one for one in kept if "visits" in (one["description"] or "")]
    with sqlite3.connect(home / "label_studio" / "label_studio.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM task").fetchone() == (0,)


def hidden(train: Any) -> list[bytes]:
    """Values of columns that the policy doesn't show: the moments of the visits."""
    rows = (train.home / "inbox" / "visits" / "2024-01-01.csv").read_text().splitlines()[1:]
    return [line.split(",")[6].encode() for line in rows[:50]]


def _choose(shown: Any, key: str) -> None:
    """Press a key until an answer is chosen: the page is there before it listens."""
    chosen = shown.locator("input[type=radio]:checked")
    for _ in range(100):
        if chosen.count():
            return
        shown.keyboard.press(key)
        shown.wait_for_timeout(500)
    raise AssertionError(f"key {key} chooses nothing")


@pytest.mark.integration
@pytest.mark.timeout(900)
def test_tasks_are_answered_by_keyboard(home: Path, ready: Any) -> None:
    """A person with a browser and no mouse: a number chooses, Ctrl and Enter submit."""
    policy = support.POLICY.replace("[ada, grace, emmy]", f"[{page.OWNER}]")
    policy = policy.replace("budget: 40", "budget: 4")
    policy = policy.replace("double_labelling: 0.5", "double_labelling: 0")
    agreement = "agreement: [{figure: raw_agreement, min: 0.5, rationale: A test.}]\n"
    support.prepare(ready, policy.replace(agreement, ""))
    studio, services = label_studio(home, {}), ready.services
    rounds.plan_round(services, "visits", author="tester")
    folder = rounds.find_round(services, "visits")
    rounds.publish_round(services, folder, studio)
    with client_of(studio) as client:
        project = project_of(client, page.OWNER)

    with open_browser() as browser:
        shown = browser.new_page(viewport={"width": 1280, "height": 1000})
        shown.set_default_timeout(120_000)
        shown.goto(f"{studio.url}/user/login")
        shown.locator("input[name=email]").fill(page.OWNER)
        shown.locator("input[name=password]").fill(page.password(home))
        shown.keyboard.press("Enter")
        shown.wait_for_url(lambda url: "/login" not in url)
        for number, _ in enumerate(folder.tasks(), 1):
            shown.goto(f"{studio.url}/projects/{project}/data?labeling=1")
            shown.get_by_role("button", name="Submit").first.wait_for()
            _choose(shown, "1" if number % 2 else "2")
            with shown.expect_response(lambda answer: answer.request.method == "POST"
                                       and "/annotations" in answer.url):  # fmt: skip
                shown.keyboard.press("Control+Enter")

    taken = rounds.collect_answers(services, folder, studio)
    assert (taken.new, taken.refused) == (4, {})
    given = {one.task: one.answer for one in folder.annotations()}
    assert [given[task.id] for task in folder.tasks()] == ["high", "low", "high", "low"]
    assert all(one.seconds is not None for one in folder.annotations())
