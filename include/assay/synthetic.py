"""How rows that were made say so: the name of their column, and of their data set."""

from __future__ import annotations

from typing import Final

SYNTHETIC: Final = "__synthetic"
"""True in each row that was made; the one column of data whose name begins with ``__``."""


def synthetic_of(dataset: str) -> str:
    """Name of the data set of a data set's synthetic rows.

    Examples
    --------
    >>> synthetic_of("visits")
    'visits_synthetic'
    """
    return f"{dataset}_synthetic"
