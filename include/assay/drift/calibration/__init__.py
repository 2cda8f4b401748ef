"""Calibration: limits from the distances between ordinary batches.

Rows within a batch depend on each other, so that a p-value of independent rows is too small at any
number of them: two ordinary days differ by more than chance predicts. :func:`calibrate` takes
what was measured between ordinary batches and proposes, for each limit of a policy, the distance
that they exceed no more often than the owner names, and never less than what :func:`measure_chance`
finds that chance alone reaches; :func:`write_limits` puts the proposals into the policy's
file.
"""

from assay.drift.calibration._calibrate import Calibration, Proposal, calibrate, comparisons, halved
from assay.drift.calibration._chance import SMALLER, measure_chance
from assay.drift.calibration._policy_file import write_limits
from assay.drift.calibration._render import render_calibration_json, render_calibration_text

__all__ = [
    "SMALLER",
    "Calibration",
    "Proposal",
    "calibrate",
    "comparisons",
    "halved",
    "measure_chance",
    "render_calibration_json",
    "render_calibration_text",
    "write_limits",
]
