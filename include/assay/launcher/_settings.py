"""Settings of the embedded Airflow, as environment variables made from a home."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from assay.errors import AssayError
from assay.keys import secret_file
from assay.launcher._home import Places, project_root
from assay.launcher._ports import Ports

USERS = {"admin": "admin", "reviewer": "op"}
"""User name → role. A second user is there to approve what the first one asks for."""


def environment(home: Path | str, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build the environment of this home's Airflow, for its processes and for commands.

    Keys and passwords are made on the first call. The ports are those of the last start; none are
    set if it was never started.

    Parameters
    ----------
    home : Path or str
        ``ASSAY_HOME``.
    outer : mapping, optional
        The environment to start from, that of this process by default. Its settings are kept (for
        example another database), except those that only the launcher knows: folders, ports, users
        and keys.

    Returns
    -------
    dict of str to str
        A whole environment with secrets: pass it to a process, never print it.

    Raises
    ------
    AssayError
        If the project's folder can't be found.
    """
    base = dict(os.environ if outer is None else outer)
    places, root = Places.below(home), project_root(base)
    places.make()
    if not places.config.exists():  # Airflow would write one with keys of its own
        places.config.touch(mode=0o600)
    own = _folders(places, root, base) | _keys(places) | _users(places) | _urls(places)
    return {**_defaults(places), **_events(base), **base, **own}


def password(home: Path | str, user: str = "admin") -> str:
    """Read the generated password of a user of the UI."""
    known = _passwords(Places.below(home))
    if user not in known:
        raise AssayError("no such user", got=user, expected="one of: " + ", ".join(known))
    return known[user]


def _defaults(places: Places) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # A task is a fork of the scheduler, which has imported the engine's modules.
        "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{places.airflow / 'airflow.db'}",
        "AIRFLOW__API__INSTANCE_NAME": "Assay",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        # Tasks of a killed scheduler are adopted within half a minute, not five minutes.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        # A slot is free again within a second after its task ends: its supervisor may notice the
        # end only at the next heartbeat, by default after five seconds.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "GX_ANALYTICS_ENABLED": "false",
        "DVC_NO_ANALYTICS": "1",
    }


def _events(base: Mapping[str, str]) -> dict[str, str]:
    """How Airflow's OpenLineage provider works where it is installed and events go somewhere."""
    if find_spec("openlineage") is None:
        return {}
    place = base.get("ASSAY_OPENLINEAGE", "file")
    if place in {"", "off"}:
        return {"AIRFLOW__OPENLINEAGE__DISABLED": "True"}
    kept = {"emit_task_events": True, "include_source_code": False, "hook_lineage": False}
    return {
        "ASSAY_OPENLINEAGE": place,
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "assay_airflow.openlineage.EventTransport"}
        ),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": base.get("ASSAY_OPENLINEAGE_NAMESPACE") or "assay",
        # A thread that is abandoned after so many seconds: a task never waits longer for an event.
        "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True",
        "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "5",
        # Events of tasks alone: those of whole runs would need another process in the scheduler.
        "AIRFLOW__OPENLINEAGE__EMISSION_POLICY": json.dumps([
            {"scope": {}, "controls": {"emit": False}},
            {"scope": {"dag_id": "(release|train|score|feedback)__.+"}, "match_mode": "regex",
             "controls": kept},
        ]),
    }  # fmt: skip


def _folders(places: Places, root: Path, base: Mapping[str, str]) -> dict[str, str]:
    # Airflow finds airflow_local_settings.py in $AIRFLOW_HOME/config or on the path.
    ours = [str(root / "include"), str(root / "config")]
    theirs = [p for p in base.get("PYTHONPATH", "").split(os.pathsep) if p and p not in ours]
    local = [h for h in base.get("NO_PROXY", base.get("no_proxy", "")).split(",") if h]
    no_proxy = ",".join(dict.fromkeys([*local, "127.0.0.1", "localhost"]))
    return {
        "ASSAY_HOME": str(places.home),
        "ASSAY_PROJECT": str(root),
        "AIRFLOW_HOME": str(places.airflow),
        "AIRFLOW_CONFIG": str(places.config),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(places.lake.path("logs", "airflow")),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            places.lake.path("logs", "parsing")
        ),
        "DVC_SITE_CACHE_DIR": str(places.lake.path("cache", "dvc")),
        "PYTHONPATH": os.pathsep.join([*ours, *theirs]),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _urls(places: Places) -> dict[str, str]:
    ports = Ports.load(places.record)
    if ports is None:
        return {}
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ports.api),
        "AIRFLOW__API__BASE_URL": ports.url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{ports.url}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports.scheduler_logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports.triggerer_logs),
    }


def _users(places: Places) -> dict[str, str]:
    _passwords(places)
    manager = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": manager,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{u}:{r}" for u, r in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(places.passwords),
    }


def _passwords(places: Places) -> dict[str, str]:
    made = {user: secrets.token_urlsafe(12) for user in USERS}
    return _stored(places, places.passwords.name, made)


def _keys(places: Places) -> dict[str, str]:
    made = {
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }
    return _stored(places, "airflow.json", made)


def _stored(places: Places, name: str, made: dict[str, str]) -> dict[str, str]:
    """Values of a secret file, which are these if it isn't there yet."""
    content = secret_file(places.lake, name, new=json.dumps(made).encode())
    values: dict[str, str] = json.loads(content)
    return values
