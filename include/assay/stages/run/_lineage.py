"""Lineage of a version, from what it derives from."""

from __future__ import annotations

from assay.document import content_hash
from assay.records.lineage import LineageEdge
from assay.records.versions import Derivation


def lineage_edges(dataset: str, derivation: Derivation) -> list[LineageEdge]:
    """What a version was made from, by its derivation."""
    edges = [LineageEdge("input", dataset, derivation.input_sha256)]
    for versions in derivation.references.values():
        edges += [LineageEdge("reference", dataset, v) for v in versions]
    for name, versions in derivation.tables.items():
        edges += [LineageEdge("reference_table", name, v) for v in versions]
    return [*edges, LineageEdge("rules", dataset, content_hash(derivation.rules))]
