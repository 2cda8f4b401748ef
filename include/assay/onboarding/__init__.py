"""Onboarding: the first files of a data set, drafted from a sample and ready to be tightened.

``plan_dataset`` reads a sample and renders a contract, two suites and the policies: types, keys,
null shares, closed lists, ranges, and limits, each with what it was derived from. What only a
person can know (who owns the data, what leads to people) is a comment to confirm.
``write_dataset`` writes the files and never overwrites one.

``propose_suite`` proposes expectations from data, each with the evidence for it: how many rows,
which extremes, how often the rarest level occurs, how much earlier versions differ. Of columns
that are about people it reads counts only. ``write_suite`` and ``merge_suite`` write them, and
change nothing in a suite that exists.
"""

from assay.onboarding._plan import DatasetPlan, plan_dataset, write_dataset
from assay.onboarding._suite_file import merge_suite, write_suite
from assay.onboarding.evidence._column_names import guess_classification
from assay.onboarding.proposals._proposal import Proposal, Remark, aspects
from assay.onboarding.proposals._suite import Suggestion, propose_suite, suite_of

__all__ = [
    "DatasetPlan",
    "Proposal",
    "Remark",
    "Suggestion",
    "aspects",
    "guess_classification",
    "merge_suite",
    "plan_dataset",
    "propose_suite",
    "suite_of",
    "write_dataset",
    "write_suite",
]
