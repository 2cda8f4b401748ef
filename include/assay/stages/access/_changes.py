"""What the access policies of two commits of the project allow differently."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.access import Change, diff
from assay.errors import InputError
from assay.lake import private_folder
from assay.policy import load_policy
from assay.policy.access import AccessPolicy

_FILE: Final = f"{AccessPolicy.noun}.yaml"


@dataclass(frozen=True)
class DatasetChange:
    """The changes of one data set's access policy."""

    dataset: str
    changes: tuple[Change, ...]


def access_changes(include: Path, old: str, new: str) -> list[DatasetChange]:
    """Compare the access policies of two commits of the Git repository that holds the project.

    Parameters
    ----------
    include : Path
        The project's ``include`` folder, inside the repository.
    old, new : str
        Commits, branches or tags.

    Raises
    ------
    InputError
        If there is no repository or no such commit.
    PolicyError
        If a policy of one of them doesn't load.
    """
    before, after = _policies(include, old), _policies(include, new)
    found = []
    for dataset in sorted(before.keys() | after.keys()):
        changes = diff(before.get(dataset), after.get(dataset))
        if changes:
            found.append(DatasetChange(dataset, tuple(changes)))
    return found


def _policies(include: Path, commit: str) -> dict[str, AccessPolicy]:
    """Data set to its policy in a commit."""
    listed = _git(include, "ls-tree", "-r", "-z", "--name-only", _checked(include, commit), "--",
                  "policies")  # fmt: skip
    names = [name for name in listed.split("\0") if name.endswith(f"/{_FILE}")]
    with private_folder() as folder:
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_git(include, "show", f"{commit}:./{name}"), encoding="utf-8")
        paths = {Path(name).parent.name: folder / name for name in names}
        return {
            dataset: load_policy(path, AccessPolicy)
            for dataset, path in paths.items() if not dataset.startswith("_")
        }  # fmt: skip


def _checked(include: Path, commit: str) -> str:
    """The id of a commit, so that no name is read as an option."""
    return _git(include, "rev-parse", "--verify", "--quiet", "--end-of-options",
                f"{commit}^{{commit}}").strip()  # fmt: skip


def _git(include: Path, *arguments: str) -> str:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"LC_ALL": "C"}
    done = subprocess.run(
        ["git", "-C", str(include), *arguments],
        capture_output=True, text=True, env=environ, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise InputError(
            "Git has no such commit or file here", where=str(include), got=arguments[-1],
            expected="two commits of the repository that holds the project",
        )  # fmt: skip
    return done.stdout
