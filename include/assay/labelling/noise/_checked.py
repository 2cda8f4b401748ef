"""The share of wrong labels by rows that an expert has checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ibis import Table

from assay.engine import ROW, Session
from assay.errors import InputError
from assay.labelling._annotations import Array
from assay.labelling.noise._strata import checked_stratum, share_of_strata
from assay.policy.label_noise import CheckedSample
from assay.statistics.levels import level_text, same_level
from assay.statistics.scores.estimate import Estimate
from assay.statistics.values import is_present


@dataclass(frozen=True)
class CheckedRows:
    """Rows of a batch that an expert has checked.

    Parameters
    ----------
    row : array (n,) of int
        Number of the row in the batch.
    wrong : array (n,) of bool
        Whether the expert gave another label.
    inclusion : array (n,) of float, optional
        Probability with which the row was drawn.
    """

    row: Array
    wrong: Array
    inclusion: Array | None = None


def read_checked(
    session: Session, table: Table, checked: Table, sample: CheckedSample, label: str
) -> CheckedRows:
    """Find the checked rows in a batch; one with two different answers takes no part.

    Raises
    ------
    InputError
        If a probability of inclusion isn't above 0 and at most 1.
    """
    keys = [f"__key{place}" for place in range(len(sample.key))]
    drawn = {"__inclusion": checked[sample.inclusion].cast("float64")} if sample.inclusion else {}
    expert, given = checked[sample.label], table[label]
    answers = checked.filter(is_present(expert)).select(
        **{k: level_text(checked[name]) for k, name in zip(keys, sample.key, strict=True)},
        __expert=expert, __text=level_text(expert), **drawn,
    )  # fmt: skip
    rows_of_batch = table.select(
        **{k: level_text(table[name]) for k, name in zip(keys, sample.key, strict=True)},
        __number=table[ROW], __given=given,
    )  # fmt: skip
    both = rows_of_batch.inner_join(answers, keys)
    right = same_level(both["__given"], both["__expert"]).cast("int64")
    figures = {"right": right.min(), "answers": both["__text"].nunique()}
    figures |= {"inclusion": both["__inclusion"].max()} if sample.inclusion else {}
    found = both.group_by("__number").aggregate(**figures)
    found = found.filter(found["answers"] == 1).order_by("__number")
    rows = session.arrow(found).to_pandas()
    if sample.inclusion:
        rows = rows[rows["inclusion"].notna()]
        if not rows["inclusion"].between(0, 1, inclusive="right").all():
            raise InputError(
                "probabilities of inclusion must be above 0 and at most 1",
                where=f"{sample.dataset}.{sample.inclusion}", do="Correct and release them again.",
            )  # fmt: skip
    inclusion = rows["inclusion"].to_numpy(dtype=float) if sample.inclusion else None
    wrong = rows["right"].to_numpy() == 0
    return CheckedRows(rows["__number"].to_numpy(), wrong, inclusion)


def checked_share(
    checked: CheckedRows, *, rows: int, seen: Array, suspects: Array, alpha: float
) -> Estimate:
    """Estimate the share of wrong labels among all rows from those that were checked.

    Suspects, the other rows that the detector saw, and those that it didn't see are strata. So it
    doesn't matter whether suspects were checked more often than others.

    Parameters
    ----------
    checked : CheckedRows
        Of each stratum, drawn at random or with their probabilities.
    rows : int
        Labelled rows of the batch.
    seen, suspects : array of int
        Numbers of the rows that the detector saw, and of the suspects among them.
    alpha : float
        One minus the confidence.

    Examples
    --------
    >>> few = CheckedRows(np.arange(60), np.arange(60) < 20)
    >>> found = checked_share(few, rows=1000, seen=np.arange(1000), suspects=np.arange(40),
    ...                       alpha=0.05)
    >>> round(found.value, 3), found.n
    (0.02, 60)
    """
    suspect, known = np.isin(checked.row, suspects), np.isin(checked.row, seen)
    parts = [
        (len(suspects), suspect),
        (len(seen) - len(suspects), known & ~suspect),
        (rows - len(seen), ~known),
    ]
    drawn = checked.inclusion
    strata = [
        checked_stratum(size, checked.wrong[of], None if drawn is None else drawn[of])
        for size, of in parts
        if size
    ]
    how = "rows that an expert has checked" + ("" if drawn is None else ", weighted")
    return share_of_strata(strata, alpha, n=len(checked.row), how=how)
