"""The environment of a home's processes."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from assay import launcher
from assay.errors import AssayError

_SECRETS = (
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
)


def _made(home: str) -> tuple[str, ...]:
    env = launcher.environment(home, {})
    return (*(env[name] for name in _SECRETS), launcher.password(home, "reviewer"))


def test_everything_lies_below_the_home(tmp_path: Path) -> None:
    env = launcher.environment(tmp_path, {})
    root = launcher.project_root({})
    assert env["ASSAY_HOME"] == str(tmp_path)
    assert env["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith(f"sqlite:///{tmp_path}/airflow/")
    assert Path(env["DVC_SITE_CACHE_DIR"]).is_relative_to(tmp_path)
    assert env["AIRFLOW__CORE__DAGS_FOLDER"] == str(root / "dags")
    assert env["PYTHONPATH"].split(os.pathsep) == [str(root / "include"), str(root / "config")]
    assert env["GX_ANALYTICS_ENABLED"] == "false"
    assert env["DVC_NO_ANALYTICS"] == "1"


def test_keys_and_passwords_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first, second = launcher.environment(tmp_path, {}), launcher.environment(tmp_path, {})
    assert first == second
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    files = list((tmp_path / "secrets").iterdir())
    assert {f.name for f in files} == {"airflow.json", "airflow_passwords.json"}
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert launcher.password(tmp_path) != launcher.password(tmp_path, "reviewer")


def test_processes_that_race_for_the_first_call_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(max_workers=4) as pool:
        assert len(set(pool.map(_made, [str(tmp_path)] * 12))) == 1


def test_a_database_and_a_setting_of_the_outer_environment_are_kept(tmp_path: Path) -> None:
    outer = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://u:p@localhost/x",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW_HOME": "/elsewhere",
        "PYTHONPATH": "/mine",
        "NO_PROXY": "example.org",
    }
    env = launcher.environment(tmp_path, outer)
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg2://u:p@localhost/x"
    assert env["AIRFLOW__CORE__PARALLELISM"] == "2"
    assert env["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert env["PYTHONPATH"].endswith(f"{os.pathsep}/mine")
    assert env["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_addresses_are_those_of_the_record(tmp_path: Path) -> None:
    assert "AIRFLOW__API__BASE_URL" not in launcher.environment(tmp_path, {})
    ports = {"api": 1234, "scheduler_logs": 1235, "triggerer_logs": 1236}
    record = tmp_path / "airflow" / "launcher.json"
    record.write_text(json.dumps({"ports": ports, "processes": []}))
    env = launcher.environment(tmp_path, {})
    assert env["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:1234"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:1234/execution/"
    assert env["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] == "1235"
    assert env["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] == "1236"


def test_a_second_person_exists(tmp_path: Path) -> None:
    env = launcher.environment(tmp_path, {})
    assert env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin,reviewer:op"
    with pytest.raises(AssayError, match="admin, reviewer"):
        launcher.password(tmp_path, "nobody")


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    with pytest.raises(AssayError, match="ASSAY_PROJECT"):
        launcher.project_root({"ASSAY_PROJECT": str(tmp_path)})


def test_a_home_that_never_started_is_not_running(tmp_path: Path) -> None:
    embedded = launcher.status(tmp_path)
    assert not embedded.running
    assert not embedded.healthy
    assert embedded.url is None
    assert not launcher.down(tmp_path)
