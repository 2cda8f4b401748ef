"""Released batches that were judged by rules which have changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.document import content_hash
from assay.stages.run._rules import LoadedRules
from assay.stages.services import Services


@dataclass(frozen=True)
class Outdated:
    """A released batch, and what has changed since it was judged: ``policy drift`` …"""

    batch: str
    version: str
    changed: tuple[str, ...]


def outdated(services: Services, dataset: str) -> list[Outdated]:
    """The released batches that other rules judged than those in force, in calendar order.

    Rules are the contract, the suites and the policies that stages follow, by content: comments
    and layout don't count.

    Raises
    ------
    ContractError
        If the contract doesn't load.
    """
    now, known = _rules(services, dataset), services.catalog.versions.refs(dataset, "rules")
    same, found = content_hash(now), []
    for batch, version in _released(services, dataset).items():
        if known.get((batch, version)) == same:
            continue
        was = services.registry.lineage(dataset, batch, version).rules
        changed = tuple(sorted(n for n in {*now, *was} if now.get(n) != was.get(n)))
        if changed:
            found.append(Outdated(batch, version, changed))
    return found


def outdated_batches(services: Services, dataset: str) -> list[str]:
    """The same batches by the catalog alone, which knows no more than that something changed.

    A version that an earlier Assay indexed isn't among them; ``assay catalog rebuild --whole``
    indexes it again.
    """
    if services.catalog.snapshots.pointer(dataset) is None:
        return []
    now = content_hash(_rules(services, dataset))
    return services.catalog.versions.released_otherwise(dataset, "rules", now)


def _rules(services: Services, dataset: str) -> Mapping[str, str]:
    return LoadedRules.of(services, services.project.contract(dataset)).hashes


def _released(services: Services, dataset: str) -> dict[str, str]:
    """Batch → version that readers have."""
    snapshot = services.catalog.snapshots.current(dataset)
    return dict(sorted(snapshot.batches.items())) if snapshot else {}
