"""What a person means by ``flights@2013-02-08``, ``late_arrival@3``, a file or a hash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from assay.errors import InputError, did_you_mean
from assay.lake import digest
from assay.lineage import Node
from assay.records.uses import USE_KINDS, UseKind
from assay.stages.services import Services
from assay.wording import few

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[0-9a-f]{32}")
_EXPECTED: Final = (
    "a source file or its SHA-256, DATASET, DATASET@BATCH, DATASET@N (a snapshot), "
    "DATASET@BATCH#ID (a row), a version id, MODEL, MODEL@N, or KIND/ID of a use"
)


@dataclass(frozen=True)
class Target:
    """The nodes that are meant, and the number of a row if one is.

    Parameters
    ----------
    nodes : tuple of Node
        One; of a model, each of its versions.
    row : int, optional
        The row number, ``__id``, in the version that is meant.
    """

    nodes: tuple[Node, ...]
    row: int | None = None


def find_target(services: Services, what: str) -> Target:
    """Find what a person means.

    Raises
    ------
    InputError
        If nothing on record has this name, or several things have.
    """
    named, _, row = what.partition("#")
    if row and not (row.isascii() and row.isdigit()):
        raise InputError("a row is named by its number", got=row, expected="DATASET@BATCH#ID")
    if _SHA256.fullmatch(what):
        return Target((Node("source", what),))
    kind, slash, rest = what.partition("/")
    if slash and kind in USE_KINDS:
        return Target((_use(services, kind, rest),))
    if (path := Path(what)).is_file():
        return Target((Node("source", digest(path)),))
    if path.parent != Path() or path.suffix:
        raise InputError("there is no such file", got=what, expected=_EXPECTED)
    nodes = _by_name(services, named)
    if row and (len(nodes) != 1 or nodes[0].kind != "version"):
        raise InputError("rows are those of one version", got=what, expected="DATASET@BATCH#ID")
    return Target(nodes, int(row) if row else None)


def _use(services: Services, kind: str, name: str) -> Node:
    found: UseKind = next(k for k in get_args(UseKind) if k == kind)
    if services.catalog.uses.get(found, name) is None:
        raise InputError(f"no such {kind} is on record", got=name)
    return Node(found, name)


def _by_name(services: Services, what: str) -> tuple[Node, ...]:
    """A data set, a model, a version: each with or without what stands after ``@``."""
    name, at, which = what.partition("@")
    datasets = services.catalog.versions.counted()
    if name in datasets:
        return (_of_dataset(services, name, which if at else None),)
    versions = services.catalog.uses.of_subject(name, "model_version")
    if not at and _VERSION.fullmatch(what):
        found = services.catalog.lineage.keys([(d, what) for d in datasets])
        if found:
            return (Node.of_version(found[0]),)
    named = [u.id for u in versions if not at or u.id == what]
    if named:
        return tuple(Node("model_version", one) for one in named)
    if versions:
        raise InputError(
            "the model has no such version", got=what,
            expected=f"one of: {few(u.id for u in versions)}",
        )  # fmt: skip
    known = sorted({*datasets, *_models(services)})
    raise InputError(
        "nothing on record has this name", got=what, expected=_EXPECTED,
        do=did_you_mean(name, known) or f"On record are: {', '.join(known) or 'nothing yet'}.",
    )  # fmt: skip


def _models(services: Services) -> set[str]:
    return {u.subject for u in services.catalog.uses.find("model_version")}


def _of_dataset(services: Services, dataset: str, which: str | None) -> Node:
    """The pointer's snapshot, a snapshot by its number, or a version by batch or id."""
    if which is None:
        number = services.catalog.snapshots.pointer(dataset)
        if number is None:
            raise InputError("nothing of it is released yet", got=dataset)
        return Node("snapshot", f"{dataset}@{number}")
    number = int(which) if which.isascii() and which.isdigit() else None
    if number is not None and services.catalog.snapshots.get(dataset, number) is not None:
        return Node("snapshot", f"{dataset}@{number}")
    batch, version = find_version(services, dataset, which)
    return Node.of_version((dataset, batch, version))


def find_version(services: Services, dataset: str, which: str) -> tuple[str, str]:
    """Batch and id of the version that readers have of a batch, or that begins so.

    Raises
    ------
    InputError
        If there is none, or there are several.
    """
    released = services.catalog.snapshots.version_of(dataset, which)
    if released is not None:
        return which, released
    near = services.catalog.versions.named(dataset, which)
    if len(near) == 1:
        return near[0].batch, near[0].version
    if near:
        raise InputError(
            "several versions are meant", where=dataset, got=which,
            expected=f"one of: {few(v.version for v in near)}",
        )  # fmt: skip
    raise InputError(
        "no such batch, version or snapshot", where=dataset, got=which,
        expected="a batch, the id of a version, or the number of a snapshot",
        do=f"See what there is: assay versions list {dataset}. A batch that is held may have no "
        f"version yet: assay status {dataset}.",
    )  # fmt: skip
