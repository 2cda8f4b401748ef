"""Onboarding: the first files of a data set, drafted from a sample and ready to be tightened.

``plan_dataset`` reads a sample and renders a contract, two suites and the policies: types, keys,
null shares, closed lists, ranges, and limits that each say what they were derived from. What only a
person can know (who owns the data, what leads to people) stands in comments to confirm.
``write_dataset`` writes the files and never overwrites one.
"""

from assay.onboarding._plan import DatasetPlan, plan_dataset, write_dataset
from assay.onboarding._profile import ColumnProfile, Profile, measure_profile

__all__ = [
    "ColumnProfile",
    "DatasetPlan",
    "Profile",
    "measure_profile",
    "plan_dataset",
    "write_dataset",
]
