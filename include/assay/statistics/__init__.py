"""Statistics that rooms share: each once, exact, with the same bits on any number of threads.

- ``values``: which cells of a column have a value.
- ``exact``: sums that are exact in any order of the rows.
- ``moments``: count, mean and spread; minimum and maximum.
- ``quantiles``: exact quantiles, and median absolute deviations.
- ``profile`` and ``profile_scan``: what one scan finds of many columns.
- ``horvitz_thompson``: a share of the whole from rows with unequal probabilities.
- ``learning_curve``: what more training rows would give.
- ``keyed_order``: random numbers that follow from keys.
- ``scores``: how good predictions are, each figure with its interval.
"""

__all__: list[str] = []
