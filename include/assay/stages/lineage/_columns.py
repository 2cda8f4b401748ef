"""The way of each column into a version, and on into the models that learned from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from assay.errors import InputError, RegistryError
from assay.lineage import ColumnStep, Graph, Node, column_steps
from assay.policy.cleaning import CleaningPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.records.versions import VersionKey
from assay.stages.services import Services
from assay.stages.versions import open_cleaned

_ENCODED: Final = "column."
"""What the details of a training run call a column of its table: ``column.carrier``."""


def trace_columns(services: Services, graph: Graph) -> list[ColumnStep]:
    """The way of each column of the version that was asked about, or of the nearest in a graph.

    Cleaning and derived columns are as the version has them on record. What protection does is
    said by the policy in force.

    Raises
    ------
    InputError
        If there is no version of a data set with a contract in the graph.
    """
    key = _version(services, graph)
    dataset = key[0]
    contract = services.project.contract(dataset)
    policy = services.policy(contract, PrivacyPolicy)
    derived, steps = _cleaning(services, key)
    return column_steps(
        {c.name: f"{c.name}, {c.type}" for c in contract.columns},
        {name: t.treatment for name, t in policy.columns.items()},
        steps, derived, _encoded(graph),
    )  # fmt: skip


def _version(services: Services, graph: Graph) -> VersionKey:
    known = services.project.datasets()
    depths = graph.depths()
    for node in sorted(graph.nodes, key=lambda n: (abs(depths.get(n, 0)), n)):
        if node.kind == "version" and node.key[0] in known:
            return node.key
    raise InputError(
        "there is no version in it whose columns are known",
        expected="a version, a snapshot or a model of a data set with a contract",
        do="Ask for it with --up.",
    )


def _cleaning(
    services: Services, key: VersionKey
) -> tuple[Mapping[str, Mapping[str, Any]], list[tuple[str, list[str]]]]:
    """Derived columns and steps of cleaning, as the version has them."""
    try:
        state = open_cleaned(services, *key).state
    except RegistryError:
        return {}, []
    return state.derived, list(_steps(state.policy))


def _steps(policy: CleaningPolicy) -> Iterator[tuple[str, list[str]]]:
    for step in policy.steps:
        names = [name for _, name in step.named_columns()]
        if not step.expressions():
            yield step.step, [*names, *step.added_columns()]


def _encoded(graph: Graph) -> dict[str, dict[str, str]]:
    """Training run → column → how it was encoded, as the runs of a graph say."""
    return {
        f"{node.kind} {node.name}": columns
        for node, facts in sorted(graph.nodes.items(), key=lambda item: item[0])
        if (columns := _columns_in(node, facts))
    }


def _columns_in(node: Node, facts: Mapping[str, str]) -> dict[str, str]:
    if node.kind != "training_run":
        return {}
    names = [name for name in facts if name.startswith(_ENCODED)]
    return {name.removeprefix(_ENCODED): facts[name] for name in names}
