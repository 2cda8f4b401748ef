"""Files of a batch: local, on an object store, or over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from assay.contract import FilesSource
from assay.errors import InputError
from assay.ingest._model import NO_INPUT, OriginalFile, UnusableError
from assay.ingest._original import file_name, keep
from assay.ingest.sources._local_file import local_blocks
from assay.ingest.sources._patience import Retry
from assay.reasons import ReasonCode

_BLOCK: Final = 1 << 20


def fetch_file(
    source: FilesSource,
    location: str,
    folder: Path,
    home: Path,
    credentials: Mapping[str, str],
    retry: Retry,
) -> tuple[OriginalFile, ...]:
    """Keep the one file of a batch in ``folder``.

    Raises
    ------
    UnusableError
        ``source_missing`` if there is no such file, ``not_a_regular_file`` if it is a link, a pipe
        or a device.
    InputError
        If the location can't be opened with these credentials, or holds too much.
    """
    target = folder / file_name(location)
    scheme = location.split("://", 1)[0].lower() if "://" in location else "file"
    if scheme in {"http", "https"}:
        from assay.ingest.sources._http import download

        return (download(location, target, source, credentials, retry),)
    if scheme == "file":
        blocks = local_blocks(source.location, location, home)
    else:
        blocks = _remote(location, scheme, credentials)
    try:
        return (keep(blocks, target, source.max_bytes),)
    except FileNotFoundError:
        raise UnusableError.of(ReasonCode.SOURCE_MISSING, NO_INPUT) from None
    except PermissionError:
        raise InputError(
            "the source refuses to be read", where=location, do="Check its rights and credentials."
        ) from None


def _remote(location: str, scheme: str, credentials: Mapping[str, str]) -> Iterator[bytes]:
    import fsspec

    if scheme == "local" or "::" in location:
        raise _unreadable(location, scheme)
    try:
        opened = fsspec.open(location, "rb", **_options(scheme, credentials))
    except (ValueError, ImportError) as exc:
        raise _unreadable(location, scheme) from exc
    with opened as file:
        while block := file.read(_BLOCK):
            yield block


def _unreadable(location: str, scheme: str) -> InputError:
    return InputError(
        "no way to read such a location",
        where=location,
        got=scheme,
        expected="a path, s3://, http://, https:// or another scheme that fsspec knows",
    )


def _options(scheme: str, credentials: Mapping[str, str]) -> dict[str, Any]:
    if scheme not in {"s3", "s3a"}:
        return {name: value for name, value in credentials.items() if name != "url"}
    named = {"endpoint_url": "endpoint_url", "region": "region_name", "region_name": "region_name"}
    client = {named[key]: credentials[key] for key in named if key in credentials}
    options: dict[str, Any] = {"client_kwargs": client, "skip_instance_cache": True}
    if "username" in credentials:
        options |= {"key": credentials["username"], "secret": credentials.get("password")}
    if "token" in credentials:
        options["token"] = credentials["token"]
    # Listings are cached per process otherwise, and a file that came a minute ago isn't there.
    return options | {"use_listings_cache": False}
