"""What Airflow makes of the DAG folder, in a process of its own, over any project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay import launcher

_PARSE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable

def described(dag):
    return {
        "owners": sorted({t.owner for t in dag.tasks}),
        "tags": sorted(dag.tags),
        "manual": dag.doc_md or "",
        "schedule": type(decode_timetable(encode_timetable(dag.timetable))).__name__,
        "end": str(dag.end_date or ""),
        "params": {
            name: {**param.schema, "description": param.description}
            for name in dag.params
            for param in [dag.params.get_param(name)]
        },
        "tasks": {
            t.task_id: {
                "downstream": sorted(t.downstream_task_ids),
                "trigger_rule": str(getattr(t.trigger_rule, "value", t.trigger_rule)),
                "retries": t.retries,
                "retry_policy": type(t.retry_policy).__name__,
                "timeout": t.execution_timeout and t.execution_timeout.total_seconds(),
                "response_timeout": getattr(t, "response_timeout", None) is not None,
                "error": getattr(t, "error", ""),
            }
            for t in dag.tasks
        },
    }

began = time.monotonic()
bag = DagBag(sys.argv[1], collect_dags=True)
print(json.dumps({
    "seconds": time.monotonic() - began,
    "dags": {dag_id: described(dag) for dag_id, dag in bag.dags.items()},
    "errors": {k.rsplit("/", 1)[-1]: v for k, v in bag.import_errors.items()},
    "modules": sorted(sys.modules),
}))
"""


@pytest.fixture(scope="session")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, Any]]:
    """Parse the DAGs of a project as Airflow's dag-processor does."""

    def parse(project: Path) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("home")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ASSAY_PROJECT", str(project))
            env = launcher.environment(home)
        # Airflow stops at 30 s, which many processes on one machine can make of two.
        env["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "600"
        done = subprocess.run(
            [sys.executable, "-c", _PARSE, str(project / "dags")],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return parse


@pytest.fixture(scope="session")
def lay_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Make a project whose contracts and policies may be changed, with the shipped ones in it."""

    def lay() -> Path:
        real, project = launcher.project_root(), tmp_path_factory.mktemp("project")
        for folder in ("config", "dags", "plugins"):
            (project / folder).symlink_to(real / folder)
        (project / "include").mkdir()
        (project / "include" / "assay").symlink_to(real / "include" / "assay")
        for folder in ("contracts", "suites", "policies", "models"):
            shutil.copytree(real / "include" / folder, project / "include" / folder)
        return project

    return lay
