"""The cause of a column's drift."""

from __future__ import annotations

from typing import Literal

from assay.verdict import Frozen


class SegmentPart(Frozen):
    """One segment's part of the whole; parts of all segments and of both kinds sum to it.

    ``label`` is the level, `(missing)`, `(other)`, or a number without meaning where it may not be
    named. Of a classified column, rows below the policy's least number are `<n`, and a mean that
    may not be shown is None. ``carries`` says whether it is among the fewest segments that give
    four fifths of the whole, five at most.
    """

    label: str
    rows_reference: int | str
    rows_current: int | str
    mean_reference: float | None
    mean_current: float | None
    mix: float
    within: float
    carries: bool = False

    @property
    def total(self) -> float:
        """The segment's part of the whole."""
        return self.mix + self.within


class Split(Frozen):
    """The whole over the segments of one column.

    Read ``mix`` and ``within`` against the whole: they sum to it. Their errors are standard errors
    for independent rows. ``p`` is small where the segments matter: where shares moved the mean, or
    where the segments' means moved unequally. ``stands_out`` says how far, over the whole, less
    what chance gives. A column ``restates`` the judged one where its levels fix the score.
    """

    column: str
    classified: bool = False
    segments: tuple[SegmentPart, ...]
    mix: float
    within: float
    mix_error: float
    within_error: float
    p: float
    stands_out: float
    restates: bool = False


class PipelineChange(Frozen):
    """Something of the pipeline that differs between this run and the reference's.

    ``kind`` is ``schema``, ``source``, ``rule`` or ``reference_table``; ``what`` is one short
    phrase with names of columns, files of rules and data sets, never a value.
    """

    kind: Literal["schema", "source", "rule", "reference_table"]
    what: str


class Cause(Frozen):
    """Why one column failed, by its segments and by changes of the pipeline.

    ``score`` says in words what the score of a row is, and ``whole`` is the difference of its
    means, which the parts sum to. ``measure`` is what that is: ``share`` of rows, ``psi``,
    ``wasserstein``, ``phi_squared`` (χ² over rows, of which Cramér's V is the root) or
    ``jensen_shannon_divergence``, the distance squared. ``splits`` are the columns that were tried,
    the best first; ``segmenting`` is the column whose segments explain best, None where no column's
    do. ``rows`` of the batch carry the shift, ``excess`` more than the reference's shares would
    give; their numbers are in ``file``.
    """

    table: str
    reference: str
    column: str
    slice: str | None = None
    code: str
    score: str = ""
    measure: str = "share"
    whole: float | None = None
    segmenting: str | None = None
    splits: tuple[Split, ...] = ()
    rows: int | None = None
    excess: int | None = None
    file: str | None = None
    pipeline: tuple[PipelineChange, ...] = ()

    @property
    def name(self) -> str:
        """The column, with its slice where it has one."""
        return self.column if self.slice is None else f"{self.column} [{self.slice}]"

    @property
    def rows_text(self) -> str:
        """The rows behind the shift in words, and how many the reference's shares would give."""
        rows = self.rows or 0
        expected = f"; {rows - self.excess:,} were expected" if self.excess else ""
        return f"{rows:,} rows of the batch have these values{expected}"

    @property
    def best(self) -> Split | None:
        """The split over the segmenting column, else the first that was tried."""
        return self.splits[0] if self.splits else None

    @property
    def carriers(self) -> tuple[SegmentPart, ...]:
        """The segments that carry most of the shift, the largest first; none stands out: empty."""
        if self.segmenting is None or self.best is None:
            return ()
        return tuple(part for part in self.best.segments if part.carries)

    def share(self, part: float) -> float:
        """A part over the whole, 0 without a whole."""
        return part / self.whole if self.whole else 0.0
