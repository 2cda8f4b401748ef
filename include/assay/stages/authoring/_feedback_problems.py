"""Every fault of a model file's section ``feedback`` that shows beside the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.contract import Contract
from assay.errors import AssayError, Problem, unknown
from assay.policy.model import FeedbackPolicy, ModelFile


def feedback_problems(
    model: str, file: ModelFile, contracts: Mapping[str, Contract]
) -> Iterator[Problem]:
    """Data sets and columns that aren't there, a key that can't join, levels that may not be shown.

    Parameters
    ----------
    contracts : mapping
        Of every data set that loads.
    """
    policy, own = file.feedback, contracts.get(file.data.dataset)
    if policy is None or own is None:
        return
    dataset = policy.predicted_in(model)
    predictions = contracts.get(dataset)
    if predictions is None:
        yield Problem(
            "no data set holds the predictions", where="feedback", got=dataset,
            do=f"Write a contract for {dataset}, or name another one in feedback.predictions.",
        )  # fmt: skip
        return
    yield from _predicted(policy, predictions)
    yield from _key(predictions, own, "data.dataset")
    yield from _outcomes(policy, predictions, contracts)
    yield from _shown(policy, own)


def _predicted(policy: FeedbackPolicy, predictions: Contract) -> Iterator[Problem]:
    """Columns of predictions that were made elsewhere."""
    given = policy.predictions
    if given is None:
        return
    for key, name in (("prediction", given.prediction), ("probability", given.probability)):
        if name is not None and name not in predictions.column_names:
            near = unknown(name, predictions.column_names)
            yield Problem("no such column", where=f"feedback.predictions.{key}", **near)


def _key(predictions: Contract, other: Contract, where: str) -> Iterator[Problem]:
    """The key of the predictions, by which rows of another data set are found."""
    if not predictions.primary_key:
        yield Problem(
            "the predictions have no key", where="feedback", got=predictions.dataset,
            do="Give its contract a primary key.",
        )  # fmt: skip
    for name in predictions.primary_key:
        if name not in other.column_names:
            near = unknown(name, other.column_names)
            what = f"{other.dataset} lacks a column of the predictions' key"
            yield Problem(what, where=where, **near)


def _outcomes(
    policy: FeedbackPolicy, predictions: Contract, contracts: Mapping[str, Contract]
) -> Iterator[Problem]:
    """A data set of outcomes that isn't there, or lacks what is named."""
    from assay.expression import columns_of

    outcomes, at = policy.outcomes, "feedback.outcomes"
    if outcomes is None:
        return
    if outcomes.dataset not in contracts:
        near = unknown(outcomes.dataset, sorted(contracts))
        yield Problem("no such data set", where=f"{at}.dataset", **near)
        return
    contract = contracts[outcomes.dataset]
    yield from _key(predictions, contract, f"{at}.dataset")
    where, names = f"{at}.column", [str(outcomes.column)]
    if outcomes.expression:
        where = f"{at}.expression"
        try:
            names = list(columns_of(outcomes.expression))
        except AssayError as error:
            yield from (Problem(p.what, where, p.got, p.expected, p.do) for p in error.problems)
            return
    for name in names:
        if name not in contract.column_names:
            yield Problem("no such column", where=where, **unknown(name, contract.column_names))


def _shown(policy: FeedbackPolicy, own: Contract) -> Iterator[Problem]:
    """Levels that a page would show: of a classified column only those of a closed list."""
    columns = {column.name: column for column in own.columns}
    for key, names in (("slices", policy.slices), ("segments", policy.segments)):
        for place, name in enumerate(names):
            column = columns.get(name)  # one that isn't there, or is derived, is found elsewhere
            if column is not None and column.classification is not None and not column.levels:
                yield Problem(
                    "levels of a classified column would be shown", where=f"feedback.{key}.{place}",
                    got=name, expected="a column without a classification, or with a closed list",
                )  # fmt: skip
