"""A secret that others can read is no secret: whoever needs it stops, and says how to close it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay import launcher
from assay.errors import InputError
from assay.keys import embedded_registry_key, load_pseudonym_key, period_key
from assay.lake import Lake

USES: dict[str, Callable[[Lake], Any]] = {
    "registry.key": lambda lake: embedded_registry_key(lake, lake.path("registry", "git")),
    "pseudonym.key": lambda lake: load_pseudonym_key(lake, environ={}),
    "sealed/visits/2024-01.key": lambda lake: period_key(lake, "visits", "2024-01"),
    "airflow_passwords.json": lambda lake: launcher.password(lake.home),
}


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610])
def test_a_secret_that_is_open_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    lake, use = Lake(tmp_path), USES[name]
    secret = use(lake)
    path = lake.path("secrets") / name
    content = path.read_bytes()
    path.chmod(mode)
    with pytest.raises(InputError, match="others can read a secret") as refused:
        use(lake)
    assert f"chmod 600 {path}" in str(refused.value)
    assert content.decode("latin-1").strip() not in str(refused.value)
    path.chmod(0o600)
    assert use(lake) == secret


def test_no_run_goes_on_with_an_open_key(ready: Any, mini: Any) -> None:
    files = [p for p in (ready.home / "secrets").rglob("*") if p.is_file()]
    assert {"registry.key", "pseudonym.key"} <= {p.name for p in files}
    ready.drop("visits", "2024-01-03", mini.visits("2024-01-03"))
    for path in files:
        path.chmod(0o644)
        with pytest.raises(InputError, match="others can read a secret"):
            ready.run("visits", "2024-01-03", run_id="one")
        path.chmod(0o600)
    assert ready.run("visits", "2024-01-03", run_id="one")
