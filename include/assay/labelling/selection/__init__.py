"""Selection: which rows are labelled next, why, and with what probability.

:func:`committee_chances` asks models that disagree, :func:`select_rows` mixes strategies by shares
and draws the rest at random. :mod:`assay.labelling.selection.worth` says what labels have given so
far. The scores are functions of their own, one module for each kind.
"""

from assay.labelling.selection._committee import Family, committee_chances, default_families
from assay.labelling.selection._features import standardised
from assay.labelling.selection._pool import Pool
from assay.labelling.selection._render import render_selection
from assay.labelling.selection._select import Selection, Share, check_shares, select_rows
from assay.labelling.selection._strategies import RELABEL, SCORES

__all__ = [
    "RELABEL",
    "SCORES",
    "Family",
    "Pool",
    "Selection",
    "Share",
    "check_shares",
    "committee_chances",
    "default_families",
    "render_selection",
    "select_rows",
    "standardised",
]
