"""What a fitted model derives from: data, model file, code, libraries."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.stages.models._data import choose_data
from assay.stages.models._spec import Ingredients
from assay.stages.services import Services

TRAINING: Final = 1
"""Version of the code that turns released rows into a model; raise it when the same rows and the
same model file would give another one."""
_LIBRARIES: Final = {"scikit-learn": "sklearn", "numpy": "numpy", "scipy": "scipy"}


def mix(services: Services, file: ModelFile, snapshot: int | None) -> Ingredients:
    """The ingredients of a training run on a snapshot, the pointer's by default."""
    return Ingredients(
        data=choose_data(services, file, snapshot),
        model_file=file.hash,
        code=code_of(file),
        libraries=libraries(),
    )


def libraries() -> dict[str, str]:
    """Library whose arithmetic a model rests on → its version; none of them is imported."""
    return {name: version(package) for package, name in _LIBRARIES.items()}


def code_of(file: ModelFile) -> str:
    """The number of Assay's training code, with a hash of the own code that the file names.

    Raises
    ------
    InputError
        If the package of the own code isn't installed.
    """
    entry = file.estimator.entry
    return str(TRAINING) if entry is None else f"{TRAINING} {_source_hash(entry)}"


def _source_hash(entry: str) -> str:
    """SHA-256 over the sources of the package that an entry is in, by path."""
    package = entry.partition(":")[0].partition(".")[0]
    found = find_spec(package)
    if found is None:
        raise InputError(
            "the package of the own code isn't installed", where="estimator.entry", got=entry,
            do=f"Install {package} where training runs.",
        )  # fmt: skip
    folders = [Path(folder) for folder in found.submodule_search_locations or ()]
    sources = [(path.relative_to(f), path) for f in folders for path in f.rglob("*.py")]
    if not folders and found.origin:
        sources = [(Path(Path(found.origin).name), Path(found.origin))]
    digest = hashlib.sha256()
    for name, path in sorted(sources):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
