"""The registry as plain data, for the catalog's index to be rebuilt from."""

from __future__ import annotations

from typing import Any

from assay.catalog import LineageEdge
from assay.stages._office import Office
from assay.versioning import Derivation


def registry_dump(office: Office) -> dict[str, dict[str, Any]]:
    """Everything the registry holds, by data set, with the lineage of each version."""
    dump = office.registry.dump()
    for dataset, held in dump.items():
        for version in held["versions"]:
            derived = office.registry.lineage(dataset, version["batch"], version["version"])
            version["lineage"] = lineage_edges(dataset, derived)
    return dump


def lineage_edges(dataset: str, derivation: Derivation) -> list[LineageEdge]:
    """What a version was made from, by its derivation."""
    edges = [LineageEdge("input", dataset, derivation.input_sha256)]
    for versions in derivation.references.values():
        edges += [LineageEdge("reference", dataset, v) for v in versions]
    for name, versions in derivation.tables.items():
        edges += [LineageEdge("reference_table", name, v) for v in versions]
    return edges
