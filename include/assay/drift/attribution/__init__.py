"""Attribution: why a column drifted. The mix of segments changed, or rows within segments did.

An alarm is a number by which two distributions differ. It is the difference of two means of one
*score* of the rows, E′[g] − E[g], with g chosen so that this is the effect that the policy judges:
rows beyond the point of the Kolmogorov-Smirnov distance, the log ratio of a PSI's cells. A
difference of means splits exactly, over the segments of a column, into **mix** (segments have
other shares) and **within** (rows of a segment have another mean), and both into parts of each
segment: Kitagawa's decomposition with symmetric weights. The parts sum to the whole.

:func:`explain_drift` reads the rows behind one of the :func:`alarms` of a verdict, and
:func:`with_causes` adds the causes to it. No limit is involved.
"""

from assay.drift.attribution._alarms import alarms, causes_of, with_causes
from assay.drift.attribution._cause import Cause, PipelineChange, SegmentPart, Split
from assay.drift.attribution._explain import explain_drift
from assay.drift.attribution._render import cause_line, cause_text, whole_text
from assay.drift.attribution._row_numbers import write_rows
from assay.drift.attribution._schema import schema_changes
from assay.drift.columns._counted_table import CountedTable

__all__ = [
    "Cause",
    "CountedTable",
    "PipelineChange",
    "SegmentPart",
    "Split",
    "alarms",
    "cause_line",
    "cause_text",
    "causes_of",
    "explain_drift",
    "schema_changes",
    "whole_text",
    "with_causes",
    "write_rows",
]
