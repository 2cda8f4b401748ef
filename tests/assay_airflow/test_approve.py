"""Who may answer when a held batch is to be forced."""

from __future__ import annotations

import getpass
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from assay.stages.models import TrainingAsked
from assay_airflow.operators import _second_person as second
from assay_airflow.operators.training import who_may_promote


def _users(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(second, "known_users", lambda: list(names))


def test_everybody_but_the_one_who_asked_may_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    _users(monkeypatch, "admin", "reviewer")
    assert second.others_than("admin", "it waits") == ["reviewer"]


def test_one_user_alone_forces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _users(monkeypatch, "admin")
    with pytest.raises(AirflowSkipException, match="one user only"):
        second.others_than("admin", "it waits")


@pytest.mark.parametrize("asker", [None, "", "root"])
def test_who_asked_must_be_known(monkeypatch: pytest.MonkeyPatch, asker: str | None) -> None:
    # A shell's user may be the very person who would then approve in the UI.
    _users(monkeypatch, "admin", "reviewer")
    with pytest.raises(AirflowSkipException, match="second person"):
        second.others_than(asker, "it waits")


def test_users_that_the_settings_dont_list_are_told_apart_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _users(monkeypatch)
    assert second.others_than("ana", "it waits") == []
    for asker in (None, getpass.getuser()):
        with pytest.raises(AirflowSkipException, match="second person"):
            second.others_than(asker, "it waits")


@pytest.mark.parametrize(
    ("by", "run_type", "may"),
    [("admin", "manual", ["reviewer"]), (None, "asset", ["admin", "reviewer"])],
)
def test_who_asked_for_a_training_does_not_promote_it(
    monkeypatch: pytest.MonkeyPatch, by: str | None, run_type: str, may: list[str]
) -> None:
    _users(monkeypatch, "admin", "reviewer")
    assert who_may_promote(_training(by, run_type)) == may


@pytest.mark.parametrize(("by", "run_type"), [("root", "manual"), (None, "manual"), ("", "asset")])
def test_nobody_promotes_for_an_asker_whom_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, by: str | None, run_type: str
) -> None:
    _users(monkeypatch, "admin", "reviewer")
    with pytest.raises(AirflowSkipException, match="the champion stays"):
        who_may_promote(_training(by, run_type))


def _training(by: str | None, run_type: str) -> Any:
    return SimpleNamespace(spec=SimpleNamespace(asked=TrainingAsked(by=by), run_type=run_type))
