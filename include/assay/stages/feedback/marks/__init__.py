"""What makes single rows suspect: what cleaning did to them, where they lie, what their label is.

Each module finds the rows of one kind, by their numbers in the released version.
"""

from assay.stages.feedback.marks._rows import MarkedRows, find_marked_rows

__all__ = ["MarkedRows", "find_marked_rows"]
