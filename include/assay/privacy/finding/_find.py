"""Asking every detector about every column, and choosing what each column is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import ibis
from ibis import Table

from assay.engine import Session
from assay.engine.functions import count_if
from assay.privacy.finding._detector import NEVER, Detector
from assay.privacy.finding._finding import Finding, Found, Sure
from assay.privacy.finding._organisations import about_organisations, organisation_share
from assay.privacy.finding._values import read_values
from assay.privacy.finding.kinds import DETECTORS

_FITTING: Final = 0.5
"""Share of the values of a form whose check digits fit, where the column holds such numbers."""
_ACCIDENT: Final = 1e-4
"""Probability that the check digits of so many numbers at random all fit."""
_NAMED: Final = "the column's name says so"
_USUAL: Final = 0.5
"""Share of the values in the loose form, where the column's name says the kind."""


def find_personal_data(
    session: Session, table: Table, *, least_share: float, skip: Sequence[str] = ()
) -> Found:
    """Find the columns that look as if they held personal data.

    Read the findings as proposals: ``sure`` and ``evidence`` say how far each can be relied upon.

    Parameters
    ----------
    table : ibis.Table
        Rows of any number. Text, numbers, dates and timestamps are read.
    least_share : float
        Least share of a column's distinct values, above 0 and up to 1, that must match.
    skip : sequence of str
        Columns that aren't read.

    Returns
    -------
    Found
        At most one finding for each column and kind, in the order of the columns.

    Notes
    -----
    A column is of a kind if (a) enough of its distinct values have a form that is usual for nothing
    else, or (b) its name says so and half of them have a form that such data may have. Where a form
    has check digits, half of the values of that form must pass them, and so many that it is no
    accident. Nulls, and texts such as "n/a", are no values. Of a column with more than some 20,000
    distinct values a part is read, chosen by hash.
    """
    rows, values = read_values(session, table, skip)
    names = list(table.columns)
    counted = {
        names[row["column"]]: {key: int(value or 0) for key, value in row.items()}
        for row in session.rows(_counts(values, names))
    }
    passed = _checked(session, values, counted)
    found = [
        best
        for name in names
        if name in counted
        for best in _best(_of_column(name, counted[name], passed.get(name, {}), least_share))
    ]
    if about_organisations(counted, found):
        found = [_of_organisation(f) if _is_contact(f) else f for f in found]
    return Found(rows=rows, columns=len(counted), findings=tuple(found))


def _whole(pattern: str) -> str:
    return rf"^(?s:{pattern})$"


def _in_form(values: Table, one: Detector, pattern: str) -> Any:
    least, most = one.digits
    ranged = values.digits.between(least, most)
    return ibis.ifelse(ranged, values.value.re_search(pattern), False)


def _counts(values: Table, names: Sequence[str]) -> Table:
    """Of each column: distinct values, and how many have each form."""
    asked: dict[str, Any] = {"distinct": values.count(), "whole": values.whole.all()}
    for i, one in enumerate(DETECTORS):
        named = [p for p, name in enumerate(names) if one.is_named(name)]
        if one.pattern != NEVER:
            asked[f"p{i}"] = count_if(_in_form(values, one, _whole(one.pattern)))
        if one.within != NEVER:
            asked[f"w{i}"] = count_if(values.value.re_search(one.within))
        if one.loose != NEVER and named:
            either = f"(?:{one.loose})|(?:{one.pattern})" if one.pattern != NEVER else one.loose
            here = values.column.isin(named)
            form = _in_form(values, one, _whole(either))
            asked[f"l{i}"] = count_if(ibis.ifelse(here, form, False))
    asked["organisations"] = count_if(organisation_share(values.value))
    return values.group_by("column").aggregate(**asked)


def _checked(
    session: Session, values: Table, counted: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[int, int]]:
    """Of each column and each form with check digits: how many values pass."""
    places = {row["column"]: name for name, row in counted.items()}
    asked = {
        i: one
        for i, one in enumerate(DETECTORS)
        if one.check is not None and any(row[f"p{i}"] for row in counted.values())
    }
    if not asked:
        return {}
    columns = [row["column"] for row in counted.values() if any(row[f"p{i}"] for i in asked)]
    forms = {f"p{i}": _in_form(values, one, _whole(one.pattern)) for i, one in asked.items()}
    hits = values.filter(values.column.isin(columns)).select("column", "value", **forms)
    hits = hits.filter(ibis.or_(*(hits[name] for name in forms)))
    block = session.arrow(hits).to_pydict()
    found: dict[str, dict[int, int]] = {name: {} for name in places.values()}
    for i, one in asked.items():
        at = [k for k, formed in enumerate(block[f"p{i}"]) if formed]
        fits = one.check([block["value"][k] for k in at]) if one.check else ()
        for k, fit in zip(at, fits, strict=True):
            of = found[places[block["column"][k]]]
            of[i] = of.get(i, 0) + bool(fit)
    return found


def _of_column(
    name: str, row: Mapping[str, Any], passed: Mapping[int, int], least: float
) -> Iterator[Finding]:
    """What each detector finds in one column."""
    for i, one in enumerate(DETECTORS):
        named = one.is_named(name)
        if one.is_other(name) and not named:
            continue
        found = _judged(one, row, i, named=named, fit=passed.get(i, 0), least=least)
        if found is not None:
            matched, sure, why = found
            yield Finding(
                column=name, kind=one.kind, form=one.form, classification=one.classification,
                matched=matched, distinct=row["distinct"], whole=bool(row["whole"]), sure=sure,
                evidence=why,
            )  # fmt: skip


def _judged(
    one: Detector, row: Mapping[str, Any], i: int, *, named: bool, fit: int, least: float,
) -> tuple[int, Sure, tuple[str, ...]] | None:  # fmt: skip
    """How many values match, how sure that is, and why; None where nothing is found."""
    distinct, formed = row["distinct"], row.get(f"p{i}", 0)
    loose, within = row.get(f"l{i}", 0), row.get(f"w{i}", 0)
    by_name = (_NAMED,) if named else ()
    if one.check is not None:
        no_accident = named or one.chance**fit < _ACCIDENT
        if formed and fit >= _FITTING * formed and fit >= least * distinct and no_accident:
            said = f"check digits of {fit:,} of {formed:,} values of the form fit"
            return fit, "certain", (said, *by_name)
        return None
    if named and loose >= max(_USUAL, least) * distinct and loose:
        return loose, "likely", (*by_name, _share_said(loose, distinct))
    enough = max(least, one.own_share)
    if formed and formed >= enough * distinct:
        sure: Sure = "possible" if one.own_share else "likely"
        return max(formed, loose), sure, (*by_name, _share_said(formed, distinct))
    if within and within >= least * distinct:
        return within, "likely", (f"{within:,} of {distinct:,} values hold it among other text",)
    return None


def _share_said(matched: int, distinct: int) -> str:
    return f"{matched:,} of {distinct:,} values have its form"


def _best(found: Iterable[Finding]) -> list[Finding]:
    """The best form of each kind, and of kinds that compete for the same digits, the surest."""
    kinds: dict[str, Finding] = {}
    for one in found:
        if one.kind not in kinds or _rank(one) > _rank(kinds[one.kind]):
            kinds[one.kind] = one
    ranked = sorted(kinds.values(), key=_rank, reverse=True)
    named = [f for f in ranked if _NAMED in f.evidence]
    first = (named or ranked)[:1]
    return [f for f in ranked if f in first or not _same_values(f, first[0])]


def _rank(one: Finding) -> tuple[bool, int, float]:
    surest = ("possible", "likely", "certain").index(one.sure)
    return (_NAMED in one.evidence, surest, one.share)


def _same_values(one: Finding, other: Finding) -> bool:
    """Whether two findings explain the same values, so that only the better one counts."""
    return one.share + other.share > 1.0


_CONTACT: Final = frozenset(one.kind for one in DETECTORS if one.contact)


def _is_contact(one: Finding) -> bool:
    return one.kind in _CONTACT


def _of_organisation(one: Finding) -> Finding:
    why = "the table names organisations and has no column about people"
    return one.model_copy(update={"about": "organisation", "evidence": (*one.evidence, why)})
