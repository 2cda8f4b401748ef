"""Access: who may do what with a data set, and what each role sees of its rows.

All of it is decided from the data set's access policy, and nothing is allowed that no line of it
allows. :func:`allowed` decides on one right, :func:`view_of` on rows and columns; both name the
place in the policy that says so. Nothing here reads data: the door to released rows is a stage
(:mod:`assay.stages.access`).
"""

from assay.access._allowed import Decision, allowed, check_allowed, has_role
from assay.access._diff import Change, diff
from assay.access._explain import Explained, explain
from assay.access._view import SeenColumn, View, view_of

__all__ = [
    "Change",
    "Decision",
    "Explained",
    "SeenColumn",
    "View",
    "allowed",
    "check_allowed",
    "diff",
    "explain",
    "has_role",
    "view_of",
]
