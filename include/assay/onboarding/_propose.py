"""A suite proposed from data: what they keep, as expectations with the evidence for each."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ibis import Table

from assay.engine import Session
from assay.onboarding._earlier import LEAST_VERSIONS, Version, measure_earlier, prediction_band
from assay.onboarding._pairs import (
    Determined,
    Order,
    find_determined,
    find_key,
    find_orders,
    sample_of,
)
from assay.onboarding._patterns import (
    MOST_SHAPES,
    Pattern,
    date_formats,
    format_query,
    learn_pattern,
    shape_query,
    shapes_of,
)
from assay.onboarding._profile import KEY_WORDS, words
from assay.onboarding._proposal import Proposal, Remark
from assay.onboarding._survey import (
    ColumnSurvey,
    Survey,
    Told,
    measure_survey,
    rows_of,
    silent,
)
from assay.onboarding._values import (
    Found,
    is_code,
    names_batch,
    propose_levels,
    propose_nulls,
    propose_range,
    propose_text,
    propose_type,
    propose_unique,
    whole,
)

_COVERED: Final = 0.99
_MOST_PAIRS: Final = 200
_TOLD: Final = 20
_TOLD_HIDDEN: Final = 100
"""Values that a pattern needs: that of a few people would tell what theirs look like."""


@dataclass(frozen=True)
class Suggestion:
    """What is proposed for a table, and what was seen and isn't.

    Read ``proposals``, then ``remarks``. ``batches`` is how many batches the evidence is from, the
    table itself included.
    """

    rows: int
    batches: int
    proposals: tuple[Proposal, ...]
    remarks: tuple[Remark, ...]


def propose_suite(
    session: Session,
    table: Table,
    *,
    hidden: Collection[str] = (),
    known: Collection[Any] = (),
    earlier: Sequence[tuple[str, Any]] = (),
    told: Told = silent,
) -> Suggestion:
    """Propose the expectations that a table keeps and that nothing states yet.

    Parameters
    ----------
    session : Session
        The session that the tables belong to.
    table : ibis.Table
        The data: best a whole ordinary batch.
    hidden : collection of str
        Columns that are about people: no value of them is read out, so that only types, nulls,
        uniqueness and plain patterns are proposed on them.
    known : collection
        :func:`aspects` that are stated already.
    earlier : sequence of (str, ibis.Table)
        Earlier versions, in order: they show what differs between ordinary batches.
    told : callable
        Is told what is being done.

    Returns
    -------
    Suggestion
        The table keeps every proposal: a band from earlier versions in which it doesn't lie is a
        remark instead.

    Notes
    -----
    One scan of the table for counts and extremes; one of a single column for its levels, shapes or
    uniqueness, where there may be any; one for all pairs that a sample leaves; one of each earlier
    version. All of them group and sort on disk where memory doesn't do.
    """
    survey = measure_survey(session, table, hidden, told)
    versions = measure_earlier(session, earlier, survey, told)
    found: list[Proposal | Remark] = [*_of_table(survey, versions)]
    for name in survey.odd:
        found.append(Remark(name, "no suite of ours can say anything of its type"))
    for column in survey.columns.values():
        told(f"proposing on {column.name}")
        found += _of_column(session, column, survey, versions)
    told("comparing columns with each other")
    keyed = any(what == "unique" for what, _ in known)
    found += _of_pairs(session, survey, keyed=keyed)
    proposals = [p for p in found if isinstance(p, Proposal) and p.aspect not in known]
    remarks = [r for r in found if isinstance(r, Remark)]
    return Suggestion(survey.rows, len(versions) + 1, tuple(proposals), tuple(remarks))


def _of_table(survey: Survey, versions: Sequence[Version]) -> Found:
    names = list(survey.columns) + list(survey.odd)
    yield Proposal(
        "expect_table_columns_to_match_set", {"column_set": names, "exact_match": True},
        f"The {len(names)} columns of the data.", {"columns": len(names)}, severity="critical",
    )  # fmt: skip
    counts = [v.rows for v in versions if v.rows]
    if len(counts) < LEAST_VERSIONS:
        yield Proposal(
            "expect_table_row_count_to_be_between", {"min_value": 1},
            "A batch without a row says nothing, so it can't be released.", {"n": survey.rows},
            severity="critical",
        )  # fmt: skip
        return
    low, high = (math.exp(x) for x in prediction_band([math.log(n) for n in counts]))
    low, high = max(1, math.floor(low)), math.ceil(high)
    if not low <= survey.rows <= high:
        yield Remark("the table", f"{survey.rows} rows; by {len(counts)} earlier batches the next "
                     f"has {low} to {high}")  # fmt: skip
        return
    yield Proposal(
        "expect_table_row_count_to_be_between", {"min_value": low, "max_value": high},
        f"{len(counts)} earlier batches have {min(counts)} to {max(counts)} rows; the 99 % "
        "prediction interval of the next one's, by logarithms.",
        {"batches": len(counts), "least": min(counts), "most": max(counts)},
    )  # fmt: skip


def _of_column(
    session: Session, column: ColumnSurvey, survey: Survey, versions: Sequence[Version]
) -> Found:
    if column.nulls == survey.rows:
        yield Remark(column.name, "it has no value at all")
        return
    yield from propose_type(column, survey)
    yield from propose_nulls(column, survey, versions)
    yield from propose_unique(column, survey)
    if column.type == "string":
        yield from _of_text(session, column, survey, versions)
        return
    levels = list(propose_levels(column, versions))
    yield from levels
    listed = any(isinstance(p, Proposal) for p in levels)
    if column.numeric and not names_batch(column, versions):
        yield from propose_range(column, versions, listed=listed)
        if not column.unique and not listed and not is_code(column):
            yield from _bands(column, versions)


def _of_text(
    session: Session, column: ColumnSurvey, survey: Survey, versions: Sequence[Version]
) -> Found:
    """Of texts: the format of their dates, else a closed list, else a pattern or lengths."""
    shapes = _shapes(session, column, survey)
    form, remark = _form(session, column, survey, shapes)
    if remark is not None:
        yield remark
    levels = [] if form else list(propose_levels(column, versions))
    yield from levels
    if not any(isinstance(p, Proposal) for p in levels):
        pattern = None if form else _pattern(column, survey, shapes)
        yield from propose_text(column, survey, pattern, form)


def _shapes(session: Session, column: ColumnSurvey, survey: Survey) -> dict[str, int]:
    if column.levels is not None:
        return shapes_of(column.levels)
    found = rows_of(session, shape_query(survey.source, column.name, column.padded > 0))
    return {str(r["shape"]): int(r["n"]) for r in found}


def _form(
    session: Session, column: ColumnSurvey, survey: Survey, shapes: Mapping[str, int]
) -> tuple[str | None, Remark | None]:
    """The format of the dates that a column's texts are; a remark where it can't be told."""
    if column.padded and all(set(shape.strip()) <= set("9.+-") for shape in shapes):
        return None, Remark(column.name, "numbers with spaces around, so that they are text here; "
                            "a contract that types them reads them as numbers")  # fmt: skip
    formats = date_formats(shapes, survey.present(column.name))
    if not formats:
        return None, None
    query = format_query(survey.source, column.name, formats, column.padded > 0)
    failing = rows_of(session, query)[0]
    fits = [f for i, f in enumerate(formats) if not failing[f"f{i}"]]
    if len(fits) > 1:
        told = " and ".join(fits)
        return None, Remark(column.name, f"dates of which no day says whether {told}")
    return (fits[0] if fits else None), None


def _pattern(column: ColumnSurvey, survey: Survey, shapes: Mapping[str, int]) -> Pattern | None:
    n = survey.present(column.name)
    if len(shapes) > MOST_SHAPES or n < (_TOLD_HIDDEN if column.hidden else _TOLD):
        return None
    ends = None if column.hidden or column.padded else column.ends
    return learn_pattern(shapes, n, ends=ends, least=_COVERED, hidden=column.hidden)


def _bands(column: ColumnSurvey, versions: Sequence[Version]) -> Found:
    """Where the next batch's mean lies, by how much the earlier batches' differ."""
    means = [v.means[column.name] for v in versions if column.name in v.means]
    if column.mean is None or len(means) < LEAST_VERSIONS:
        return
    low, high = _rounded(*prediction_band(means))
    if not low <= column.mean <= high:
        yield Remark(column.name, f"its mean {column.mean:.6g} lies outside {low:g} to {high:g}, "
                     f"where {len(means)} earlier batches let one expect it")  # fmt: skip
        return
    yield Proposal(
        "expect_column_mean_to_be_between",
        {"column": column.name, "min_value": low, "max_value": high},
        f"The means of {len(means)} earlier batches lie between {min(means):.6g} and "
        f"{max(means):.6g}; the 99 % prediction interval of the next one's.",
        {"batches": len(means), "least": min(means), "most": max(means), "mean": column.mean},
        "clean",
    )  # fmt: skip


def _rounded(low: float, high: float) -> tuple[float, float]:
    unit = 10.0 ** (math.floor(math.log10((high - low) or abs(high) or 1.0)) - 2)
    return (
        float(f"{math.floor(low / unit) * unit:.12g}"),
        float(f"{math.ceil(high / unit) * unit:.12g}"),
    )


def _of_pairs(session: Session, survey: Survey, *, keyed: bool) -> Iterator[Proposal]:
    rows = partial(rows_of, session)
    sample = sample_of(rows, survey)
    if sample.empty:
        return
    yield from map(_ordered, find_orders(rows, survey, sample))
    for determined in find_determined(rows, survey, sample):
        if len(determined.pairs) <= _MOST_PAIRS:
            yield from _determined(determined)
    keyed = keyed or any(c.unique for c in survey.columns.values())
    if not keyed and survey.rows > 1:
        wanted = {n for n in survey.columns if words(n) & KEY_WORDS}
        key = find_key(rows, survey, sample, wanted)
        if key is not None:
            yield Proposal(
                "expect_compound_columns_to_be_unique", {"column_list": list(key)},
                f"No column is a key by itself; these {len(key)} together are one in {survey.rows} "
                "rows.", {"n": survey.rows, "distinct": survey.rows},
            )  # fmt: skip


def _ordered(order: Order) -> Proposal:
    return Proposal(
        "expect_column_pair_values_a_to_be_greater_than_b",
        {
            "column_A": order.high, "column_B": order.low, "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        f"So in each of {order.n} rows (equal in {order.equal}); were the columns unrelated, "
        f"{order.by_chance:.0%} of the rows would be out of order.",
        {"n": order.n, "equal": order.equal, "by_chance": order.by_chance},
    )  # fmt: skip


def _determined(found: Determined) -> Iterator[Proposal]:
    unseen, mostly = whole(found.counts)
    if mostly is None:
        return
    kwargs: dict[str, Any] = {
        "column_A": found.by, "column_B": found.column,
        "value_pairs_set": [list(pair) for pair in found.pairs],
        "ignore_row_if": "either_value_is_missing",
    }  # fmt: skip
    if mostly < 1:
        kwargs["mostly"] = mostly
    yield Proposal(
        "expect_column_pair_values_to_be_in_set", kwargs,
        f"Each level of {found.by} has one of {found.column}: {len(found.pairs)} pairs in "
        f"{found.n} rows, the rarest in {min(found.counts)}.",
        {"n": found.n, "pairs": len(found.pairs), "rarest": min(found.counts),
         "seen_once": unseen.once, "chao1": round(unseen.richness, 1)},
    )  # fmt: skip


def suite_of(name: str, proposals: Iterable[Proposal]) -> Mapping[str, Any]:
    """Proposals as a suite in Great Expectations' JSON."""
    return {"name": name, "expectations": [p.expectation() for p in proposals]}
