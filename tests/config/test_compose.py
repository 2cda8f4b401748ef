"""The compose file and the image say what Airflow and Assay understand."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay import launcher

ROOT = Path(__file__).resolve().parents[2]
_STUDIO = "label-studio"
_OTHERS = {"postgres", "redis", _STUDIO}
_OPTIONAL = {
    "ASSAY_URL", "ASSAY_CONNECTIONS", "ASSAY_LOG_DAYS", "ASSAY_METADATA_DAYS",
    "ASSAY_LABEL_STUDIO_URL", "ASSAY_LABEL_STUDIO_TOKEN", "ASSAY_LABEL_STUDIO_PASSWORD",
}  # fmt: skip
_PARSER = """
import json, sys
from airflow.cli.cli_parser import get_parser
parser = get_parser()
for command in json.loads(sys.argv[1]):
    parser.parse_args(command)
print("understood")
"""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The parsed file; YAML resolves its anchors and merges."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
    return parsed


def _airflow(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {k: s for k, s in compose["services"].items() if k not in _OTHERS}


def _image() -> dict[str, str]:
    text = (ROOT / "Dockerfile").read_text()
    (block,) = re.findall(r"^ENV (.*?)\n\n", text, flags=re.DOTALL | re.MULTILINE)
    return dict(pair.split("=", 1) for pair in block.replace("\\\n", " ").split())


def test_it_fits_the_compose_specification() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"),
            str(ROOT / "docker-compose.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_of_airflow_is_there(compose: dict[str, Any]) -> None:
    processes = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert set(_airflow(compose)) == {*processes, "init", "janitor"}
    watched = {*processes, *_OTHERS}
    assert all("healthcheck" in compose["services"][name] for name in watched)


def test_every_command_is_one_of_airflows_own(compose: dict[str, Any], tmp_path: Path) -> None:
    commands = []
    for name, service in _airflow(compose).items():
        if name not in {"init", "janitor"}:
            commands.append(service["command"])
            continue
        script = service["command"][0].replace("\\\n", " ").replace("$$", "$")
        script = re.sub(r'"\$\(date [^)]*\)"', "2024-01-01T00:00:00+00:00", script)
        lines = [shlex.split(line) for line in script.splitlines()]
        commands += [line[1:] for line in lines if line[0] == "airflow"]
    assert len(commands) == 5 + 5 + 1
    env = launcher.environment(tmp_path)
    for key in ("AIRFLOW__CORE__AUTH_MANAGER", "AIRFLOW__CORE__EXECUTOR"):
        env[key] = compose["x-environment"][key]
    done = subprocess.run(
        [sys.executable, "-c", _PARSER, json.dumps(commands)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("understood\n"), done.stderr


def test_processes_share_settings_lake_and_logs(compose: dict[str, Any]) -> None:
    for name, service in _airflow(compose).items():
        assert compose["x-environment"].items() <= service["environment"].items(), name
        assert service["volumes"] == ["lake:/var/lib/assay", "logs:/opt/airflow/logs"]
        assert service["build"] == "."
    named = {v.split(":")[0] for s in compose["services"].values() for v in s.get("volumes", ())}
    assert named == set(compose["volumes"])


def test_killed_tasks_leave_no_orphans_and_a_worker_has_an_api_server(
    compose: dict[str, Any],
) -> None:
    services = _airflow(compose)
    assert all(service["init"] is True for service in services.values())
    waits = services["worker"]["depends_on"]
    assert waits["api-server"] == {"condition": "service_healthy"}
    for service in services.values():
        if service["restart"] != "no":
            done = {"condition": "service_completed_successfully"}
            assert service["depends_on"]["init"] == done


def test_every_database_is_reached_by_one_driver(compose: dict[str, Any]) -> None:
    urls = [v for v in compose["x-environment"].values() if "@postgres/" in v]
    assert len(urls) == 3
    assert {url.split("://")[0].removeprefix("db+") for url in urls} == {"postgresql+psycopg2"}


def test_services_wait_for_services_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            assert other in services
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other]


def test_every_secret_is_required_and_none_is_written_down(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yaml").read_text()
    names = re.findall(r"\$\{(\w+)(:[?-])?", text)
    assert {name for name, how in names if how != ":?"} == _OPTIONAL
    values = {**compose["x-environment"]}
    for name, service in compose["services"].items():
        if name != _STUDIO:
            values.update(service["environment"])
    for name, value in values.items():
        if re.search(r"KEY|SECRET|PASSWORD|CONN|BROKER_URL|BACKEND|CATALOG", name):
            assert ":?" in value or value == "${ASSAY_CONNECTIONS:-}", name


def test_no_process_is_root_or_prints_without_bounds(compose: dict[str, Any]) -> None:
    text = (ROOT / "Dockerfile").read_text()
    user = re.findall(r"^USER (\S+)$", text, re.M)[-1]
    assert f"useradd --create-home --uid 50000 {user}" in text
    for name, service in compose["services"].items():
        assert not {"user", "privileged", "cap_add"} & set(service), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


def test_the_image_finds_library_and_settings(compose: dict[str, Any]) -> None:
    image = _image()
    assert image["PYTHONPATH"].split(":") == ["/opt/assay/include", "/opt/assay/config"]
    assert image["ASSAY_PROJECT"] == "/opt/assay"
    assert image["ASSAY_HOME"] == "/var/lib/assay"
    copied = re.findall(r"^COPY (?:--\S+ )?(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    sources = {source for line in copied for source in line.split()}
    assert {"include", "config", "plugins", "dags", "requirements.txt"} <= sources
    assert sources - {"README.md"} <= {p.name for p in ROOT.iterdir()}


def test_the_image_has_what_the_launcher_tells_the_embedded_processes(tmp_path: Path) -> None:
    image, embedded = _image(), launcher.environment(tmp_path, {})
    for name in ("GX_ANALYTICS_ENABLED", "DVC_NO_ANALYTICS", "AIRFLOW__CORE__LOAD_EXAMPLES"):
        assert image[name] == embedded[name]


def test_label_studio_is_there_on_request_and_starts_with_nothing_but_its_secrets(
    compose: dict[str, Any],
) -> None:
    """Its secrets can't be required by Compose, which reads services of other profiles too."""
    studio = compose["services"][_STUDIO]
    assert studio["profiles"] == ["labelling"]
    assert studio["ports"] == ["127.0.0.1:8085:8080"]
    given = {**studio["environment"], "PATH": "/usr/bin:/bin"}
    script = studio["command"][0].replace("$$", "$").replace("label-studio ", "echo ")
    for name in ("LABEL_STUDIO_PASSWORD", "LABEL_STUDIO_USER_TOKEN"):
        done = _said(studio, script, {**given, name: ""})
        assert (done.returncode, done.stdout) == (2, ""), name
    done = _said(studio, script, given)
    assert done.stdout.splitlines() == [
        "init assay --no-browser", "start --no-browser --internal-host 0.0.0.0 --port 8080",
    ]  # fmt: skip


def _said(
    service: dict[str, Any], script: str, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*service["entrypoint"], script], env=environ, capture_output=True, text=True, check=False
    )


def test_label_studio_is_installed_by_the_pins_and_has_a_database_of_its_own(
    compose: dict[str, Any],
) -> None:
    studio, postgres = compose["services"][_STUDIO], compose["services"]["postgres"]
    (pins,) = re.findall(r"COPY (\S+)", studio["build"]["dockerfile_inline"])
    assert "label-studio==" in (ROOT / pins).read_text()
    environ = studio["environment"]
    assert f"CREATE DATABASE {environ['POSTGRE_NAME']};" in compose["configs"]["catalog"]["content"]
    server = postgres["environment"]
    assert (environ["POSTGRE_USER"], environ["POSTGRE_PASSWORD"]) == (
        server["POSTGRES_USER"], server["POSTGRES_PASSWORD"],
    )  # fmt: skip
