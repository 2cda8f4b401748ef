"""Quality: whether a batch keeps what its contract promises and its owner expects.

An expectation suite, in Great Expectations' own JSON, is compiled to one list of checks. All their
aggregates run in one scan of the data; where something fails, a second pass marks the failing rows
with every reason. What comes out is Great Expectations' validation result, with an ``engine`` and
a ``verdict`` beside each expectation's, and without a value of any classified column.

An expectation of rows that meets its ``mostly`` tolerates and counts its failing rows. One that
doesn't, if critical, sends them to quarantine; an unmet critical expectation of the whole table
holds the batch. Warnings warn; info changes nothing; what couldn't be judged is INCONCLUSIVE and
never passes.
"""

import assay.quality.expectations  # noqa: F401  # registers their compilers
from assay.quality._contract_suite import contract_suite
from assay.quality._file_validation import parameters_from, validate_file
from assay.quality._html import render_html
from assay.quality._quarantine import write_marks, write_quarantine
from assay.quality._suite import load_suite
from assay.quality._validation import Validation, validate
from assay.quality._verdict import judge_validation
from assay.quality.gx._docs import check_suite_with_gx
from assay.quality.gx._site import render_data_docs

__all__ = [
    "Validation",
    "check_suite_with_gx",
    "contract_suite",
    "judge_validation",
    "load_suite",
    "parameters_from",
    "render_data_docs",
    "render_html",
    "validate",
    "validate_file",
    "write_marks",
    "write_quarantine",
]
