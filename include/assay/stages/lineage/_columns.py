"""The way of each column into a version, and on into the models that learned from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from assay.errors import InputError, RegistryError
from assay.lineage import ColumnStep, Graph, Node, column_steps
from assay.policy.cleaning import CleaningPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.records.versions import VersionKey
from assay.stages.lineage._model_columns import ModelColumns, model_columns
from assay.stages.services import Services
from assay.stages.versions import open_cleaned

_LEARNT: Final = ("training_run", "model_version", "promotion")


def trace_columns(services: Services, graph: Graph) -> list[ColumnStep]:
    """The way of each column of the version that was asked about, or of the nearest in a graph.

    A column that a model learned from goes on into it: through the join that brought it, and
    through its encoder. What the label and the filter of a model are made of comes last. Cleaning
    and derived columns are as the version has them on record. What protection does is said by the
    policy in force.

    Raises
    ------
    InputError
        If there is no version of a data set with a contract in the graph.
    """
    models = model_columns(services, graph)
    keys = _nearest(services, graph, models)
    own = next(iter(keys.values()))
    found = _way(services, own, {m.name: m.seen_of(own[0]) for m in models})
    for model in (m for m in models if m.dataset == own[0]):
        found += [*_joined(services, keys, model), *model.made]
    return list(dict.fromkeys(found))


def _nearest(
    services: Services, graph: Graph, models: Collection[ModelColumns]
) -> dict[str, VersionKey]:
    """Data set → its version nearest to what was asked about; the one to be shown comes first.

    Asked about a model, that is the data set that it learned from, not one that it joined.
    """
    depths, known = graph.depths(), services.project.datasets()
    learnt = {m.dataset for m in models if any(t.kind in _LEARNT for t in graph.targets)}

    def far(node: Node) -> tuple[bool, int, Node]:
        return bool(learnt) and node.key[0] not in learnt, abs(depths.get(node, 0)), node

    versions = sorted((n for n in graph.nodes if n.kind == "version"), key=far)
    found = dict[str, VersionKey]()
    for node in versions:
        if node.key[0] in known:
            found.setdefault(node.key[0], node.key)
    if not found:
        raise InputError(
            "there is no version in it whose columns are known",
            expected="a version, a snapshot or a model of a data set with a contract",
            do="Ask for it with --up.",
        )
    return found


def _way(
    services: Services, key: VersionKey, encoded: Mapping[str, Mapping[str, str]]
) -> list[ColumnStep]:
    """The way of every column of one version."""
    contract = services.project.contract(key[0])
    policy = services.policy(contract, PrivacyPolicy)
    derived, steps = _cleaning(services, key)
    return column_steps(
        {c.name: f"{c.name}, {c.type}" for c in contract.columns},
        {name: t.treatment for name, t in policy.columns.items()},
        steps, derived, encoded,
    )  # fmt: skip


def _joined(
    services: Services, keys: Mapping[str, VersionKey], model: ModelColumns
) -> Iterator[ColumnStep]:
    """The way of the columns that a model joined: in their own data set, then by the join."""
    for dataset, joined in model.joined.items():
        ways = _way(services, keys[dataset], {}) if dataset in keys else []
        for column, join in joined.items():
            full = f"{dataset}.{column}"
            yield from (replace(step, column=full) for step in ways if step.column == column)
            yield ColumnStep(full, "join", join.what, join.by)
            if full in model.encoded:
                yield ColumnStep(full, model.name, model.encoded[full])


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
