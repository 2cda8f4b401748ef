"""Airflow's own command on the home of the project."""

from __future__ import annotations

from pathlib import Path

from assay.cli._main import run


def test_it_runs_on_the_project_that_the_shell_stands_in(tmp_path, monkeypatch, capfd):
    for name in ("include/contracts", "dags", "plugins", "config"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.delenv("ASSAY_HOME", raising=False)
    # Set and taken away again, so that what the command sets doesn't outlive this test.
    monkeypatch.setenv("ASSAY_PROJECT", "")
    monkeypatch.delenv("ASSAY_PROJECT")
    monkeypatch.chdir(tmp_path)
    assert run(["airflow", "config", "get-value", "core", "dags_folder"]) == 0
    assert capfd.readouterr().out.strip() == str(tmp_path / "dags")


def test_what_airflow_refuses_is_an_error_and_no_judged_fail(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSAY_PROJECT", str(Path(__file__).parents[3]))
    assert run(["airflow", "nope"]) == 2
    assert "nope" in capfd.readouterr().err
