"""The page of DAGs, from the files in ``dags/``: parsed in a process of their own, never run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from assay.errors import AssayError
from assay.project import Project
from docgen._markdown import GENERATED, code, table

_INTRO: Final = """\
DAG files are in `dags/`. Each has its manual, which Airflow shows beside the DAG. The tables show
what Airflow reads from the file. Every task has the retries and time-outs of
`plugins/assay_airflow/defaults.py`, unless its row says otherwise. `first` and `last` are batches,
where a DAG has them.

The examples use `airflow …`, as in an installation with an environment of its own. On the embedded
home write `assay airflow …`."""


def render_dags(project: Project) -> str:
    """The page ``include/docs/dags.md``."""
    files: dict[str, list[dict[str, Any]]] = {}
    for dag in _parse(project):
        files.setdefault(dag["file"], []).append(dag)
    lines = ["# DAGs", "", GENERATED, "", _INTRO]
    for name, dags in files.items():
        lines += ["", *_section(name, dags)]
    return "\n".join(lines) + "\n"


def _parse(project: Project) -> list[dict[str, Any]]:
    """Read each DAG as Airflow does, with an empty home and no service."""
    root = project.include.parent
    with tempfile.TemporaryDirectory(prefix="assay-dags-") as home:
        folders = [str(root / name) for name in ("include", "plugins", "config")]
        done = subprocess.run(
            [sys.executable, "-m", "docgen._read_dags", str(root / "dags")],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "ASSAY"))},
                "AIRFLOW_HOME": home,
                "ASSAY_HOME": home,
                "ASSAY_PROJECT": str(root),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
                "PYTHONPATH": os.pathsep.join(folders),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise AssayError(f"the DAG files don't parse:\n{done.stderr}", where=str(root / "dags"))
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _section(name: str, dags: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    first = dags[0]
    yield from (f"## {Path(name).stem}", "", f"File `dags/{name}`.", "", first["manual"], "")
    yield from table(
        ("DAG", "schedule", "first", "last", "runs at once", "owner"),
        [
            (code(d["id"]), d["schedule"], d["first"], d["last"] or "–", d["runs"], d["owner"])
            for d in dags
        ],
    )
    # The fullest form shows every parameter.
    fullest = max(dags, key=lambda d: len(json.dumps(d["parameters"])))
    if fullest["parameters"]:
        yield from ("", f"Parameters, as the form of `{fullest['id']}` shows them:", "")
        yield from table(
            ("parameter", "title", "type", "default", "meaning"),
            [
                (code(p["name"]), p["title"], p["type"],
                 code(p["default"]) if p["default"] else "**required**", p["help"])
                for p in fullest["parameters"]
            ],
        )  # fmt: skip
    yield from ("", "Tasks:", "")
    yield from table(
        ("task", "after", "runs when", "differs by", "what it does"),
        [
            (code(t["id"]), ", ".join(map(code, t["after"])) or "–", t["rule"],
             t["differs"] or "–", t["about"])
            for t in first["tasks"]
        ],
    )  # fmt: skip
