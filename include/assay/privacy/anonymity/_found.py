"""What was measured: sizes of classes, diversity and closeness of sensitive columns, risks."""

from __future__ import annotations

from assay.engine import round12
from assay.verdict import Frozen


class Diversity(Frozen):
    """How well the classes hide one sensitive column; each number is that of the worst class.

    Parameters
    ----------
    column : str
        The sensitive column.
    distinct : int
        Least number of values in a class; a missing value counts as one. 1 means that somebody's
        value is known to everybody who knows the quasi-identifiers.
    entropy : float
        Least exponential of the entropy of a class: the number of equally frequent values that
        would be as uncertain. At most ``distinct``.
    recursive : tuple of (int, float or None)
        l with the largest ratio of a class' most frequent value to all that are left without the
        l - 1 most frequent ones. The data have recursive (c, l)-diversity for each c above the
        ratio; None where a class has fewer than l values, so that no c is enough.
    closeness : float
        Greatest distance between the values of a class and those of all, from 0 to 1.
    ordered : bool
        Whether the distance is that of ordered values (numbers, dates) or of categories.
    """

    column: str
    distinct: int
    entropy: float
    recursive: tuple[tuple[int, float | None], ...]
    closeness: float
    ordered: bool

    def ratio(self, least: int) -> float | None:
        """The ratio of recursive diversity at one l, as measured; None: no c is enough."""
        return dict(self.recursive).get(least)


class Population(Frozen):
    """The risks of a sample, by the classes of the population that it was drawn from.

    Parameters
    ----------
    smallest : int
        Least number of people of the population in a class that the sample has.
    journalist_highest : float
        Risk of the person who is found most easily by somebody who doesn't know who is in the
        sample: one by ``smallest``.
    journalist_average : float
        The greater of classes by people of the population in them, and the marketer risk.
    marketer : float
        Expected share of the sample that is found if all are looked for.
    beyond : int
        Classes with more people in the sample than in the population; the sample's number counts
        there. Any shows that the file doesn't hold the whole population.
    """

    smallest: int
    journalist_highest: float
    journalist_average: float
    marketer: float
    beyond: int


class Anonymity(Frozen):
    """The classes of a table, and how well people hide in them.

    Parameters
    ----------
    quasi_identifiers : tuple of str
        Columns by which a person could be found.
    rows, people : int
        Rows, and people summed over the classes: who has rows in two classes counts in both.
    sizes : tuple of (int, int)
        Number of people in a class, with the number of such classes; rising.
    sensitive : tuple of Diversity
        One for each sensitive column.
    population : Population, optional
        Risks by the population, where one was given.
    """

    quasi_identifiers: tuple[str, ...]
    rows: int
    people: int
    sizes: tuple[tuple[int, int], ...]
    sensitive: tuple[Diversity, ...] = ()
    population: Population | None = None

    @property
    def k(self) -> int | None:
        """People in the smallest class; None without rows."""
        return self.sizes[0][0] if self.sizes else None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return sum(number for _, number in self.sizes)

    @property
    def highest_risk(self) -> float | None:
        """Prosecutor risk of the person who is found most easily: 1 / k."""
        return round12(1 / self.k) if self.k else None

    @property
    def average_risk(self) -> float | None:
        """Prosecutor risk on average, and the marketer's without a population: classes / people."""
        return round12(self.classes / self.people) if self.people else None

    def share_in_classes_below(self, size: int) -> float | None:
        """Share of the people who are in a class of fewer than ``size``."""
        few = sum(n * classes for n, classes in self.sizes if n < size)
        return round12(few / self.people) if self.people else None
