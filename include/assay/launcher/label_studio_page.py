"""Label Studio beside Airflow: one process of its own environment, on loopback, below a home.

It is optional: ``make labelling`` installs it in ``.labelstudio`` of the project. Its database is
SQLite, its token is made at the first start and kept with the secrets, and it asks nobody outside.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.errors import AssayError
from assay.keys import secret_file
from assay.lake import Lake
from assay.launcher._page import Page, Server, clean_environment, python_of

_USUAL: Final = 8085
_NAME: Final = "label_studio"
_TITLE: Final = "Label Studio"
OWNER: Final = "assay@localhost.localdomain"
"""The account that makes projects; its password is a secret of the home."""
_PATIENCE_S: Final = 900.0


@dataclass(frozen=True)
class Access:
    """The address of the home's Label Studio, and its token."""

    url: str
    token: str


def find_python(outer: Mapping[str, str] | None = None) -> Path | None:
    """Python of Label Studio's environment: ``ASSAY_LABEL_STUDIO``, or ``.labelstudio``.

    None where it isn't installed.
    """
    return python_of("ASSAY_LABEL_STUDIO", ".labelstudio", outer)


def start_page(home: Path | str) -> Server:
    """Start Label Studio, or find it running; the first start makes its database (a minute).

    Raises
    ------
    AssayError
        If it isn't installed, or its database can't be made.
    """
    python = find_python()
    if python is None:
        raise AssayError("Label Studio isn't installed", do="make labelling")
    page = _page(home)
    program, env = [str(python), "-P", str(python.with_name("label-studio"))], _environment(page)

    def prepare() -> None:
        if not _made(page).exists():
            _initialise(page, program, env)

    def command(port: int) -> list[str]:
        return [
            *program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
            "-db", str(_database(page)), "--data-dir", str(_data(page)),
        ]  # fmt: skip

    return page.start(command, env, prepare)


def await_page(home: Path | str, patience_s: float = 180.0) -> Server:
    """Wait until Label Studio answers.

    Raises
    ------
    AssayError
        If the process ends, or doesn't answer in time. It is stopped then.
    """
    return _page(home).wait(patience_s)


def stop_page(home: Path | str) -> bool:
    """Stop Label Studio with all that it started; whether it ran."""
    return _page(home).stop()


def access(home: Path | str) -> Access | None:
    """Address and token of the home's Label Studio; None where it doesn't answer."""
    page = _page(home)
    now = page.look()
    return Access(now.url, _token(page.lake)) if now.healthy and now.url else None


def password(home: Path | str) -> str:
    """The password of the account that makes projects."""
    return _secret(_page(home).lake, "label_studio.password")


def _page(home: Path | str) -> Page:
    return Page(Lake(Path(home).expanduser().resolve()), _NAME, _TITLE, "/health", _USUAL)


def _data(page: Page) -> Path:
    return page.lake.path(_NAME, "data")


def _database(page: Page) -> Path:
    return page.lake.path(_NAME, "label_studio.sqlite3")


def _made(page: Page) -> Path:
    """The file that says that the database is whole."""
    return page.lake.path(_NAME, "ready")


def _secret(lake: Lake, name: str) -> str:
    new = f"{secrets.token_hex(20)}\n".encode()
    return secret_file(lake, name, new=new).decode().strip()


def _token(lake: Lake) -> str:
    return _secret(lake, "label_studio.token")


def _initialise(page: Page, program: list[str], env: Mapping[str, str]) -> None:
    """Make the database with one account; what a killed start has left is made again."""
    for left in (_database(page), _database(page).with_suffix(".sqlite3-journal")):
        left.unlink(missing_ok=True)
    page.lake.make(_NAME, "data", "x")
    words = [
        *program, "init", "assay", "--no-browser", "-db", str(_database(page)),
        "--data-dir", str(_data(page)), "--username", OWNER,
    ]  # fmt: skip
    given = {
        **env, "LABEL_STUDIO_PASSWORD": _secret(page.lake, "label_studio.password"),
        "LABEL_STUDIO_USER_TOKEN": _token(page.lake),
    }  # fmt: skip
    with page.log.open("ab") as output:
        done = subprocess.run(
            words, env=given, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            check=False, timeout=_PATIENCE_S,
        )  # fmt: skip
    if done.returncode:
        raise AssayError("Label Studio's database can't be made", where=str(page.log))
    _made(page).touch(mode=0o600)


def _environment(page: Page) -> dict[str, str]:
    """Nothing goes out: no telemetry, no question for newer versions, no reports of errors."""
    own = {
        "HOME": str(page.lake.path(_NAME)),
        "DJANGO_DB": "sqlite",
        "DATABASE_NAME": str(_database(page)),
        "LABEL_STUDIO_BASE_DATA_DIR": str(_data(page)),
        "SECRET_KEY": _secret(page.lake, "label_studio.key"),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    return clean_environment(own)
