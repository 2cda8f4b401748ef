"""Why a column drifted, as a part of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from assay.drift.attribution import Cause, SegmentPart, cause_line, whole_text
from assay.page import Section, number, percent, table, text
from assay.page.draw import split_bars
from assay.reasons import ReasonCode

_SHOWN: Final = 12
_NOTE: Final = Markup(
    '<span class="key"><svg height="12"><rect class="cur" width="24" height="7" y="2"/></svg>'
    "within: rows of the segment changed</span> "
    '<span class="key"><svg height="12"><rect class="mix" width="24" height="7" y="2"/></svg>'
    "mix: the segment has another share of the rows</span> Parts of all segments sum to 100 %; "
    "a negative one worked against the shift."
)

_EVERYWHERE: Final = (
    "A shift that is alike everywhere is seldom about who or what is in the data. Look at what all "
    "rows go through: a recoding, a unit, a default, a change of the source."
)


def cause_sections(causes: Sequence[Cause]) -> Iterator[Section]:
    """A section for each column that failed."""
    for cause in causes:
        what: dict[str, str] = {
            ReasonCode.MISSING_SHARE_CHANGED: " (missing)",
            ReasonCode.UNSEEN_CATEGORY: " (unseen levels)",
        }
        title = f"Why {cause.name} shifted{what.get(cause.code, '')}"
        yield Section(title, list(_parts(cause)), _NOTE if cause.segmenting else None)


def _parts(cause: Cause) -> Iterator[Markup]:
    best = cause.best
    yield text(Markup("<b>{}.</b> {}").format(_said(cause), _scored(cause)))
    if best is not None and cause.segmenting is not None:
        shown = best.segments[:_SHOWN]
        ends = [v for s in best.segments for v in (s.mix, s.within)]
        span = (min(0.0, *map(cause.share, ends)), max(0.0, *map(cause.share, ends)))
        yield _segments(cause, shown, span)
        if best.segments[_SHOWN:]:
            yield text(f"{len(best.segments) - _SHOWN} more segments give less.", "note")
        yield text(_errors(cause), "note")
    if cause.splits and cause.segmenting is None:
        yield text(_EVERYWHERE, "note")
    yield from _rows(cause)
    if cause.splits[1:] or (cause.splits and cause.segmenting is None):
        yield _tried(cause)
    yield from _pipeline(cause)


def _said(cause: Cause) -> str:
    line = cause_line(cause.model_copy(update={"pipeline": ()}))
    return line[0].upper() + line[1:]


def _scored(cause: Cause) -> str:
    if cause.whole is None:
        return ""
    place = f"{cause.table} against {cause.reference}"
    return f"What was split: {cause.score}, {whole_text(cause)} ({place})."


def _segments(cause: Cause, parts: Sequence[SegmentPart], span: tuple[float, float]) -> Markup:
    best = cause.best
    assert best is not None  # noqa: S101 - the caller has looked
    shares = cause.measure == "share"
    heads = [best.column, "part of the shift", "", "within", "mix", "rows before", "rows now"]
    heads += ["share before", "share now"] if shares else []
    rows = []
    for part in parts:
        total, within, mix = (
            percent(cause.share(v), 0) for v in (part.total, part.within, part.mix)
        )
        label = f"{part.label}: {total}, {within} within, {mix} mix"
        name = Markup("<b>{}</b>").format(part.label) if part.carries else part.label
        bars = split_bars(cause.share(part.within), cause.share(part.mix), span, label)
        row = [
            name,
            bars,
            total,
            within,
            mix,
            _count(part.rows_reference),
            _count(part.rows_current),
        ]
        row += [percent(part.mean_reference), percent(part.mean_current)] if shares else []
        rows.append(row)
    return table(heads, rows, numbers=range(2, 9), drawn=(1,))


def _count(rows: int | str) -> str:
    return rows if isinstance(rows, str) else number(rows)


def _errors(cause: Cause) -> str:
    best = cause.best
    if best is None:
        return ""
    within, mix = (percent(cause.share(e), 0) for e in (best.within_error, best.mix_error))
    return (
        f"Standard errors for independent rows: ±{within} within, ±{mix} mix. "
        f"Segments in bold carry most of the shift; (other) holds the small ones together."
    )


def _rows(cause: Cause) -> Iterator[Markup]:
    if not cause.rows:
        return
    more = f", {cause.excess:,} more than the reference’s shares give" if cause.excess else ""
    link = Markup("")
    if cause.file:
        link = Markup(' Their landing row numbers are in <a href="{0}">{0}</a>.').format(cause.file)
    yield text(Markup("{} rows of the batch carry it{}.{}").format(f"{cause.rows:,}", more, link))


def _tried(cause: Cause) -> Markup:
    rows = [
        (
            split.column,
            percent(cause.share(split.within), 0),
            percent(cause.share(split.mix), 0),
            number(split.p),
            "fixes the value by itself" if split.restates else "",
        )
        for split in cause.splits
    ]
    return table(
        ["column tried", "within", "mix", "p that its segments don’t matter", ""],
        rows,
        numbers=(1, 2, 3),
    )


def _pipeline(cause: Cause) -> Iterator[Markup]:
    if not cause.pipeline:
        yield text(
            "In the pipeline nothing differs: not schema, source, rules or reference tables.",
            "note",
        )
        return
    yield table(
        ["in the pipeline", "what differs from the reference"],
        ((change.kind.replace("_", " "), change.what) for change in cause.pipeline),
    )
