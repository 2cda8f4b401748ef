"""Hosts that share services only, and services of our own that may be broken."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

sys.path.insert(0, str(Path(__file__).parent))
import journey
from hosts import Host
from own_servers import Cluster, own_cluster


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """An object store on loopback, as the environment of its clients."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    boto3.client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], aws_access_key_id="testing",
        aws_secret_access_key="testing", region_name="us-east-1",
    ).create_bucket(Bucket="assay")  # fmt: skip
    yield environment
    server.stop()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def services(s3: dict[str, str], cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    """Object store, Git server, PostgreSQL and secrets: all that hosts share."""
    git = tmp_path / "server" / "registry.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git)], check=True)
    return {
        **s3,
        "ASSAY_CATALOG_URL": cluster.database(),
        "ASSAY_REGISTRY_GIT": f"file://{git}",
        "ASSAY_REGISTRY_OBJECTS": f"s3://assay/{secrets.token_hex(4)}",
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
