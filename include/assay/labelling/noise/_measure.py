"""What is found of a batch's labels: suspects, and the share of wrong labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from ibis import Table

from assay.contract import Contract
from assay.engine import ROW, Session, data_columns
from assay.engine.functions import seeded_hash
from assay.labelling._annotations import Array
from assay.labelling.noise._checked import CheckedRows, checked_share, read_checked
from assay.labelling.noise._out_of_fold import feature_table, out_of_fold_probabilities
from assay.labelling.noise._shown_levels import group_rows, shown_names
from assay.labelling.noise._strata import Stratum, share_of_strata
from assay.labelling.noise._suspects import LabelNoise, find_suspects
from assay.policy.label_noise import LabelNoisePolicy
from assay.statistics.confident_learning import confident_joint
from assay.statistics.levels import level_text
from assay.statistics.scores.estimate import Estimate
from assay.statistics.values import is_present

_OPINIONS = frozenset({"prediction", "probability", "identifier", "key"})
"""Roles of columns that aren't learned from."""


@dataclass(frozen=True)
class LabelNoiseMeasurements:
    """What the gate found, without any value of a classified column.

    Parameters
    ----------
    rows, labelled : int
        Rows of the batch, and those with a label.
    labels : mapping
        Each label, by a name that may be shown, to its number of rows that the model saw.
    missing_columns : tuple of str
        Columns that the policy names and the table lacks.
    left_out : tuple of str
        Columns that the model can't learn from.
    features : int
        Columns that it learned from.
    noise : LabelNoise, optional
        None where there was nothing to learn from.
    row : array (n,) of int
        Number of each row that the model saw.
    estimated : Estimate, optional
        Share of wrong labels that the detector estimates.
    checked : Estimate, optional
        The same by the rows that an expert has checked; None where there is none.
    """

    rows: int
    labelled: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    missing_columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    features: int = 0
    noise: LabelNoise | None = None
    row: Array = field(default_factory=lambda: np.array([], dtype=int))
    estimated: Estimate | None = None
    checked: Estimate | None = None

    @property
    def seen(self) -> int:
        """Rows that the model saw."""
        return len(self.row)

    @property
    def suspects(self) -> Array:
        """Places of the suspects, the least fitting first."""
        if self.noise is None:
            return np.array([], dtype=int)
        place = np.flatnonzero(self.noise.suspect)
        return place[np.lexsort((self.row[place], -self.noise.margin[place]))]


def measure_label_noise(
    session: Session, table: Table, policy: LabelNoisePolicy, contract: Contract,
    levels: Mapping[str, Iterable[str]] | None = None, checked: Table | None = None,
) -> LabelNoiseMeasurements:  # fmt: skip
    """Find the suspects among a batch's rows, and estimate the share of wrong labels.

    Parameters
    ----------
    session : Session
    table : ibis.Table
        The rows, with their numbers in ``__row``.
    policy : LabelNoisePolicy
        Says what is learned from, and by how many rows. Its limits aren't read.
    contract : Contract
        Whose keys, identifiers and predictions aren't learned from.
    levels : mapping, optional
        Column to closed list of levels; others of a classified column are shown by a number.
    checked : ibis.Table, optional
        Rows that an expert has checked.

    Raises
    ------
    InputError
        If a probability of inclusion isn't one.
    """
    if not policy.applies:
        return LabelNoiseMeasurements(0)
    rules, names = policy.rules, data_columns(table)
    number = int(session.value(table.count()))
    missing = tuple(n for n in dict.fromkeys((rules.label, *policy.groups)) if n not in names)
    if rules.label in missing:
        return LabelNoiseMeasurements(number, missing_columns=missing)
    labelled = table.filter(is_present(table[rules.label]))
    of_label = int(session.value(labelled.count()))
    known = LabelNoiseMeasurements(number, of_label, missing_columns=missing)
    if of_label < rules.least_rows:
        return known
    ordered = labelled.order_by(seeded_hash(labelled[ROW], str(policy.seed)), labelled[ROW])
    there = [name for name in policy.groups if name not in missing]
    texts = {f"__level_{n}": level_text(ordered[n]) for n in (rules.label, *there)}
    rows = session.arrow(ordered.mutate(**texts).limit(rules.most_rows)).to_pandas()
    found = _learned(rows, known, policy, contract, levels or {})
    if checked is None or policy.checked is None or found.noise is None:
        return found
    by_expert = read_checked(session, labelled, checked, policy.checked, rules.label)
    return _with_checked(found, by_expert, rules.alpha)


def _learned(
    rows: Any, known: LabelNoiseMeasurements, policy: LabelNoisePolicy, contract: Contract,
    levels: Mapping[str, Iterable[str]],
) -> LabelNoiseMeasurements:  # fmt: skip
    """What a model of the other columns says of the labels."""
    rules = policy.rules
    codes = rows[f"__level_{rules.label}"].astype("category").cat
    given, classes = codes.codes.to_numpy().astype(np.intp), list(codes.categories)
    shown = shown_names(rules.label, classes, contract, levels)
    number = np.bincount(given, minlength=len(classes))
    features, left_out = feature_table(rows[_learnable(rows, policy, contract)])
    known = replace(
        known, row=rows[ROW].to_numpy(), left_out=tuple(left_out), features=features.shape[1],
        labels=dict(zip(shown, map(int, number), strict=True)),
    )  # fmt: skip
    if len(classes) < 2 or number.min() < rules.least_number or not known.features:
        return known
    chance = out_of_fold_probabilities(features, given, folds=rules.folds, seed=policy.seed)
    groups = {
        name: members
        for column in policy.groups if column not in known.missing_columns
        for name, members in group_rows(rows[f"__level_{column}"], column, contract, levels).items()
        if members.sum() >= rules.least_number
    }  # fmt: skip
    noise = find_suspects(given, chance, classes=shown, alpha=rules.alpha, groups=groups)
    return replace(known, noise=noise, estimated=_estimated(given, chance, rules.alpha))


def _learnable(rows: Any, policy: LabelNoisePolicy, contract: Contract) -> list[str]:
    """Columns that the model learns from, in an order of their own."""
    roles = {**policy.roles, **contract.roles}
    kept_out = {*policy.without, *contract.primary_key, policy.rules.label}
    kept_out |= {name for name, role in roles.items() if role in _OPINIONS}
    return sorted(n for n in rows.columns if n not in kept_out and not n.startswith("__"))


def _estimated(given: Array, chance: Array, alpha: float) -> Estimate:
    """The detector's share: of each label, the rows that confidently have another class."""
    joint, number = confident_joint(given, chance), np.bincount(given)
    confident = joint.sum(axis=1)
    wrong = (confident - np.diagonal(joint)) / np.maximum(confident, 1)
    strata = [
        Stratum(int(n), float(p), float(m))
        for n, p, m in zip(number, wrong, confident, strict=True)
    ]
    return share_of_strata(
        strata, alpha, n=int(confident.sum()), how="estimate of a detector (confident learning)"
    )


def _with_checked(
    found: LabelNoiseMeasurements, by_expert: CheckedRows, alpha: float
) -> LabelNoiseMeasurements:
    if found.noise is None or not len(by_expert.row):
        return found
    suspects = found.row[found.noise.suspect]
    share = checked_share(
        by_expert, rows=found.labelled, seen=found.row, suspects=suspects, alpha=alpha
    )
    return replace(found, checked=share)
