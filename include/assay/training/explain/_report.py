"""What was found out about a model, as a report: row numbers, spreads, groups, and few values."""

from __future__ import annotations

from pydantic import Field

from assay.training.explain._dependence import Dependence
from assay.training.explain._importance import Importance
from assay.training.explain._recourse import Recourse
from assay.verdict import Frozen


class Change(Frozen):
    """What becomes of one feature.

    Parameters
    ----------
    spreads : float or None
        Of a number: by how many standard deviations of the released column it changes. None for a
        level, and for a number that is missing now.
    now, to : str or None
        The values. A report that is kept has ``to`` alone, and only of levels that aren't
        classified; both are there where a reader of the data asks.
    """

    feature: str
    spreads: float | None = None
    now: str | None = None
    to: str | None = None


class Way(Frozen):
    """One counterfactual: its changes, Gower's distance, and the distance to a released row."""

    changes: tuple[Change, ...]
    distance: float
    neighbour: float


class ExplainedRow(Frozen):
    """A row, named by its batch and number, with its counterfactuals, the nearest first.

    Parameters
    ----------
    why : str
        Why it was chosen.
    predicted : str or None
        Its predicted class; None in a report that is kept where the label is classified.
    """

    batch: str
    id: int
    why: str
    predicted: str | None = None
    ways: tuple[Way, ...] = ()


class ExplanationReport(Frozen):
    """Why a model predicts what it does.

    Parameters
    ----------
    tested, measured : int
        Test rows, and how many of them importance was measured on.
    loss : str
        What rises in the importance of a feature.
    about : str or None
        The class whose probability partial dependence averages; None for a number.
    compared : int
        Released rows that counterfactuals were compared with.
    bound : float or None
        The farthest that a counterfactual may lie from the nearest of them.
    changeable : tuple of str
        Features that may change.
    """

    tested: int
    measured: int = 0
    loss: str = ""
    about: str | None = None
    importance: tuple[Importance, ...] = ()
    dependence: tuple[Dependence, ...] = ()
    changeable: tuple[str, ...] = ()
    rows: tuple[ExplainedRow, ...] = ()
    compared: int = 0
    bound: float | None = None
    recourse: tuple[Recourse, ...] = Field(default=())

    @property
    def with_way(self) -> int:
        """How many of the explained rows have a counterfactual."""
        return sum(bool(row.ways) for row in self.rows)
