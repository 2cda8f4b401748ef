"""An Airflow with a user of each role, once with the simple auth manager and once with FAB."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay import launcher
from assay.launcher import _settings

ROLES = {"vera": "viewer", "una": "user", "otto": "op", "reviewer": "op", "admin": "admin"}
"""User → role, which both auth managers have."""
_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


def _integration() -> Any:
    path = Path(__file__).parents[2] / "integration" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest_of_integration", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_site = _integration()
databases = _site.databases


@pytest.fixture(scope="module", params=["simple", "fab"])
def office(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    databases: Callable[[str], str],
) -> Iterator[Any]:
    """A running installation with these users; ``ticks`` is unpaused."""
    with (
        _users(request.param) as prepare,
        _site.running_site(tmp_path_factory, databases, prepare) as office,
    ):
        office.unpause("ticks")
        yield office


@contextmanager
def _users(manager: str) -> Iterator[Callable[[Any], None]]:
    """The settings of an auth manager within the block, and what makes its users."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_settings, "USERS", ROLES)
        if manager == "simple":
            yield lambda _: None
            return
        simple = _settings._users
        fab = {"AIRFLOW__CORE__AUTH_MANAGER": _FAB}
        patch.setattr(_settings, "_users", lambda places: simple(places) | fab)
        yield _make_fab_users


def _make_fab_users(site: Any) -> None:
    launcher.run_airflow(site.home, "db", "migrate")
    for user, role in ROLES.items():
        launcher.run_airflow(
            site.home, "users", "create", "--username", user, "--role", role.capitalize(),
            f"--password={launcher.password(site.home, user)}", "--email", f"{user}@localhost",
            "--firstname", user, "--lastname", role,
        )  # fmt: skip
