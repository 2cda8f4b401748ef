"""Publishing: a released snapshot as tables of PostgreSQL, for readers who ask in SQL.

Each data set has a schema of its own. Each batch version is one partition of the table ``rows``, is
loaded once and never changed; a snapshot is a list of versions, and the view ``latest`` shows the
versions of one snapshot. So a release, or a rollback, moves one row, and every reader sees the old
snapshot or the new one. :func:`plan_publishing` compares what should be there with what is there,
rights included; a plan that isn't empty for a published snapshot is drift, of which
:func:`apply_publishing` repairs each step that it lists. Nothing but the owner reads ``rows``: each
reader has a view of its own with the columns and rows that its role may see.
"""

from assay.publishing._apply import apply_publishing
from assay.publishing._connection import open_database
from assay.publishing._found import Found, read_published
from assay.publishing._plan import PublishingPlan, Step, plan_publishing
from assay.publishing._wanted import Column, PublishedVersion, Reader, Wanted, columns_of

__all__ = [
    "Column",
    "Found",
    "PublishedVersion",
    "PublishingPlan",
    "Reader",
    "Step",
    "Wanted",
    "apply_publishing",
    "columns_of",
    "open_database",
    "plan_publishing",
    "read_published",
]
