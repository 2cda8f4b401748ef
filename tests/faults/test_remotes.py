"""A Git remote and an object store that refuse, hang, fail or are first: nothing is half done."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import journey
import pytest

from assay.errors import RegistryError
from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.services import Services
from assay.versioning import RegistryUnavailable

pytestmark = pytest.mark.timeout(1800)  # many share the machines of tests
DAY = journey.DAYS[0]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[journey.Site, dict[str, Any]]:
    """A site before a delivery, and the state after it where nothing disturbs."""
    root = tmp_path_factory.mktemp("remotes")
    before = journey.Site(root / "before")
    before.prepare()
    after = journey.Site(root / "after")
    shutil.copytree(before.root, after.root, symlinks=True)
    journey.deliver(after, 0)
    return before, journey.state_of(after)


@pytest.fixture
def site(prepared: Any, tmp_path: Path) -> journey.Site:
    copied = journey.Site(tmp_path / "site")
    shutil.copytree(prepared[0].root, copied.root, symlinks=True)
    return copied


def _hook(site: journey.Site, name: str, text: str) -> Path:
    path = site.home / "registry" / "git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("refused", ["Release", pytest.param("Commit", marks=pytest.mark.slow)])
def test_a_git_remote_that_refuses(site: journey.Site, prepared: Any, refused: str) -> None:
    """The server's own hook lets nothing of the kind in; then its owner mends it."""
    hook = _hook(
        site, "update",
        f"git log -1 --format=%s $3 | grep -q '^{refused}' && echo no >&2 && exit 1\nexit 0\n",
    )  # fmt: skip
    # Hooks of a repository that is pushed to in place are its own; ours are switched off.
    with pytest.raises(RegistryError, match="refuses the push"):
        journey.deliver(site, 0)
    services = site.train().services
    assert services.registry.pointer("visits").snapshot == 2
    assert site.train().batch("visits", DAY)["state"] == "running"

    hook.unlink()
    journey.deliver(site, 0, resume=True)
    assert journey.differences(journey.state_of(site), prepared[1]) == []


def test_a_git_remote_that_others_write_first(site: journey.Site, prepared: Any) -> None:
    """Three times another writer's commit is there before ours arrives."""
    _hook(
        site, "pre-receive",
        "unset GIT_QUARANTINE_PATH\n"
        "n=$(cat $GIT_DIR/lost 2>/dev/null || echo 0)\n"
        "[ $n -ge 3 ] && exit 0\n"
        "echo $((n + 1)) > $GIT_DIR/lost\n"
        "old=$(git rev-parse refs/heads/main)\n"
        "export GIT_AUTHOR_NAME=o GIT_AUTHOR_EMAIL=o GIT_COMMITTER_NAME=o GIT_COMMITTER_EMAIL=o\n"
        "new=$(git commit-tree -p $old -m Other $old^{tree})\n"
        "git update-ref refs/heads/main $new $old\n",
    )  # fmt: skip
    journey.deliver(site, 0)
    git = site.home / "registry" / "git"
    assert (git / "lost").read_text() == "3\n"
    assert journey.differences(journey.state_of(site), prepared[1]) == []


class Hanging:
    """A server that takes connections and never says a word."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self._held.append(self._socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()
        for one in self._held:
            one.close()


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    with closing(Hanging()) as server:
        yield server


def _elsewhere(site: journey.Site, git: str, objects: str) -> Services:
    from dataclasses import replace

    services = site.train().services
    key = (site.home / "secrets" / "registry.key").read_bytes().hex()
    project = replace(services.project, registry_git=git, registry_objects=objects)
    return Services(project, services.clock, {"registry_key": key})


def test_a_git_remote_that_hangs(
    site: journey.Site, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.versioning import _process

    monkeypatch.setattr(_process, "_TIMEOUT", 1)
    objects = str(site.home / "registry" / "objects")
    services = _elsewhere(site, f"git://127.0.0.1:{hanging.port}/registry.git", objects)
    with pytest.raises(RegistryUnavailable, match="didn't end in 1 s"):
        services.registry.pointer("visits")


class Failing(BaseHTTPRequestHandler):
    """An object store that gives every question the same bad answer."""

    status = 503

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Refusing(Failing):
    status = 403


class CutOff(Failing):
    """Hangs up in the middle of each answer."""

    def do_GET(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<")
        self.close_connection = True

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815


@pytest.fixture
def object_store(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of an object store of a kind."""
    if request.param is Hanging:
        with closing(Hanging()) as hanging:
            yield hanging.port
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), request.param)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "object_store", [Failing, Refusing, CutOff, Hanging], indirect=True, ids=lambda k: k.__name__
)
def test_an_object_store_without_an_answer(
    site: journey.Site, prepared: Any, object_store: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.versioning import _dvc

    monkeypatch.setattr(_dvc, "_READ_S", 2)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{object_store}",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "2",
    }.items():
        monkeypatch.setenv(name, value)
    train = site.train()
    train.drop("visits", DAY, journey.DELIVERIES[0][1])
    asked = stages.Asked(by="tester")
    run = stages.pin(train.services, "visits", DAY, "first-0", "manual", asked)
    for name in chain.names()[: chain.names().index(chain.COMMIT)]:
        run = stages.perform(run, name)

    git = str(site.home / "registry" / "git")
    elsewhere = _elsewhere(site, git, "s3://assay/objects")
    with pytest.raises(RegistryUnavailable, match="object store didn't answer"):
        stages.perform(stages.Run(elsewhere, run.spec, run.results), chain.COMMIT)
    assert len(site.train().services.registry.versions("visits")) == 2

    journey.deliver(site, 0)
    assert journey.differences(journey.state_of(site), prepared[1]) == []
