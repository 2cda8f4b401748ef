"""What the page on production says: back up, destroy, restore, verify; and move elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

PAGE = Path(__file__).resolve().parents[3] / "include" / "docs" / "production.md"
DAY = "2024-01-03"


def block(name: str) -> str:
    """The commands that stand behind a mark on the page."""
    (found,) = re.findall(
        rf"<!-- {name} -->\n```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    return str(found)


def follow(name: str, train: Any, **environment: str) -> str:
    """Do what the page says, as a person would in a shell; what was printed."""
    own = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(train.home.parent),
        "ASSAY_PROJECT": str(train.project),
        "ASSAY_HOME": str(train.home),
        "COLUMNS": "200",
    }
    aws = {k: v for k, v in os.environ.items() if k.startswith("AWS_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block(name)],
        env=own | aws | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("catalog", [True, False])
def test_a_home_that_was_destroyed_comes_back(
    ready: Any, mini: Any, tmp_path: Path, catalog: bool
) -> None:
    before = ready.contents()
    verdicts = _verdicts(ready)
    backup = tmp_path / "backup"
    follow("backup", ready, BACKUP=str(backup))
    shutil.rmtree(ready.home)
    if not catalog:
        (backup / "data" / "catalog.db").unlink()

    printed = follow("restore", ready, BACKUP=str(backup))

    assert "visits" in printed
    assert ready.contents() == before
    assert _verdicts(ready) == verdicts
    assert (ready.home / "secrets").stat().st_mode & 0o777 == 0o700
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"


def _verdicts(train: Any) -> dict[str, list[tuple[str, str]]]:
    catalog = train.services.catalog
    return {
        f"{dataset} {batch}": sorted(
            (v.verdict.gate, v.verdict.outcome.value)
            for v in catalog.verdicts.find(dataset, batch, version)
        )
        for dataset in ("sites", "visits")
        for batch, version in catalog.versions.find(dataset)
    }


def test_the_registry_moves_to_s3_and_a_git_server(ready: Any, bucket: str, tmp_path: Path) -> None:
    git = tmp_path / "server.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(git)], check=True)
    printed = follow("move", ready, GIT_URL=f"file://{git}", OBJECTS_URL=f"s3://{bucket}/objects")
    assert printed
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    store = ready.home / "registry" / "objects" / "files" / "md5"
    assert len(listed) == sum(p.is_file() for p in store.rglob("*"))
