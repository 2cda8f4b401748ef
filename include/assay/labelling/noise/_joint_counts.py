"""How many rows have each given and each true label."""

from __future__ import annotations

import numpy as np

from assay.labelling._annotations import Array
from assay.statistics.confident_learning import confident_joint


def joint_counts(given: Array, probability: Array) -> Array:
    """Estimate how many rows have each given and each true label (k, k); sums to n.

    Notes
    -----
    Each row of the confident joint is scaled to the number of rows with that label. A label whose
    rows are confidently of no class is taken to be right.
    """
    joint = confident_joint(given, probability).astype(float)
    number = np.bincount(given, minlength=len(joint)).astype(float)
    found = joint.sum(axis=1)
    joint[found == 0] = np.eye(len(joint))[found == 0]
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * number[:, None])
