"""Airflow loads the settings, they refuse what they should, and tasks start from warm forks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay import launcher, stages

_GOOD = """
'''A manual.'''
from airflow.sdk import DAG, task
with DAG({name!r}, schedule=None, doc_md={manual}, tags={tags}, default_args={defaults}):
    @task
    def work(): pass
    work()
"""
_CASES: dict[str, dict[str, Any]] = {
    "good": {},
    "good_dataset": {"tags": ["assay", "dataset:flights", "owner:ops"]},
    "no_owner": {"defaults": {}},
    "no_manual": {"manual": None},
    "no_tags": {"tags": []},
    "odd_tag": {"tags": ["assay", "misc"]},
}
_PARSE = """
import json, sys
from airflow import settings
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1], collect_dags=True)
hooks = settings.get_policy_plugin_manager().hook.dag_policy.get_hookimpls()
print(json.dumps({
    "loaded": [h.plugin.__name__ for h in hooks if hasattr(h.plugin, "__name__")],
    "file": sys.modules["airflow_local_settings"].__file__,
    "dags": sorted(bag.dag_ids),
    "errors": {k.rsplit("/", 1)[-1]: v for k, v in bag.import_errors.items()},
}))
"""
_STAGES = [
    f"assay.stages.{subject}.{path.stem}"
    for subject in ("run", "incidents", "upkeep")
    for path in sorted((Path(stages.__path__[0]) / subject).glob("_[a-z]*.py"))
]
_WARM = (
    *("ibis.backends.duckdb", "pyarrow.parquet", "pandas", "scipy.stats"),
    *_STAGES,
)
_OF_MODELS = ("sklearn.ensemble", "skops.io")
_LOOKED_FOR = (*_WARM, *_OF_MODELS, "great_expectations", "dvc")
_IMPORT = """
import json, os, sys
wanted, sys.argv = json.loads(sys.argv[1])
import airflow_local_settings, threading
print(json.dumps({
    "modules": [m for m in wanted if m in sys.modules],
    "threads": len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task")
               else threading.active_count(),
}))
"""


def _python(home: Path, code: str, argument: str, **environ: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, argument],
        env=launcher.environment(home) | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow makes of a folder of DAGs, good and bad."""
    folder = tmp_path_factory.mktemp("dags")
    for name, changes in _CASES.items():
        fields = {"manual": "__doc__", "tags": ["assay"], "defaults": {"owner": "data"}, **changes}
        (folder / f"{name}.py").write_text(_GOOD.format(name=name, **fields))
    return _python(tmp_path_factory.mktemp("home"), _PARSE, str(folder))


def test_airflow_loads_the_settings_of_the_project(parsed: dict[str, Any]) -> None:
    assert Path(parsed["file"]) == launcher.project_root() / "config" / "airflow_local_settings.py"


def test_a_dag_with_owner_manual_and_known_tags_is_let_through(parsed: dict[str, Any]) -> None:
    assert parsed["dags"] == ["good", "good_dataset"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("no_owner", "no owner on work"),
        ("no_manual", "no manual"),
        ("no_tags", "no tags"),
        ("odd_tag", "unknown tags ['misc']"),
    ],
)
def test_another_is_refused_with_the_reason(parsed: dict[str, Any], case: str, said: str) -> None:
    assert said in parsed["errors"][f"{case}.py"]


@pytest.mark.parametrize("command", [["scheduler"], ["celery", "worker", "-q", "default"]])
def test_tasks_are_forked_from_a_process_with_the_engine_and_no_thread(
    tmp_path: Path, command: list[str]
) -> None:
    found = _python(tmp_path, _IMPORT, json.dumps([_LOOKED_FOR, ["airflow", *command]]))
    assert found == {"modules": [*_WARM, *_OF_MODELS], "threads": 1}


def test_a_project_without_models_needs_no_estimators(tmp_path: Path) -> None:
    asked = json.dumps([_OF_MODELS, ["airflow", "scheduler"]])
    found = _python(tmp_path, _IMPORT, asked, ASSAY_PROJECT=str(tmp_path))
    assert found == {"modules": [], "threads": 1}


@pytest.mark.parametrize(
    "command", [["api-server"], ["dag-processor"], ["triggerer"], ["celery", "flower"], []]
)
def test_other_processes_stay_light(tmp_path: Path, command: list[str]) -> None:
    found = _python(tmp_path, _IMPORT, json.dumps([_LOOKED_FOR, ["airflow", *command]]))
    assert found == {"modules": [], "threads": 1}
