"""Label Studio fails while a round is under way: said in a sentence, waited for, reported once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import label_rounds as support
import pytest
from airflow.sdk import Connection, RetryAction
from airflow.sdk.exceptions import TaskDeferred
from own_label_studio import TOKEN, Studio, own_label_studio

from assay.errors import InputError
from assay.labelling.platforms import LabelStudio, PlatformDown, PlatformError
from assay.stages.labels import rounds
from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.hooks import labelling as hook
from assay_airflow.operators import labelling as operators

CHECK = "labelling/platform_fails"
Fail = Callable[[Studio], None]


@pytest.fixture(scope="module")
def prepared(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with a planned round, whose policy names Label Studio."""
    policy = support.POLICY.replace("annotators: [ada", "platform: label_studio\nannotators: [ada")
    train = support.prepare(mini.copy(template, tmp_path_factory.mktemp("studio")), policy)
    rounds.plan_round(train.services, "visits", author="tester")
    return train


@pytest.fixture
def studio() -> Iterator[Studio]:
    with own_label_studio() as found:
        yield found


@pytest.fixture
def home(
    prepared: Any, studio: Studio, mini: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    train = mini.copy(prepared, tmp_path)
    monkeypatch.setenv("ASSAY_PROJECT", str(train.project))
    monkeypatch.setenv("ASSAY_HOME", str(train.home))
    connect(monkeypatch, studio.url, TOKEN)
    monkeypatch.setattr(LabelStudio.__init__, "__defaults__", (1.0,))
    return train


def connect(monkeypatch: pytest.MonkeyPatch, url: str, token: str) -> None:
    made = Connection(conn_id=hook.LABEL_STUDIO, conn_type="http", host=url, password=token)
    monkeypatch.setenv(f"AIRFLOW_CONN_{hook.LABEL_STUDIO.upper()}", made.as_json())


def run(kind: Any, name: str) -> Any:
    """Execute a task of round 1; where it waits, its trigger."""
    context = {
        "dag_run": SimpleNamespace(run_id="manual__1"), "params": {},
        "ti": SimpleNamespace(xcom_pull=lambda task_ids: {"round": 1}),
    }  # fmt: skip
    task = kind(task_id=name, dataset="visits", planned_by="plan")
    try:
        return task.execute(context)
    except TaskDeferred as deferred:
        return deferred.trigger


def publish() -> Any:
    return run(operators.PublishRoundOperator, "publish")


def collect() -> Any:
    return run(operators.AwaitRoundOperator, "collect")


def incidents(train: Any) -> list[str]:
    found = train.services.catalog.incidents.find("visits")
    return [one.state for one in found if one.check == CHECK]


def reasons(train: Any) -> str:
    return str(train.services.catalog.incidents.find("visits"))


def ends(studio: Studio) -> None:
    studio.manner = "breaks"


def hangs(studio: Studio) -> None:
    studio.manner = "is silent"


def refuses(studio: Studio) -> None:
    studio.manner = "refuses"


FAULTS = pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (ends, PlatformDown, "Label Studio can't answer now"),
        (hangs, PlatformDown, "Label Studio doesn't answer in time"),
        (refuses, PlatformError, "Label Studio refuses the token"),
    ],
)


@FAULTS
def test_publishing_says_what_is_wrong_and_is_tried_again_where_that_helps(
    home: Any, studio: Studio, fault: Fail, error: type[PlatformError], said: str
) -> None:
    fault(studio)
    for _ in range(2):
        with pytest.raises(error, match=said) as raised:
            publish()
    decided = TASK_DEFAULTS["retry_policy"].evaluate(raised.value, 1, 3)
    again = RetryAction.RETRY if error is PlatformDown else RetryAction.FAIL
    assert decided.action is again
    assert TOKEN not in f"{raised.value} {reasons(home)}"
    assert incidents(home) == ["open"]

    studio.manner = "works"
    studio.over.set()
    assert publish()["made"] == 3
    assert incidents(home) == ["closed"]


@FAULTS
def test_a_wait_goes_on_and_takes_every_answer_when_it_works_again(
    home: Any, studio: Studio, fault: Fail, error: type[PlatformError], said: str
) -> None:
    publish()
    asked = [studio.answer(who, "high") for who in support.PEOPLE]
    fault(studio)
    assert collect().troubled
    assert collect().troubled
    assert incidents(home) == ["open"]
    assert said in reasons(home)

    studio.manner = "works"
    assert collect() == {"asked": sum(asked), "given": sum(asked)}
    assert incidents(home) == ["closed"]


def test_a_project_that_vanished_is_made_again_without_what_was_answered(
    home: Any, studio: Studio
) -> None:
    publish()
    some = studio.answer("ada", "high", most=3)
    collect()
    lost = next(n for n, one in studio.projects.items() if one["description"].endswith("| ada"))
    before = len(studio.projects.pop(lost)["tasks"])

    assert not collect().troubled

    assert incidents(home) == ["closed"]
    assert "has lost 1 projects" in reasons(home)
    assert studio.answer("ada", "high") == before - some
    for who in ("grace", "emmy"):
        studio.answer(who, "high")
    found = collect()
    assert found["given"] == found["asked"]


def test_a_server_that_is_gone_is_reported(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "http://127.0.0.1:9", TOKEN)
    with pytest.raises(PlatformDown, match="can't be reached"):
        publish()
    assert incidents(home) == ["open"]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"host": "https://labels.example.org/"}, "https://labels.example.org"),
        ({"host": "labels.example.org"}, "https://labels.example.org"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8085}, "http://127.0.0.1:8085"),
    ],
)
def test_the_connection_gives_address_and_token(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], url: str
) -> None:
    made = Connection(conn_id=hook.LABEL_STUDIO, conn_type="http", password="t", **given)
    monkeypatch.setenv(f"AIRFLOW_CONN_{hook.LABEL_STUDIO.upper()}", made.as_json())
    found = hook.platform_environ()
    assert (found[rounds.URL], found[rounds.TOKEN]) == (url, "t")


def test_a_connection_without_a_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "http://127.0.0.1", "")
    with pytest.raises(InputError, match="is incomplete"):
        hook.platform_environ()
