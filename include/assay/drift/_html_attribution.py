"""Why a column drifted, as a part of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from assay.drift.attribution import Cause, Split, cause_line, whole_text
from assay.page import PageContext, Section, link, number, percent, table, text
from assay.page.draw import axis, split_bars
from assay.page.legend import legend
from assay.reasons import ReasonCode

_SHOWN: Final = 12
_NOTE: Final = legend(
    "Parts of all segments sum to 100 %; a negative part works against the shift.",
    {
        "cur": "within: the rows of the segment changed",
        "mix": "mix: the segment’s share of the rows changed",
    },
)

_EVERYWHERE: Final = (
    "A shift that is the same in every segment rarely comes from who or what is in the data. Look "
    "at what happens to all rows: a recoding, a unit, a default value, a change of the source."
)


def cause_sections(causes: Sequence[Cause], context: PageContext) -> Iterator[Section]:
    """Give a section for each column that failed."""
    for cause in causes:
        what: dict[str, str] = {
            ReasonCode.MISSING_SHARE_CHANGED: " (missing)",
            ReasonCode.UNSEEN_CATEGORY: " (unseen levels)",
        }
        title = f"Why {cause.name} shifted{what.get(cause.code, '')}"
        yield Section(title, list(_parts(cause, context)), _NOTE if cause.segmenting else None)


def _parts(cause: Cause, context: PageContext) -> Iterator[Markup]:
    best, line = cause.best, cause_line(cause.model_copy(update={"pipeline": ()}))
    yield text(Markup("<b>{}.</b> {}").format(line[0].upper() + line[1:], _scored(cause)))
    if best is not None and cause.segmenting is not None:
        yield _segments(cause, best, context)
        if best.segments[_SHOWN:]:
            yield text(f"{len(best.segments) - _SHOWN} more segments have smaller parts.", "note")
        yield text(_errors(cause, best), "note")
    if cause.splits and cause.segmenting is None:
        yield text(_EVERYWHERE, "note")
    yield from _rows(cause)
    if cause.splits[1:] or (cause.splits and cause.segmenting is None):
        yield _tried(cause)
    yield from _pipeline(cause)


def _scored(cause: Cause) -> str:
    if cause.whole is None:
        return ""
    place = f"{cause.table} rows against {cause.reference}"
    return f"Measured by {cause.score}: {whole_text(cause)} ({place})."


def _segments(cause: Cause, best: Split, context: PageContext) -> Markup:
    ends = [cause.share(v) for s in best.segments for v in (s.mix, s.within)]
    span = min(0.0, *ends), max(0.0, *ends)
    shares = cause.measure == "share"
    ticks = sorted({span[0], 0.0, span[1]})
    parts_axis = axis(ticks, span, [percent(tick, 0) for tick in ticks])
    heads = [
        best.column,
        parts_axis,
        "part of the shift",
        "within",
        "mix",
        "reference rows",
        "batch rows",
    ]
    heads += ["reference share", "batch share"] if shares else []
    rows = []
    for part in best.segments[:_SHOWN]:
        parts_of = (part.total, part.within, part.mix)
        total, within, mix = (percent(cause.share(v), 0) for v in parts_of)
        named = context.named(best.column, part.label)
        label = f"{named}: {total}, {within} within, {mix} mix"
        name = Markup("<b>{}</b>").format(named) if part.carries else named
        bars = split_bars(cause.share(part.within), cause.share(part.mix), span, label)
        row = [name, bars, total, within, mix]
        row += [number(part.rows_reference), number(part.rows_current)]
        row += [percent(part.mean_reference), percent(part.mean_current)] if shares else []
        rows.append(row)
    return table(heads, rows, numbers=range(2, 9), drawn=(1,))


def _errors(cause: Cause, best: Split) -> str:
    within, mix = (percent(cause.share(e), 0) for e in (best.within_error, best.mix_error))
    return (
        f"Standard errors for independent rows: ±{within} within, ±{mix} mix. "
        f"Segments in bold make up most of the shift; (other) is all small segments together."
    )


def _rows(cause: Cause) -> Iterator[Markup]:
    if not cause.rows:
        return
    where = Markup("")
    if cause.file:
        where = Markup(" Their row numbers are in {}.").format(link(cause.file, cause.file))
    yield text(Markup("{}.{}").format(cause.rows_text, where))


def _tried(cause: Cause) -> Markup:
    rows = [
        (
            split.column,
            percent(cause.share(split.within), 0),
            percent(cause.share(split.mix), 0),
            number(split.p),
            "determines the value" if split.restates else "",
        )
        for split in cause.splits
    ]
    heads = ["column tried", "within", "mix", "p (no effect of segments)", ""]
    return table(heads, rows, numbers=(1, 2, 3))


def _pipeline(cause: Cause) -> Iterator[Markup]:
    if not cause.pipeline:
        same = "Schema, source, rules and reference tables are the same as for the reference."
        yield text(same, "note")
        return
    rows = ((change.kind.replace("_", " "), change.what) for change in cause.pipeline)
    yield table(["part of the pipeline", "what differs from the reference"], rows)
