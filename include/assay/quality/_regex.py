r"""Python's regular expressions on an engine that has another dialect.

DuckDB matches with RE2, which reads ``\d``, ``\s``, ``$`` and case otherwise than Python's
``re`` outside plain ASCII, and doesn't know look-around or back references. So a pattern in the
syntax that both share is matched by the engine on values made of printable ASCII, where both agree,
and everything else is matched by Python over the distinct values.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import Table

from assay.quality._frame import Frame, Unjudged, kind

_PRINTABLE = "^[ -~]*$"
_MOST_REPEATS = 1000
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
    except (re.error, pa.ArrowInvalid, OverflowError):
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


def compile_pattern(pattern: Any) -> re.Pattern[str]:
    """The pattern in Python's dialect; Unjudged where it has none."""
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as exc:
        raise Unjudged(f"the pattern isn't a regular expression: {exc}") from exc


def matches(frame: Frame, table: Table, name: str, pattern: Any) -> Any:
    """Whether Python's ``re.search`` finds the pattern in a column's text, as an expression.

    Parameters
    ----------
    table : ibis.Table
        The rows among which distinct values are looked for.
    """
    search = compile_pattern(pattern).search
    column = frame.table[name]
    if kind(column) != "text" or not shared(pattern):
        return judged_in_python(frame, table, name, lambda v: search(v) is not None)
    odd = table.filter(~table[name].re_search(_PRINTABLE))
    by_engine = column.re_search(pattern)
    if not frame.rows(odd.limit(1).select(ibis.literal(1).name("odd"))):
        return by_engine
    by_python = judged_in_python(frame, odd, name, lambda v: search(v) is not None)
    return column.re_search(_PRINTABLE).ifelse(by_engine, by_python)


def judged_in_python(frame: Frame, table: Table, name: str, holds: Callable[[str], bool]) -> Any:
    """Whether a predicate of Python's holds for a column's text, as an expression.

    It runs once for each distinct value, in blocks; the rarer answer's values are kept aside and
    looked up by the scan. A value that isn't text is judged by how Python writes it.
    """
    column = frame.table[name]
    texts = table.filter(table[name].notnull()).select(value=table[name]).distinct()
    yes: list[Any] = []
    no: list[Any] = []
    for block in frame.session.blocks(texts):
        for value in block.column(0).to_pylist():
            (yes if holds(value if isinstance(value, str) else str(value)) else no).append(value)
    fewer = no if len(no) <= len(yes) else yes
    if not fewer:
        return ibis.literal(fewer is no)
    values = pa.table({"value": pa.array(fewer, type=column.type().to_pyarrow())})
    known = frame.keep(ibis.memtable(values))
    inside = column.isin(known.value)
    return ~inside if fewer is no else inside
