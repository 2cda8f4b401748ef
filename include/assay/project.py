"""The files and services of a project: its home, contracts, suites, policies and addresses.

In the embedded default everything is below one home. In production each service has an address
in the environment (see :meth:`Project.from_environment`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assay.contract import Contract, load_contract
from assay.errors import ContractError, PolicyError, did_you_mean
from assay.lake import Lake

if TYPE_CHECKING:
    from assay.policy.model import ModelFile

SUITES: Final = ("raw", "clean")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Project:
    """A project: its contracts, suites and policies, and where its data and services are.

    Parameters
    ----------
    home : Path
        ``ASSAY_HOME``, the lake and the embedded services.
    include : Path
        The folder that holds ``contracts``, ``suites``, ``policies`` and ``docs``.
    catalog_url : str
        SQLAlchemy URL of the catalog.
    registry_git, registry_objects : str or None
        Git remote and DVC remote of the registry; None for the embedded ones.
    """

    home: Path
    include: Path
    catalog_url: str
    registry_git: str | None = None
    registry_objects: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Project:
        """Make the project that the environment describes.

        Notes
        -----
        ``ASSAY_PROJECT`` is the checkout (by default the one that contains this library),
        ``ASSAY_HOME`` the home (``.assay`` in the checkout), ``ASSAY_CATALOG_URL`` the catalog
        (SQLite below the home), ``ASSAY_REGISTRY_GIT`` and ``ASSAY_REGISTRY_OBJECTS`` the
        registry's remotes (below the home).
        """
        root = Path(environ.get("ASSAY_PROJECT") or Path(__file__).resolve().parents[2])
        home = Path(environ.get("ASSAY_HOME") or root / ".assay").absolute()
        return cls(
            home=home,
            include=root / "include",
            catalog_url=environ.get("ASSAY_CATALOG_URL") or Lake(home).catalog_url,
            registry_git=environ.get("ASSAY_REGISTRY_GIT") or None,
            registry_objects=environ.get("ASSAY_REGISTRY_OBJECTS") or None,
        )

    @classmethod
    def of_here(cls, environ: Mapping[str, str]) -> Project:
        """Make the project that the environment describes, or that of the current folder."""
        here = Path.cwd()
        if "ASSAY_PROJECT" not in environ and (here / "include" / "contracts").is_dir():
            environ = {**environ, "ASSAY_PROJECT": str(here)}
        return cls.from_environment(environ)

    @property
    def lake(self) -> Lake:
        """The lake below the home."""
        return Lake(self.home)

    @property
    def contracts(self) -> Path:
        """Folder of the contracts."""
        return self.include / "contracts"

    def datasets(self) -> list[str]:
        """Names of the data sets that have a contract; other file names don't count."""
        names = (p.name.removesuffix(".odcs.yaml") for p in self.contracts.glob("*.odcs.yaml"))
        return sorted(name for name in names if _NAME.fullmatch(name))

    def contract(self, dataset: str) -> Contract:
        """Load the contract of a data set.

        Raises
        ------
        ContractError
            If there is none, or it doesn't load.
        """
        path = self.contracts / f"{dataset}.odcs.yaml"
        if not path.is_file():
            known = self.datasets()
            raise ContractError(
                "no such data set",
                got=dataset,
                expected="one of: " + (", ".join(known) or "none has a contract yet"),
                do=did_you_mean(dataset, known) or "assay new NAME --from FILE makes one.",
            )
        return load_contract(path)

    def suite(self, dataset: str, name: str) -> Path:
        """Path of one of a data set's suites, ``raw`` or ``clean``."""
        return self.include / "suites" / dataset / f"{name}.json"

    def policy(self, dataset: str, noun: str) -> Path:
        """Path of one of a data set's policies, e.g. ``drift``."""
        return self.include / "policies" / dataset / f"{noun}.yaml"

    def models(self) -> list[str]:
        """Names of the models that have a file; other file names don't count."""
        names = (path.stem for path in (self.include / "models").glob("*.yaml"))
        return sorted(name for name in names if _NAME.fullmatch(name))

    def model_path(self, name: str) -> Path:
        """Path of the file of a model, whether or not it is there."""
        return self.include / "models" / f"{name}.yaml"

    def model(self, name: str) -> ModelFile:
        """Load the file of a model.

        Raises
        ------
        PolicyError
            If there is none, or it doesn't load.
        """
        from assay.policy.model import load_model

        path = self.model_path(name)
        if not path.is_file():
            known = self.models()
            raise PolicyError(
                "no such model",
                got=name,
                expected="one of: " + (", ".join(known) or "none has a file yet"),
                do=did_you_mean(name, known) or f"Write {path.name} in include/models.",
            )
        return load_model(path)
