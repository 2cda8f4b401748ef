r"""Python's regular expressions on an engine that has another dialect.

DuckDB matches with RE2, which reads ``\d``, ``\s``, ``$`` and case otherwise than Python's
``re`` outside plain ASCII, and doesn't know look-around or back references. So a pattern in the
syntax that both share is matched by the engine on the values where both agree: all of them, or, if
it has one of those, those made of printable ASCII. RE2 takes time in proportion to a value's
length. Everything else is matched by Python over the distinct values, in a process with a bound on
time.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from assay.quality._frame import Frame, Unjudged, kind
from assay.quality._judge_process import Judging, judge_process

_PRINTABLE = "^[ -~]*$"
_MOST_REPEATS = 1000
_OTHERWISE = (ops.CATEGORY, ops.AT_END, ops.AT_BOUNDARY, ops.AT_NON_BOUNDARY)
_SINGLE = {ops.ANY, ops.AT, ops.CATEGORY, ops.RANGE, ops.NEGATE}


def shared(pattern: str) -> bool:
    r"""Whether RE2 and ``re`` read a pattern alike on printable ASCII.

    Examples
    --------
    >>> shared("^[A-Z]{3}-[0-9]+$"), shared(r"(?=a)"), shared(r"(a)\1")
    (True, False, False)
    """
    if not pattern.isascii() or any(bit in pattern for bit in (r"\Z", "{,", "[[", r"\u", r"\N")):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(pattern)
        if tree.state.flags & ~(re.UNICODE | re.IGNORECASE) or not _plain(tree):
            return False
        pc.match_substring_regex(pa.array([""]), pattern)
    except (re.error, pa.ArrowInvalid, OverflowError, RecursionError):
        return False
    return True


def _plain(tree: Any) -> bool:
    return all(_plain_part(op, value) for op, value in tree)


def _plain_part(op: Any, value: Any) -> bool:
    if op in {ops.LITERAL, ops.NOT_LITERAL}:
        return 32 <= int(value) < 127
    if op is ops.IN:
        return _plain(value)
    if op in {ops.MAX_REPEAT, ops.MIN_REPEAT}:
        low, high, inner = value
        bounded = high is ops.MAXREPEAT or high <= _MOST_REPEATS
        return bool(low <= _MOST_REPEATS and bounded and _plain(inner))
    if op is ops.SUBPATTERN:
        return not value[1] and not value[2] and _plain(value[3])
    if op is ops.BRANCH:
        return all(_plain(branch) for branch in value[1])
    return op in _SINGLE


def _agrees_on_all(pattern: str) -> bool:
    r"""Whether RE2 and ``re`` agree on every text, of a pattern that they share.

    Classes such as ``\d``, word boundaries and folded case are of ASCII in RE2, and ``$`` stands
    before a last new line in ``re`` alone.

    Examples
    --------
    >>> _agrees_on_all("^[A-Z]{3}"), _agrees_on_all(r"\d"), _agrees_on_all("a$")
    (True, False, False)
    """
    tree = parser.parse(pattern)
    return not tree.state.flags & re.IGNORECASE and _says_all(tree)


def _says_all(part: Any) -> bool:
    if isinstance(part, parser.SubPattern | list | tuple):
        return all(_says_all(inner) for inner in part)
    return not any(part is other for other in _OTHERWISE)  # a number may equal one of them


def compile_pattern(pattern: Any) -> re.Pattern[str]:
    """The pattern in Python's dialect; Unjudged where it has none."""
    try:
        return re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError) as exc:
        raise Unjudged(f"the pattern isn't a regular expression: {exc}") from exc


def matches(frame: Frame, table: Table, name: str, pattern: Any) -> Any:
    """Whether Python's ``re.search`` finds the pattern in a column's text, as an expression.

    Parameters
    ----------
    table : ibis.Table
        The rows among which distinct values are looked for.
    """
    compile_pattern(pattern)
    judging = Judging("regex", pattern, f"the pattern {pattern!r}")
    column = frame.table[name]
    if kind(column) != "text" or not shared(pattern):
        return judged_aside(frame, table, name, judging)
    by_engine = column.re_search(pattern)
    if _agrees_on_all(pattern):
        return by_engine
    odd = table.filter(~table[name].re_search(_PRINTABLE))
    if not frame.rows(odd.limit(1).select(ibis.literal(1).name("odd"))):
        return by_engine
    by_python = judged_aside(frame, odd, name, judging)
    return column.re_search(_PRINTABLE).ifelse(by_engine, by_python)


def judged_aside(frame: Frame, table: Table, name: str, judging: Judging) -> Any:
    """Judge as :func:`judged_in_python`, by what may take for ever, in a process that is ended.

    Raises
    ------
    Unjudged
        If it takes too long.
    """
    with judge_process(judging) as judge:
        return judged_in_python(frame, table, name, judge.holds)


def judged_in_python(
    frame: Frame, table: Table, name: str, holds: Callable[[Sequence[str]], Iterable[bool]]
) -> Any:
    """Whether Python finds that a column's text meets what is judged by, as an expression.

    It judges each distinct value once, in blocks; the rarer answer's values are kept aside and
    looked up by the scan. A value that isn't text is judged by how Python writes it.
    """
    column = frame.table[name]
    texts = table.filter(table[name].notnull()).select(value=table[name]).distinct()
    yes: list[Any] = []
    no: list[Any] = []
    for block in frame.session.blocks(texts):
        values = block.column(0).to_pylist()
        found = holds([v if isinstance(v, str) else str(v) for v in values])
        for value, good in zip(values, found, strict=True):
            (yes if good else no).append(value)
    fewer = no if len(no) <= len(yes) else yes
    if not fewer:
        return ibis.literal(fewer is no)
    kept = pa.table({"value": pa.array(fewer, type=column.type().to_pyarrow())})
    known = frame.keep(ibis.memtable(kept))
    inside = column.isin(known.value)
    return ~inside if fewer is no else inside
