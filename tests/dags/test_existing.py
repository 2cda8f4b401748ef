"""Assay beside the DAGs and plugins of an Airflow that is there already, as its page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from assay.launcher import project_root

PAGE = project_root() / "include" / "docs" / "production.md"
_OWN = """
from airflow.sdk import DAG, task
with DAG("theirs", schedule=None):
    @task
    def work(): pass
    work()
"""
_LOOK = """
import json
from airflow import settings
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import get_fastapi_plugins
bag = DagBag(settings.DAGS_FOLDER)
print(json.dumps({
    "dags": sorted(bag.dag_ids),
    "errors": bag.import_errors,
    "apps": sorted(app["name"] for app in get_fastapi_plugins()[0]),
}))
"""


def test_assay_joins_an_airflow_that_is_there(tmp_path: Path) -> None:
    dags, plugins = tmp_path / "dags", tmp_path / "plugins"
    dags.mkdir()
    plugins.mkdir()
    (dags / "theirs.py").write_text(_OWN)
    outer = {
        k: v for k, v in os.environ.items()
        if not k.startswith(("AIRFLOW", "ASSAY_")) and k != "PYTHONPATH"
    }  # fmt: skip
    environment = {
        **outer,
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "ASSAY_PROJECT": str(project_root()),
        "ASSAY_HOME": str(tmp_path / "home"),
    }
    page = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- existing -->\n```bash\n(.*?)```", page, re.DOTALL)
    install, commands = block.split("\n", 1)
    assert install == 'pip install "$ASSAY_PROJECT"', "the tests run where that is done"
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], env=environment, check=True)

    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOOK], env=environment, cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert {"theirs", "alerts", "retention__sweep", "release__flights"} <= set(found["dags"])
    assert found["apps"] == ["Assay"]
