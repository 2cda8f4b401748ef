"""Where a registry is, and the registry of the embedded default."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assay.errors import RegistryError
from assay.keys import embedded_registry_key
from assay.lake import Lake, private_folder
from assay.versioning._git import make_bare

_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class RegistryConfig:
    """The two remotes of a registry, its key, and a folder for what can be made again.

    Parameters
    ----------
    git_remote : str
        Path or URL of a Git repository of its own; its branch ``main`` is the truth.
    object_remote : str
        Path or URL of a DVC remote (``s3://bucket/prefix``, ``gs://``, a folder …). Credentials
        come from the environment, as the store's own client reads them, never from the URL.
    key : bytes
        The registry key, at least 32 random bytes; kept with the secrets, never in the registry.
        Another key gives every version another id.
    scratch : Path
        Private clones, the mirror and cached objects; of this machine alone, safe to delete while
        nothing runs.
    """

    git_remote: str
    object_remote: str
    key: bytes = field(repr=False)
    scratch: Path

    def __post_init__(self) -> None:
        if len(self.key) < _KEY_BYTES:
            raise RegistryError(
                "the registry key is too short",
                got=f"{len(self.key)} bytes",
                expected=f"at least {_KEY_BYTES} random bytes",
            )


def embedded(home: Path) -> RegistryConfig:
    """The registry below a home, made at the first call: a bare Git repository, a folder, a key.

    Any number of processes may call it at once.

    Raises
    ------
    RegistryError
        If the repository is there and its key isn't: a new key would give the versions other ids,
        so that nothing would be found again.
    """
    lake = Lake(home.absolute())
    git, objects = lake.make("registry", "git"), lake.path("registry", "objects")
    key = embedded_registry_key(lake, git)
    objects.mkdir(exist_ok=True)
    if not git.exists():
        _make_git(git, lake.make("spill"))
    return RegistryConfig(
        git_remote=str(git),
        object_remote=str(objects),
        key=key,
        scratch=lake.make("cache", "registry"),
    )


def _make_git(path: Path, spill: Path) -> None:
    with private_folder(spill) as folder:
        aside = folder / path.name
        make_bare(aside)
        aside.chmod(0o755)
        try:
            aside.rename(path)
        except OSError:
            # Another process was first: a rename replaces no repository that has its files.
            if not path.is_dir():
                raise
