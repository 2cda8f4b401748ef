"""What a run's version derives from: everything that can change one of its bytes."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from assay.engine import engine_version
from assay.policy.cleaning import CleaningPolicy
from assay.records.versions import Derivation
from assay.stages.run._run import Run

TRANSFORM: Final = 8
"""Version of the code that turns landed rows into released ones; raise it when bytes change."""


def derivation(run: Run, input_sha256: str | None = None) -> Derivation:
    """All that the run's version derives from; the fitted state follows from what is in it.

    Parameters
    ----------
    run : Run
    input_sha256 : str, optional
        The input that has just landed; by default the run's own.
    """
    key, pinned = run.services.key if run.contract.identifiers else None, run.spec.pinned
    return Derivation(
        input_sha256=input_sha256 or run.spec.input_sha or "",
        contract=run.contract.hash,
        suites={"raw": run.suite("raw").hash, "clean": run.suite("clean").hash},
        policies={name: policy.hash for name, policy in run.policies.items()},
        references={name: tuple(b.values()) for name, b in pinned.references.items()},
        tables={name: tuple(b.values()) for name, b in pinned.tables.items()},
        pseudonym_key=f"v{key.version}:{key.fingerprint}" if key else None,
        transform_version=_transform(run.policy(CleaningPolicy)),
    )


def _transform(cleaning: CleaningPolicy) -> str:
    """Our own version and those of the libraries that can change a byte."""
    installed = importlib.metadata.version
    needed = [f"{name} {installed(name)}" for name in cleaning.needed_libraries()]
    return ", ".join([str(TRANSFORM), engine_version(), *needed])
