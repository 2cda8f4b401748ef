"""The services that stages work with, each opened when it is first needed."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assay.contract import Contract
from assay.errors import InputError, RegistryError, did_you_mean
from assay.lake import Lake, private_folder
from assay.policy import Policy, load_policy
from assay.project import Project

if TYPE_CHECKING:
    from assay.catalog import Catalog
    from assay.engine import Session
    from assay.keys import PseudonymKey, RecordSeal
    from assay.records.histories import SeenHistory
    from assay.records.versions import Acceptance
    from assay.stages.second_process import SecondProcess
    from assay.versioning import Anchors, Registry, RegistryConfig

PolicyT = TypeVar("PolicyT", bound=Policy)
T = TypeVar("T")


def source_credentials(
    url: str, login: str | None, password: str | None, extra: Mapping[str, Any]
) -> dict[str, str]:
    """What a source needs to be read, from the parts of a connection.

    An extra that is no text, such as ``headers``, is given as JSON.
    """
    given = {"url": url, "username": login, "password": password, **extra}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
        if value
    }


def _none(_: str | None) -> Mapping[str, str]:
    """No credentials: the source needs none."""
    return {}


@dataclass(frozen=True)
class _Memory:
    """The catalog as the witness of the registry's history; opened when it is first asked."""

    services: Services

    def identity(self) -> str:
        return self.services.catalog.history.identity()

    def last(self) -> SeenHistory:
        return self.services.catalog.history.last()

    def saw(self, before: str | None, now: SeenHistory) -> None:
        self.services.catalog.history.saw(before, now)

    def accepted(self, acceptance: Acceptance, now: SeenHistory) -> None:
        self.services.catalog.history.accepted(acceptance, now)


@dataclass(frozen=True)
class Services:
    """A project with its catalog, registry and keys.

    Parameters
    ----------
    project : Project
        Where things are.
    clock : callable
        Gives the time, timezone-aware; the library itself reads no clock.
    secrets : mapping
        ``registry_key`` and ``pseudonym_key`` where a secrets backend holds them.
    credentials : callable
        The connection that a contract names → what its source needs; nothing by default.
    reading : bool
        Whether they are opened to look only: a home that has no catalog or registry is then read
        as an empty one, and stays as it is.
    second : SecondProcess, optional
        A process that keeps models and reads them while this one does other work.
    """

    project: Project
    clock: Callable[[], datetime]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Callable[[str | None], Mapping[str, str]] = field(default=_none, repr=False)
    reading: bool = False
    second: SecondProcess | None = field(default=None, repr=False)

    @property
    def lake(self) -> Lake:
        """The project's lake."""
        return self.project.lake

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, its tables made on first use."""
        from assay.catalog import Catalog

        url = self.project.catalog_url
        if url == self.lake.catalog_url:
            lake = self._lake_with("catalog", "catalog.db")
            lake.make("catalog", "catalog.db")
            url = lake.catalog_url
        catalog = Catalog(url)
        catalog.migrate()
        return catalog

    @cached_property
    def registry(self) -> Registry:
        """The registry of versions."""
        from assay.versioning import Registry

        return Registry(self._registry_config, _Memory(self), self._report_rewound)

    @cached_property
    def anchors(self) -> Anchors:
        """Texts that are kept in the registry's Git remote, out of a writer's reach."""
        from assay.versioning import Anchors

        return Anchors(self._registry_config)

    def _report_rewound(self, error: RegistryError) -> None:
        from assay.stages.incidents import report_rewound

        report_rewound(self, error)

    @cached_property
    def seal(self) -> RecordSeal:
        """The seal of what runs leave behind, under the registry key."""
        from assay.keys import RecordSeal

        return RecordSeal(self._registry_config.key)

    @cached_property
    def counts_key(self) -> bytes:
        """The key by which counts of references are believed that an earlier run has kept."""
        from assay.keys import derived_key

        return derived_key(self._registry_config.key, "assay counts of references")

    @cached_property
    def _registry_config(self) -> RegistryConfig:
        from assay.keys import parse_registry_key
        from assay.versioning import RegistryConfig, embedded

        project = self.project
        if bool(project.registry_git) != bool(project.registry_objects):
            raise RegistryError(
                "the registry has one remote of its own and not the other",
                got="ASSAY_REGISTRY_GIT" if project.registry_git else "ASSAY_REGISTRY_OBJECTS",
                expected="both ASSAY_REGISTRY_GIT and ASSAY_REGISTRY_OBJECTS, or neither",
                do="They move together: include/docs/production.md says how.",
            )
        if project.registry_git and project.registry_objects:
            return RegistryConfig(
                git_remote=project.registry_git,
                object_remote=project.registry_objects,
                key=parse_registry_key(self.secrets.get("registry_key")),
                scratch=self.lake.make("cache", "registry"),
            )
        return embedded(self._lake_with("registry", "git").home)

    def _lake_with(self, *place: str) -> Lake:
        """The lake; to look only, an empty one if this one has nothing at a place."""
        if self.reading and not self.lake.path(*place).exists():
            return Lake(self._empty_home)
        return self.lake

    @cached_property
    def _empty_home(self) -> Path:
        kept = ExitStack()
        weakref.finalize(self, kept.close)
        return kept.enter_context(private_folder())

    @cached_property
    def aside(self) -> Path:
        """A private folder of the spill zone, which goes with these services or their process."""
        kept = ExitStack()
        weakref.finalize(self, kept.close)
        return kept.enter_context(private_folder(self.lake.make("spill")))

    @cached_property
    def key(self) -> PseudonymKey:
        """The pseudonym key in force."""
        from assay.keys import load_pseudonym_key

        return load_pseudonym_key(self.lake, secret=self.secrets.get("pseudonym_key"))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An engine session that spills into the restricted spill zone."""
        from assay import engine

        with engine.open_session(spill=self.lake.make("spill")) as session:
            yield session

    def beside(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function of a module in the second process where there is one, else here."""
        if self.second is None:
            return function(*arguments)
        return self.second.call(function, *arguments)

    def policy(self, contract: Contract, model: type[PolicyT]) -> PolicyT:
        """A data set's policy of this model, checked against the contract's columns."""
        path = self.project.policy(contract.dataset, model.noun)
        return load_policy(path, model, columns=contract.column_names)

    def relative(self, path: Path) -> str:
        """A path below the home as it is written in results: short, and the same on each host."""
        return str(path.relative_to(self.project.home))


def open_services(
    environ: Mapping[str, str], clock: Callable[[], datetime], *, reading: bool = False
) -> Services:
    """The services that an environment describes, or those of the current folder's project.

    Keys are read from ``ASSAY_REGISTRY_KEY`` and ``ASSAY_PSEUDONYM_KEY``, where a secrets backend
    holds them.
    """
    secrets = {"registry_key": "ASSAY_REGISTRY_KEY", "pseudonym_key": "ASSAY_PSEUDONYM_KEY"}
    given = {name: environ[variable] for name, variable in secrets.items() if environ.get(variable)}
    return Services(Project.of_here(environ), clock=clock, secrets=given, reading=reading)


def check_dataset(services: Services, name: str) -> None:
    """Refuse a data set that has neither a contract nor a version.

    What was released can be read even if the contract is removed or broken.
    """
    known = services.project.datasets()
    if name in known:
        return
    known = sorted({*known, *services.registry.datasets()})
    if name not in known:
        raise InputError(
            "no such data set", got=name,
            expected="one of: " + (", ".join(known) or "none has a contract yet"),
            do=did_you_mean(name, known) or "assay new NAME --from FILE makes one.",
        )  # fmt: skip
