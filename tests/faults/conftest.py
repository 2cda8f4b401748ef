"""Hosts that share services only, and services of our own that may be broken."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import journey
from hosts import Host
from own_servers import Cluster, own_cluster
from own_store import Store, own_store


@pytest.fixture(scope="session")
def s3() -> Iterator[Store]:
    """An object store on loopback."""
    with own_store() as store:
        yield store


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def services(s3: Store, cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    """Object store, Git server, PostgreSQL and secrets: all that hosts share."""
    git = tmp_path / "server" / "registry.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git)], check=True)
    return {
        **s3.environment,
        "ASSAY_CATALOG_URL": cluster.database(),
        "ASSAY_REGISTRY_GIT": f"file://{git}",
        "ASSAY_REGISTRY_OBJECTS": f"s3://{s3.bucket}/{secrets.token_hex(4)}",
        "ASSAY_REGISTRY_KEY": "ab" * 32,
        "ASSAY_PSEUDONYM_KEY": "v1:" + "cd" * 32,
    }


@pytest.fixture
def host(services: dict[str, str], tmp_path: Path) -> Any:
    """Make a host by name; the projects are equal, the homes have nothing in common."""

    def make(name: str, **more: str) -> Host:
        root = tmp_path / name
        journey.mini.write_project(root / "project")
        made = Host(root / "project", root / "home", {**services, **more})
        made.drop("sites", "2024", journey.mini.sites())
        for day in (*journey.mini.REFERENCE_DAYS, *(f"2024-02-{d:02}" for d in range(1, 11))):
            made.drop("visits", day, journey.mini.visits(day))
        return made

    return make
