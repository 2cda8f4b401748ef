"""The catalog's index, restored from the registry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from assay.records.lineage import LineageEdge
from assay.records.versions import Derivation
from assay.stages.services import Services
from assay.stages.versions._cleaning import derived_columns
from assay.verdict import Verdict
from assay.versioning import RegistryUnavailable

_ATTEMPTS: Final = 20


class _MovedOn(Exception):  # noqa: N818 - no error: read it again
    """The registry got another commit while it was read."""


def rebuild_catalog(services: Services) -> dict[str, int]:
    """Restore versions with their lineage and verdicts, snapshots and pointers.

    Releases may go on meanwhile: what they add to the registry while it is read is read as well.

    Returns
    -------
    dict
        Data set → how many versions it has.

    Raises
    ------
    RegistryUnavailable
        If the registry is never still for long enough.
    """
    about: dict[tuple[str, str, str], dict[str, Any]] = {}
    for _ in range(_ATTEMPTS):
        head = services.registry.head()
        dump = _dumped(services, about)
        try:
            with services.catalog.transaction():
                services.catalog.rebuild(dump, at=services.clock())
                # A release tells Git first and then waits for this transaction to end: either its
                # commit shows here, or what it writes comes after.
                if services.registry.head() != head:
                    raise _MovedOn
        except _MovedOn:
            continue
        return {name: len(held["versions"]) for name, held in dump.items()}
    raise RegistryUnavailable(f"the registry changed {_ATTEMPTS} times while it was read")


def _dumped(
    services: Services, about: dict[tuple[str, str, str], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Everything the registry holds, with lineage and verdicts; ``about`` is what was read."""
    dump = services.registry.dump()
    for dataset, held in dump.items():
        for version in held["versions"]:
            key = (dataset, version["batch"], version["version"])
            if key not in about or about[key]["judged"] != version["judged"]:
                about[key] = _about(services, key, version["judged"])
            known = about[key]
            version |= {name: known[name] for name in ("lineage", "verdicts")}
            version["meta"] |= {"derived": known["derived"]}
    return dump


def _about(
    services: Services, key: tuple[str, str, str], judged: dict[str, datetime]
) -> dict[str, Any]:
    verdicts = services.registry.verdicts(*key)
    return {
        "judged": judged,
        "derived": derived_columns(services, *key),
        "lineage": lineage_edges(key[0], services.registry.lineage(*key)),
        "verdicts": [
            (Verdict.model_validate(verdicts[gate]), at)
            for gate, at in sorted(judged.items(), key=lambda pair: pair[1])
        ],
    }


def lineage_edges(dataset: str, derivation: Derivation) -> list[LineageEdge]:
    """What a version was made from, by its derivation."""
    edges = [LineageEdge("input", dataset, derivation.input_sha256)]
    for versions in derivation.references.values():
        edges += [LineageEdge("reference", dataset, v) for v in versions]
    for name, versions in derivation.tables.items():
        edges += [LineageEdge("reference_table", name, v) for v in versions]
    return edges
