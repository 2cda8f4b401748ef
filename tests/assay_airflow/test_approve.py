"""Who may answer when a held batch is to be forced."""

from __future__ import annotations

import getpass

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators import approve


def _users(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(approve, "known_users", lambda: list(names))


def test_everybody_but_the_one_who_asked_may_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    _users(monkeypatch, "admin", "reviewer")
    assert approve.others_than("admin") == ["reviewer"]


def test_one_user_alone_forces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _users(monkeypatch, "admin")
    with pytest.raises(AirflowSkipException, match="one user only"):
        approve.others_than("admin")


@pytest.mark.parametrize("asker", [None, "", "root"])
def test_who_asked_must_be_known(monkeypatch: pytest.MonkeyPatch, asker: str | None) -> None:
    # A shell's user may be the very person who would then approve in the UI.
    _users(monkeypatch, "admin", "reviewer")
    with pytest.raises(AirflowSkipException, match="second person"):
        approve.others_than(asker)


def test_users_that_the_settings_dont_list_are_told_apart_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _users(monkeypatch)
    assert approve.others_than("ana") == []
    for asker in (None, getpass.getuser()):
        with pytest.raises(AirflowSkipException, match="second person"):
            approve.others_than(asker)
