"""Finding personal data: columns that look as if they led to people, each with its evidence.

A detector knows one kind of personal data by the form of its values, by check digits, and by what
columns of it are called. :func:`find_personal_data` reads the distinct values of a table and gives
what the detectors found: proposals, which a person confirms. A finding holds counts, never a value.
"""

from assay.privacy.finding._find import find_personal_data
from assay.privacy.finding._finding import Finding, Found
from assay.privacy.finding._judge import judge_findings, undeclared
from assay.privacy.finding._render import render_findings, render_html
from assay.privacy.finding._words import noun_of
from assay.privacy.finding.kinds import KINDS

__all__ = [
    "KINDS",
    "Finding",
    "Found",
    "find_personal_data",
    "judge_findings",
    "noun_of",
    "render_findings",
    "render_html",
    "undeclared",
]
