"""The code examples of the page on the architecture work."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import ibis
import pytest
from pydantic import Field, ValidationError

from assay.cleaning._marked_table import MarkedTable
from assay.cleaning.steps._step import CleaningStep
from assay.engine import ROW, open_session
from assay.errors import PolicyError
from assay.policy import _base, cleaning_steps
from assay.policy.cleaning_step import Step
from assay.quality import _registry, _suite
from assay.quality._frame import Frame
from assay.stages.run import chain

PAGE = Path(__file__).parents[2] / "include" / "docs" / "architecture.md"


def code_of(start: str) -> str:
    """The example that begins with a line."""
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    found = (textwrap.dedent(block) for block in blocks)
    (code,) = (block for block in found if block.startswith(start))
    return code


def example(start: str, *modules: Any) -> dict[str, Any]:
    """Run an example among the names of some modules; return all names that are there then."""
    names: dict[str, Any] = {"ClassVar": ClassVar, "Field": Field}
    names |= {"Iterable": Iterable, "Iterator": Iterator}
    for module in modules:
        names |= vars(module)
    exec("from __future__ import annotations\n" + code_of(start), names)
    return names


def test_the_policy_refuses_what_is_missing():
    policy = example("class AnonymityPolicy", _base)["AnonymityPolicy"]
    assert policy(on_inconclusive="hold", columns=["age"], least_number=5).noun == "anonymity"
    assert policy(on_inconclusive="hold", applies=False, reason="No people.").columns == ()
    with pytest.raises(ValidationError, match="columns and least_number"):
        policy(on_inconclusive="hold", columns=["age"])


def test_the_entry_of_the_chain_names_stages_and_artefacts_that_are_there():
    (stage,) = eval(code_of("Stage("), {**vars(chain)})
    assert set(stage.after) <= set(chain.names())
    assert set(stage.reads) <= {name for other in chain.STAGES for name in other.writes}


def test_the_cleaning_step_changes_cells_and_logs_them(monkeypatch):
    monkeypatch.setitem(Step.kinds, "round", None)
    monkeypatch.setitem(CleaningStep.kinds, "round", None)
    names = example("class RoundStep", cleaning_steps)
    step = names["RoundStep"](step="round", columns={"x": 1})
    monkeypatch.setattr(cleaning_steps, "RoundStep", names["RoundStep"], raising=False)
    example("from __future__ import annotations\n\nfrom assay.cleaning")
    with open_session() as session:
        table = ibis.memtable({ROW: [0, 1], "x": [1.25, 2.0]})
        begun = MarkedTable.begin(table)
        made = CleaningStep.kinds["round"](0, step)
        rounded = made.apply(session, begun, made.fitted())
        (mark,) = rounded.marks
        found = session.rows(rounded.table.order_by(ROW)[["x", mark.hidden]])
        with pytest.raises(PolicyError, match="isn't numeric"):
            made.apply(session, MarkedTable.begin(table.cast({"x": "string"})), made.fitted())
    assert [row["x"] for row in found] == [pytest.approx(1.2, abs=0.11), 2.0]
    assert [row[mark.hidden] for row in found] == [True, False]


def test_the_expectation_counts_the_rows_that_fail(monkeypatch):
    kind = "expect_column_values_to_be_even"
    monkeypatch.setitem(_registry.REGISTRY, kind, None)
    even = example("from __future__ import annotations\n\nfrom assay.quality")["even"]
    expectation = _suite.Expectation(kind, {"column": "x"})
    with open_session() as session:
        table = ibis.memtable(
            {ROW: [0, 1, 2], "x": [2, 3, None]}, schema={ROW: "int64", "x": "int64"}
        )
        check = even(Frame(session, table, ROW), expectation)
        values = session.one(table.aggregate(**check.aggregates))
    assert check.conclude(values).result["unexpected_count"] == 1
