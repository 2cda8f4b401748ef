"""Expressions over rows that can't be computed: the engine's own failure ended the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.engine import Session
from assay.errors import PolicyError
from assay.expression import compile_expression

PROGRAM = """
import sys
import pyarrow as pa
from assay.engine import open_session
from assay.expression import compile_expression
columns = {"i": [1, 2, None], "j": [4.0, float("nan"), 1.0], "s": ["a", None, "2013-02-04"]}
with open_session(threads=1) as session:
    table = session.set_aside(pa.table({k: pa.array(v) for k, v in columns.items()}))
    for expression in sys.argv[1:]:
        for _ in range(30):
            found = session.rows(table.select(x=compile_expression(expression, table)))
        print([row["x"] for row in found])
"""
COMPUTED = {
    "coalesce(number(s), exp(0), sqrt(j), null)": [1.0, 1.0, 1.0],
    "coalesce(number(s), i * 0.5, j)": [0.5, 1.0, 1.0],
    "coalesce(i + 9223372036854775807, integer(s), 5)": [5, 5, 5],
    "if(coalesce(number(s), 0) > 1, 'more', 'less')": ["less", "less", "less"],
    "-i * 9223372036854775807 - 2": [None, None, None],
}


def test_a_text_that_is_no_number_ends_no_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *COMPUTED], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, [str(v) for v in COMPUTED.values()])


@pytest.mark.parametrize("start", ["sqrt(", "ln(", "log10(", "1 / (", "2 % ("])
def test_nesting_does_not_double_what_is_compiled(session: Session, start: str) -> None:
    table = session.set_aside({"i": [1]})
    with pytest.raises(PolicyError, match="too large"):
        compile_expression(start * 35 + "i" + ")" * 35, table)
