"""Machines that share services only, and a PostgreSQL that may be broken."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import journey
import psycopg2

from assay.project import Project
from assay.stages import Office

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Host:
    """A machine: a home of its own, and the services that it shares."""

    project: Path
    home: Path
    services: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"ASSAY_PROJECT": str(self.project), "ASSAY_HOME": str(self.home), "TZ": "UTC"}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASSAY_", "AWS_"))}
        return {**kept, **own, **self.services}

    def drop(self, dataset: str, batch: str, text: str) -> None:
        journey.mini.Train(self.project, self.home).drop(dataset, batch, text)

    def start(self, dataset: str, batches: str, run_id: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(HERE / "host.py"), dataset, batches, run_id]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, dataset: str, batches: str, run_id: str) -> str:
        return end(self.start(dataset, batches, run_id))

    def assay(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "assay"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )

    def office(self) -> Office:
        names = {"registry_key": "ASSAY_REGISTRY_KEY", "pseudonym_key": "ASSAY_PSEUDONYM_KEY"}
        keys = {k: self.services[v] for k, v in names.items() if v in self.services}
        project = Project.from_environment(self.environment)
        return Office(project, clock=lambda: datetime.now(UTC), secrets=keys)


def end(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err[-4000:]
    return out + err


class Cluster:
    """A PostgreSQL of our own on a free port, which may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._do("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--pgdata=data")
        self.start()

    def _do(self, *words: str) -> None:
        more: dict[str, Any] = {"user": self._user} if self._user else {}
        done = subprocess.run(
            words, cwd=self.folder, capture_output=True, check=False, timeout=120, **more
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        # With its output in a file, or the server keeps our pipe open.
        self._do(
            "pg_ctl", "start", "--wait", "--pgdata=data", "--log=log", "-o", options,
        )  # fmt: skip

    def stop(self, mode: str) -> None:
        self._do("pg_ctl", "stop", f"--mode={mode}", "--pgdata=data")

    def restart(self) -> None:
        """Without a word to its clients, as after a crash."""
        self.stop("immediate")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://postgres@127.0.0.1:{self.port}"

    def database(self) -> str:
        name = f"catalog_{secrets.token_hex(4)}"
        server = psycopg2.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres")
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        server.close()
        return f"{self.url}/{name}"
