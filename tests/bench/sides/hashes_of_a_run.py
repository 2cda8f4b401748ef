"""One run of a batch in one warm process; prints its seconds, and those that hashing took."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.engine import _writer
from assay.stages import artefacts

DAY = "2024-01-03"
_MINI = Path(__file__).parents[2] / "support" / "mini_project.py"


def main() -> None:
    """Release the references, then time a batch of so many rows."""
    spec = importlib.util.spec_from_file_location("mini_project", _MINI)
    assert spec
    assert spec.loader
    mini = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = mini
    spec.loader.exec_module(mini)
    with tempfile.TemporaryDirectory() as folder:
        project = mini.write_project(Path(folder) / "project")
        _let_in(project / "include" / "contracts" / "visits.odcs.yaml")
        train = mini.Train(project, Path(folder) / "home")
        train.drop("sites", "2024", mini.sites())
        train.run("sites", "2024")
        for day in mini.REFERENCE_DAYS:
            train.drop("visits", day, mini.visits(day))
            train.run("visits", day)
        train.drop("visits", DAY, mini.visits(DAY, rows=int(sys.argv[1])))
        spent = {"when written": 0.0, "when read": 0.0}
        _time(_writer, spent, "when written")
        _time(artefacts, spent, "when read")
        began = time.perf_counter()
        done = train.run("visits", DAY, stop_before_release=True, force=True, reason="bench")
        spent["run"] = time.perf_counter() - began
        if "commit" not in done:
            raise SystemExit(f"the run ended early: {[r.reasons for r in done.values()]}")
        print(json.dumps(spent))


def _let_in(contract: Path) -> None:
    """Allow files of any size that a benchmark may have."""
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("value: 50000000", "value: 50000000000"), encoding="utf-8")


def _time(module: Any, spent: dict[str, float], name: str) -> None:
    """Add up the seconds that a module spends on digests of files."""
    digest: Callable[[Path], str] = module.digest

    def timed(path: Path) -> str:
        began = time.perf_counter()
        try:
            return digest(path)
        finally:
            spent[name] += time.perf_counter() - began

    module.digest = timed


if __name__ == "__main__":
    main()
