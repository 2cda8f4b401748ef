import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.records.versions import BatchVersion, Derivation, Snapshot
from assay.versioning import Disposal, Registry, RegistryConfig, embedded

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
KEY = bytes(range(32))
DISPOSAL = Disposal(plan="0" * 64, at=AT, until=lambda _: AT + timedelta(days=30))


@dataclass
class Bench:
    """A registry, and short ways to put something in it."""

    config: RegistryConfig
    folder: Path

    @property
    def registry(self) -> Registry:
        return Registry(self.config)

    def elsewhere(self, name: str) -> "Bench":
        """The same registry, seen from another machine."""
        return Bench(replace(self.config, scratch=self.folder / f"scratch-{name}"), self.folder)

    def derivation(self, batch: str, code: str = "1") -> Derivation:
        return Derivation(
            input_sha256=f"input of {batch}",
            contract="c0ffee",
            suites={"raw": "r", "clean": "c"},
            references={"pinned": ("a" * 32,)},
            transform_version=code,
        )

    def file(self, batch: str, code: str = "1", body: bytes = b"rows") -> Path:
        registry = self.registry
        version = registry.version_id("flights", batch, self.derivation(batch, code))
        nonce = registry.nonce(version, "data").encode()
        path = self.folder / f"candidate-{batch}-{code}.parquet"
        content = b"PAR1 " + nonce + b" " + body + batch.encode()
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        return path

    def commit(self, batch: str, code: str = "1", body: bytes = b"rows") -> BatchVersion:
        return self.registry.commit(
            "flights",
            batch,
            self.derivation(batch, code),
            {"data": self.file(batch, code, body)},
            at=AT,
            counts={"rows_in": 10, "rows_quarantined": 2},
        )

    def release(self, batch: str, version: str, *, forced: bool = False) -> Snapshot:
        return self.registry.release(
            "flights", batch, version, reason="passed", author="assay", at=AT, forced=forced
        )

    def both(self, batch: str, code: str = "1") -> Snapshot:
        return self.release(batch, self.commit(batch, code).version)

    def git(self, *arguments: str) -> str:
        command = ["git", "--git-dir", self.config.git_remote.removeprefix("file://"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[[str], Bench]:
    def make(name: str) -> Bench:
        folder = tmp_path / name
        (folder / "secrets").mkdir(parents=True)
        (folder / "secrets" / "registry.key").write_bytes(KEY)
        (folder / "secrets" / "registry.key").chmod(0o600)
        return Bench(embedded(folder), folder)

    return make


@pytest.fixture
def bench(make_bench: Callable[[str], Bench]) -> Bench:
    return make_bench("home")
