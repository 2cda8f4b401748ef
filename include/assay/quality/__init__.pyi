from ._contract_suite import contract_suite
from ._file_validation import parameters_from, validate_file
from ._html import render_html
from ._quarantine import write_marks, write_quarantine
from ._suite import load_suite
from ._validation import Validation, validate
from ._verdict import judge_validation
from .gx._docs import check_suite_with_gx
from .gx._site import render_data_docs

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
