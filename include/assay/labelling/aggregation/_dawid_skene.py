"""Dawid and Skene's model: each annotator errs in a way of their own.

A task has one true label, an annotator gives label k where c is true with a probability of theirs.
Expectation-maximisation finds both at once: from how probable each task's labels are follow the
annotators' confusion matrices, and the other way round. Both steps are products with one sparse
matrix.

References
----------
Dawid AP, Skene AM (1979), Maximum likelihood estimation of observer error-rates using the EM
algorithm, https://doi.org/10.2307/2346806.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.labelling._annotations import Annotations, Array
from assay.labelling.aggregation._votes import Aggregated, incidence, majority_vote

_LEAST: Final = 1e-10
"""The smallest count and probability: the logarithm of 0 would rule a label out for ever."""


@dataclass(frozen=True)
class DawidSkene:
    """A fitted model.

    Parameters
    ----------
    aggregated : Aggregated
        The label of each task, and how probable each is.
    prior : array (k,) of float
        Share of each true label.
    confusion : array (w, k, k) of float
        Of each annotator: probability of the label given (last) where a label is true (middle).
        Without information on a true label, a row is even.
    log_likelihood : float
        Of the annotations, natural.
    iterations : int
        Steps that were made.
    converged : bool
        Whether the last step gained less than the tolerance.
    """

    aggregated: Aggregated
    prior: Array
    confusion: Array
    log_likelihood: float
    iterations: int
    converged: bool


def dawid_skene(
    annotations: Annotations, *, known: Array | None = None, iterations: int = 500,
    tolerance: float = 1e-9,
) -> DawidSkene:  # fmt: skip
    """Find the most likely labels, weighing each annotator by how they err.

    Parameters
    ----------
    known : array (t,) of int, optional
        The true label of tasks whose answer is known (gold tasks), -1 for all others.
    iterations : int
        Steps at most.
    tolerance : float
        It ends when a step gains less log-likelihood than this, for each annotation.

    Notes
    -----
    Starts from shares of votes. Maximum likelihood without a prior: an annotator with a few
    annotations may seem perfect, so read their matrix with its interval
    (:func:`assay.labelling.aggregation.measure_annotators`).

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> truth = random.integers(2, size=300)
    >>> skill = np.array([0.95, 0.9, 0.6, 0.55, 0.55])
    >>> right = random.random((300, 5)) < skill
    >>> task, who = np.divmod(np.arange(1500), 5)
    >>> label = np.where(right.ravel(), truth[task], 1 - truth[task])
    >>> given = Annotations(task, who, label, tuple(range(300)), tuple("abcde"), (0, 1))
    >>> [round(float((m.label == truth).mean()), 2)
    ...  for m in (majority_vote(given), dawid_skene(given).aggregated)]
    [0.85, 0.9]
    """
    given = incidence(annotations)
    answered = np.bincount(annotations.task, minlength=len(annotations.tasks)) > 0
    posterior = _with_known(majority_vote(annotations).posterior, known)
    people, k = len(annotations.annotators), len(annotations.labels)
    before, step, gain, least = -np.inf, 0, np.inf, tolerance * max(len(annotations), 1)
    prior, confusion = _maximise(posterior, given, people, answered)
    while step < iterations and gain >= least:
        step += 1
        joint = given @ np.log(confusion).transpose(0, 2, 1).reshape(people * k, k)
        joint += np.log(prior)
        top = np.maximum.reduce([*joint.T, np.full(len(joint), -np.inf)])[:, None]
        posterior = np.exp(joint - top)
        total = posterior @ np.ones((k, 1))
        posterior *= answered[:, None] / total
        likelihood = _likelihood(joint, (top + np.log(total))[:, 0], answered, known)
        posterior = _with_known(posterior, known)
        prior, confusion = _maximise(posterior, given, people, answered)
        gain, before = likelihood - before, likelihood
    return DawidSkene(Aggregated.of(posterior), prior, confusion, before, step, bool(gain < least))


def _maximise(posterior: Array, given: Any, people: int, answered: Array) -> tuple[Array, Array]:
    """Shares of the true labels (k,), and confusion matrices (w, k, k) of annotators."""
    k = posterior.shape[1]
    prior = np.maximum(posterior.sum(axis=0) / max(int(answered.sum()), 1), _LEAST)
    counts = np.maximum((given.T @ posterior).reshape(people, k, k), _LEAST)
    return prior, (counts / counts.sum(axis=1, keepdims=True)).transpose(0, 2, 1)


def _with_known(posterior: Array, known: Array | None) -> Array:
    if known is None:
        return posterior
    fixed = np.flatnonzero(known >= 0)
    posterior[fixed] = 0.0
    posterior[fixed, known[fixed]] = 1.0
    return posterior


def _likelihood(joint: Array, total: Array, answered: Array, known: Array | None) -> float:
    of_task = total
    if known is not None:
        fixed = known >= 0
        of_task = total.copy()
        of_task[fixed] = joint[fixed, known[fixed]]
    return float(of_task[answered].sum())
