"""Distinct, entropy and recursive l-diversity of one sensitive column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ibis
from ibis import Table

from assay.engine import Session, round12
from assay.privacy.anonymity._classes import PEOPLE


def distinct_and_entropy(session: Session, cells: Table, by: Sequence[str]) -> tuple[int, float]:
    """The least number of values in a class, and the least exponential of its entropy.

    Parameters
    ----------
    cells : ibis.Table
        People of each class and value; not empty.

    References
    ----------
    A. Machanavajjhala, D. Kifer, J. Gehrke, M. Venkitasubramaniam: l-diversity. ACM TKDD 1 (2007),
    doi:10.1145/1217299.1217302.
    """
    n: Any = cells[PEOPLE]
    of_class = cells.group_by(list(by)).aggregate(
        values=cells.count(), total=n.sum(), logs=(n * n.cast("float64").ln()).sum()
    )
    entropy = of_class.total.cast("float64").ln() - of_class.logs / of_class.total
    found = session.one(of_class.aggregate(distinct=of_class["values"].min(), least=entropy.min()))
    # A class of one value has an entropy of 0, up to the last bit of a logarithm.
    return int(found["distinct"]), round12(math.exp(max(found["least"], 0.0)))


def recursive_ratios(
    session: Session, cells: Table, by: Sequence[str], levels: Sequence[int]
) -> tuple[tuple[int, float | None], ...]:
    """For each l, the largest ratio of a class' most frequent value to those from the l-th on."""
    order = ibis.window(group_by=list(by), order_by=ibis.desc(PEOPLE))
    placed = cells.mutate(__place=ibis.row_number().over(order))
    n: Any = placed[PEOPLE]
    tails = {
        f"tail_{least}": ibis.ifelse(placed["__place"] >= least - 1, n, 0).sum() for least in levels
    }
    of_class = placed.group_by(list(by)).aggregate(first=n.max(), **tails)
    ratios = {f"ratio_{least}": (of_class["first"] / of_class[f"tail_{least}"]).max()
              for least in levels}  # fmt: skip
    fewest = {f"none_{least}": (of_class[f"tail_{least}"] == 0).any() for least in levels}
    found = session.one(of_class.aggregate(**ratios, **fewest))
    return tuple(
        (one, None if found[f"none_{one}"] else round12(found[f"ratio_{one}"])) for one in levels
    )
