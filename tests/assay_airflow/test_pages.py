"""Reports in the browser: behind Airflow's login, and nothing but reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

PLACE = "flights/2013-02-11/abc"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports" / PLACE
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>the run</h1>")
    (folder / "drift_rows.parquet").write_bytes(b"PAR1")
    (folder / "notes.txt").write_text("no report")
    (folder / ".hidden.html").write_text("no report")
    people = tmp_path / "reports" / "people" / "2013" / "abc"
    people.mkdir(parents=True)
    (people / "report.html").write_text("<h1>people</h1>")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key.html").write_text("SECRET")
    (folder / "link.html").symlink_to(tmp_path / "secrets" / "key.html")
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def client(home: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The app, with a user who may read flights only."""
    from airflow.api_fastapi.core_api.security import get_user

    from assay_airflow.pages import reports

    monkeypatch.setattr(reports, "may_read", lambda user, dataset: dataset == "flights")
    app = reports.build()
    app.dependency_overrides[get_user] = lambda: "ann"
    return TestClient(app)


def test_a_report_is_served_whole_and_without_scripts(client: TestClient) -> None:
    answer = client.get(f"/{PLACE}/report.html")
    assert answer.status_code == 200
    assert answer.text == "<h1>the run</h1>"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/{PLACE}/drift_rows.parquet").content == b"PAR1"


@pytest.mark.parametrize(
    "path",
    [
        f"{PLACE}/notes.txt",
        f"{PLACE}/.hidden.html",
        f"{PLACE}/link.html",
        f"{PLACE}/missing.html",
        f"{PLACE}/../../../../secrets/key.html",
        f"{PLACE}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secrets/key.html",
        "flights/..%2f..%2fsecrets%2fkey.html",
        "flights//etc/passwd",
        f"{PLACE}/report.html%00.html",
        "flights/",
    ],
)
def test_nothing_else_of_the_home_is_served(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code in {403, 404}
    assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    "path", ["flights/../../secrets/key.html", "../secrets/key.html", "flights/a\\b.html", ""]
)
def test_a_path_is_plain_names_below_the_zone(home: Path, path: str) -> None:
    from assay_airflow.pages.reports import find_report

    assert find_report(home / "reports", path) is None


def test_a_reader_sees_only_the_data_sets_that_airflow_lets_them(client: TestClient) -> None:
    assert client.get("/people/2013/abc/report.html").status_code == 403
    index = client.get("/")
    assert index.status_code == 200
    assert f'href="{PLACE}/report.html"' in index.text
    assert "people" not in index.text


def test_who_hasnt_logged_in_is_sent_to_airflows_login(home: Path) -> None:
    from airflow.api_fastapi.app import create_auth_manager

    from assay_airflow.pages import reports

    create_auth_manager()
    client = TestClient(reports.build(), follow_redirects=False)
    for path in ("/", f"/{PLACE}/report.html"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert "/auth/login" in answer.headers["location"]
        assert "the run" not in answer.text


def test_the_plugin_builds_no_app_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process of Airflow loads it: what it imports then must be light."""
    import subprocess
    import sys

    code = (
        "import sys; sys.path[:0] = ['plugins']; import assay_plugin; "
        "assert not {'fastapi', 'ibis', 'assay.stages', 'assay_airflow.pages.reports'} "
        "& (set(sys.modules) - before), sorted(sys.modules)"
    )
    first = "import sys; import airflow.plugins_manager; before = set(sys.modules); "
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", first + code], cwd=root, env=dict(os.environ), check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_report_has_an_address_where_airflow_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from assay_airflow.links import ReportLink, report_url

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/")
    report = f"reports/{PLACE}/report.html"
    url = report_url(report)
    assert url == f"https://airflow.example.org/assay/{report}"
    assert report_url(None) is None
    assert report_url("work/secret.json") is None

    class Told:
        report_url = url

    operator: Any = Told()
    assert ReportLink().get_link(operator, ti_key=None) == url
    assert ReportLink().get_link(object(), ti_key=None) == ""


@pytest.mark.parametrize("page", ["reports", "incidents"])
def test_a_page_makes_nothing(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    from assay_airflow.pages import incidents, reports

    def may(*_: Any) -> bool:
        return True

    module = {"reports": reports, "incidents": incidents}[page]
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(module, "may_read", may)
    monkeypatch.setattr(incidents, "may_answer", may)
    app = module.build()
    app.dependency_overrides[get_user] = lambda: "ann"
    assert TestClient(app).get("/").status_code == 200
    assert list(tmp_path.iterdir()) == []
