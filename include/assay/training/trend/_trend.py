"""The values of a trend."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from assay.records.models import Figure
from assay.verdict import Frozen


class TrainedVersion(Frozen):
    """One version of a model, with the metric on its own test rows.

    Parameters
    ----------
    data : str
        Data set and snapshot, such as ``flights@12``.
    state : {'promoted', 'passed', 'held'}
        Whether it was ever the champion; else what its gates said.
    figure : Figure, optional
        None where the version has no such metric, or its record is gone.
    """

    name: str
    data: str
    snapshot: int
    at: datetime
    state: Literal["promoted", "passed", "held"]
    champion: bool = False
    figure: Figure | None = None


class Trend(Frozen):
    """A metric over the versions of a model, the earliest first.

    Each figure is on the test rows of its own version, so a change may come from the rows, too:
    ``assay experiments compare`` compares two versions on the same ones.

    Parameters
    ----------
    least, most : float, optional
        The limits of the metric in the model file as it is now.
    """

    model: str
    metric: str
    versions: tuple[TrainedVersion, ...]
    least: float | None = None
    most: float | None = None

    @property
    def limits(self) -> dict[str, float]:
        """What each limit is called → its value."""
        named = {"at least": self.least, "at most": self.most}
        return {name: value for name, value in named.items() if value is not None}
