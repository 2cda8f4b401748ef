"""How good a model's predictions are: every figure with its interval.

- ``estimate``: a figure with its interval and the rows behind it.
- ``units``: rows that depend on each other count as one.
- ``shares`` and ``means``: intervals of a share, and of a mean loss.
- ``classification``, ``regression``: the usual figures of a model.
- ``delong``: the area under the ROC curve, and its difference between two models.
- ``precision_recall``: the area under the precision-recall curve.
- ``calibration``: whether a probability of .7 comes true seven times in ten.
- ``paired``: two models on the same rows.
"""

__all__: list[str] = []
