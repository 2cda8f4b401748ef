"""The registry key: ids of versions are made with it, so that another key finds no version."""

from __future__ import annotations

import secrets
from pathlib import Path

from assay.errors import RegistryError
from assay.keys._secret_file import secret_file
from assay.lake import Lake


def embedded_registry_key(lake: Lake, registry: Path) -> bytes:
    """Read the key of the registry below a home, and make it if the registry isn't made yet.

    The key lies in the lake's secrets zone; ``registry`` is the repository.

    Raises
    ------
    RegistryError
        If the repository is there and its key isn't: a new key would give the versions other ids,
        so that none would be found again.
    """
    path = lake.path("secrets", "registry.key")
    # The repository is looked for first: it is made after its key.
    if registry.exists() and not path.exists():
        do = "Restore it from the backup of the secrets."
        raise RegistryError("the registry's key is missing", where=str(path), do=do)
    return secret_file(lake, path.name, new=secrets.token_bytes(32))


def parse_registry_key(text: str | None) -> bytes:
    """Parse the key of a registry whose remotes lie elsewhere; it is never made here.

    Raises
    ------
    RegistryError
        If there is no text, or it isn't hexadecimal digits.
    """
    try:
        return bytes.fromhex(text or "none")
    except ValueError:
        raise RegistryError(
            "the registry has remotes of its own and no key",
            expected="hexadecimal digits in the connection assay_registry_key, or in "
            "ASSAY_REGISTRY_KEY",
            do="Use the key that the registry was made with: another one finds no version. "
            "For a new registry: python -c 'import secrets; print(secrets.token_hex(32))'",
        ) from None
