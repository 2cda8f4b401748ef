"""Effects: how large a shift is, and how large it is by chance alone at this number of rows.

:data:`EFFECTS` has them by the name that a policy gives.
"""

from assay.drift.effects._registry import EFFECTS, MEASURES, effects_of_levels, effects_of_order

__all__ = ["EFFECTS", "MEASURES", "effects_of_levels", "effects_of_order"]
