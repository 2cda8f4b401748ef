"""Which released versions a feedback reads, and which batches an event is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from assay.errors import InputError
from assay.policy.model import FeedbackPolicy, ModelFile
from assay.records.models import DataUsed
from assay.records.versions import BatchVersion, digest_of
from assay.stages.feedback._spec import Sources, policy_of
from assay.stages.models._data import read_blocks
from assay.stages.models._pin import read_model_file
from assay.stages.services import Services


def affected_batches(services: Services, model: str, key: str) -> list[str]:
    """The released batches of predictions that an event about some batch may change.

    It is the batch of the same key, and where outcomes are found by the key of a row each batch
    of which the batch of outcomes holds a row.

    Raises
    ------
    PolicyError
        If the model file has no section ``feedback``.
    """
    _, file = read_model_file(services, model)
    policy = policy_of(model, file)
    dataset = policy.predicted_in(model)
    there = released(services, dataset, missing_ok=True)
    if there is None:
        return []
    found = {key} & set(there.versions)
    outcomes = policy.outcomes
    if outcomes is not None and outcomes.match == "key":
        arrived = released(services, outcomes.dataset, lambda batch: batch == key, missing_ok=True)
        if arrived is not None:
            names = key_of(services, dataset)
            found |= set(batches_with(services, there, arrived, names))
    return sorted(found)


def sources_of(services: Services, model: str, file: ModelFile, batch: str) -> Sources:
    """The released versions that the feedback on a batch reads, as readers get them now.

    Raises
    ------
    InputError
        If the predictions or the rows that they are about aren't released.
    """
    policy, own = policy_of(model, file), file.data.dataset
    dataset = policy.predicted_in(model)
    predictions = _one(services, dataset, batch)
    described = predictions if dataset == own else _one(services, own, batch)
    sources = Sources(predictions=predictions, described=described)
    if policy.outcomes is not None:
        outcomes = _outcomes(services, policy, predictions, batch)
        sources = sources.model_copy(update={"outcomes": outcomes})
    if policy.predictions is not None and policy.outcomes is None:
        earlier = released(services, dataset, lambda key: key < batch, missing_ok=True)
        if earlier is not None:
            there = set(earlier.versions)
            same = earlier if dataset == own else released(services, own, there.__contains__)
            about = {"earlier": earlier, "earlier_described": same}
            sources = sources.model_copy(update=about)
    return sources


def released(
    services: Services,
    dataset: str,
    wanted: Callable[[str], bool] = lambda _: True,
    *,
    missing_ok: bool = False,
) -> DataUsed | None:
    """The released versions of some batches of a data set; None where there is none.

    Raises
    ------
    InputError
        If there is none, unless it may be missing.
    """
    if services.registry.pointer(dataset) is not None:
        snapshot, versions = services.registry.partitions(dataset, None, partial=True)
        chosen = {key: versions[key] for key in sorted(versions) if wanted(key)}
        if chosen:
            return used_of(dataset, snapshot.number, chosen, whole=len(chosen) == len(versions))
    if missing_ok:
        return None
    raise InputError("nothing of it is released", got=dataset, do=f"Run release__{dataset} first.")


def used_of(
    dataset: str, number: int, versions: dict[str, BatchVersion], *, whole: bool
) -> DataUsed:
    """Versions of one snapshot as they are pinned."""
    return DataUsed(
        dataset=dataset, number=number, digest=digest_of(versions), whole=whole,
        versions={key: version.version for key, version in versions.items()},
    )  # fmt: skip


def _one(services: Services, dataset: str, batch: str) -> DataUsed:
    found = released(services, dataset, lambda key: key == batch, missing_ok=True)
    if found is None:
        raise InputError(
            "the batch isn't released", where=dataset, got=batch,
            do=f"Release it first: release__{dataset}.",
        )  # fmt: skip
    return found


def _outcomes(
    services: Services, policy: FeedbackPolicy, predictions: DataUsed, batch: str
) -> DataUsed | None:
    """The batches that hold an outcome of the predictions; None while none does."""
    outcomes = policy.outcomes
    if outcomes is None:
        return None
    if outcomes.match == "batch":
        return released(
            services, outcomes.dataset, lambda key: key == batch, missing_ok=True
        )  # fmt: skip
    every = released(services, outcomes.dataset, missing_ok=True)
    if every is None:
        return None
    names = key_of(services, predictions.dataset)
    holding = set(batches_with(services, every, predictions, names))
    return released(services, outcomes.dataset, holding.__contains__, missing_ok=True)


def key_of(services: Services, dataset: str) -> tuple[str, ...]:
    """The key by which predictions and outcomes are joined: that of the predictions.

    Raises
    ------
    InputError
        If the contract has none.
    """
    names = services.project.contract(dataset).primary_key
    if not names:
        raise InputError(
            "the predictions have no key, so that nothing names their rows", where=dataset,
            do="Give its contract a primary key.",
        )  # fmt: skip
    return tuple(names)


def batches_with(
    services: Services, searched: DataUsed, rows: DataUsed, names: Sequence[str]
) -> Collection[str]:
    """The batches of a data set that hold the key of some rows of another one."""
    import pyarrow as pa

    wanted = pa.concat_tables(
        [block.select(names) for block in read_blocks(services, rows, names, "feedback").values()],
        promote_options="permissive",
    )
    found = []
    with services.session() as session:
        keys = session.set_aside(wanted)
        for batch, block in read_blocks(services, searched, names, "feedback").items():
            there = session.set_aside(block.select(names))
            if session.value(there.semi_join(keys, list(names)).count()):
                found.append(batch)
    return found
