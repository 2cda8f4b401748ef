"""A PostgreSQL and a Redis of our own, which may be killed and started again."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def own_folder(*needed: str) -> Iterator[Path]:
    """A short-lived folder for a server; skips where its programs aren't installed."""
    missing = [name for name in needed if shutil.which(name) is None]
    if missing:
        _lacks(f"{' and '.join(missing)} not installed here")
    folder = Path(tempfile.mkdtemp(prefix="assay-server-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _lacks(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL, ended at the end."""
    with own_folder("initdb", "pg_ctl") as folder:
        if os.getuid() == 0 and "postgres" not in {user.pw_name for user in pwd.getpwall()}:
            _lacks("PostgreSQL doesn't run as root, and there is no user postgres")
        cluster = Cluster(folder)
        yield cluster
        cluster.stop("immediate")


@contextmanager
def own_redis() -> Iterator[RedisServer]:
    """A Redis, ended at the end."""
    with own_folder("redis-server") as folder:
        server = RedisServer(folder)
        yield server
        server.kill()


class RedisServer:
    """A Redis that keeps nothing, on a free port of loopback."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *words, "--dir", str(self._folder)], stdout=log, stderr=log
            )
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        else:
            pytest.fail((self._folder / "log").read_text())
        client.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Without a word to its clients, and without what it held."""
        self.kill()
        self.start()


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
