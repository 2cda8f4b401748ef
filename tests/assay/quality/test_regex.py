import re

import ibis
import pyarrow as pa
import pytest

from assay.quality._frame import Frame, Unjudged
from assay.quality._regex import compile_pattern, matches, shared

VALUES = ["", "a", "A", "ab\n", "\n", "é", "É", "K", "K", "٣", "3", " ", "\x1c", "x\u2028y", "aa",
          "abcabc", "{,2}", "a{,2}", "\\", "[a]", "日本", None]  # fmt: skip
PATTERNS = [r"^a", r"a$", r"\d", r"\w", r"\s", r"\b", r"(?i)k", r"(?i)É", ".", "^$", "a{,2}",
            "[[a]", r"(?=a)", r"(a)\1", "(?P<n>a)", "a|b", "[^a]", r"\Aa", r"a\Z", "(?s)b.",
            "[a-c]{2,}", "a*?", r"\x41", r"\\", "日", ""]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_matches_as_python_does(session, pattern):
    numbers = list(range(len(VALUES)))
    frame = Frame.of(session, ibis.memtable(pa.table({"__row": numbers, "s": VALUES})), "__row")
    found = frame.table.filter(
        matches(frame, frame.table, "s", pattern), frame.table["s"].notnull()
    )
    got = {r["__row"] for r in frame.rows(found)}
    search = re.compile(pattern).search
    assert got == {i for i, v in enumerate(VALUES) if v is not None and search(v)}


def test_common_patterns_run_in_the_engine():
    assert all(map(shared, ["^[A-Z]{2}[0-9]{1,4}$", r"^N\d+\w*", "(foo|bar)+?", "(?i)abc"]))
    assert not any(map(shared, [r"(?=a)", r"(a)\1", "é", "a{,2}", "(?s)a.", "a{2000}", "(?m)^a"]))


def test_what_is_no_pattern_is_not_judged():
    with pytest.raises(Unjudged):
        compile_pattern("(")
