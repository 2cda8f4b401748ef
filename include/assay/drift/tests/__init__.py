"""Tests: whether a shift is there. Each gives a statistic, its p, and the law that p comes from.

:data:`ORDERED_TESTS` and :data:`LEVEL_TESTS` have them by the name that a policy gives.
"""

from assay.drift.tests._chi_square import LEVEL_TESTS
from assay.drift.tests._ordered import ORDERED_TESTS

__all__ = ["LEVEL_TESTS", "ORDERED_TESTS"]
