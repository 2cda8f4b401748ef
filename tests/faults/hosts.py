"""Machines that share services only."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import journey

from assay.project import Project
from assay.stages.services import Services

HERE = Path(__file__).parent


@dataclass
class Host:
    """A machine: a home of its own, and the services that it shares."""

    project: Path
    home: Path
    shared: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"ASSAY_PROJECT": str(self.project), "ASSAY_HOME": str(self.home), "TZ": "UTC"}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASSAY_", "AWS_"))}
        return {**kept, **own, **self.shared}

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

    def open_services(self) -> Services:
        names = {"registry_key": "ASSAY_REGISTRY_KEY", "pseudonym_key": "ASSAY_PSEUDONYM_KEY"}
        keys = {k: self.shared[v] for k, v in names.items() if v in self.shared}
        project = Project.from_environment(self.environment)
        return Services(project, clock=lambda: datetime.now(UTC), secrets=keys)


def end(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err[-4000:]
    return out + err
