"""Values become one of their wider levels."""

from __future__ import annotations

import ibis
import pytest
from pydantic import ValidationError

from assay.policy.privacy import Generalise
from assay.privacy._treatments import treatment_of

ROWS = [["Ghent", "Flanders", "Belgium"], ["Bruges", "Flanders", "Belgium"],
        ["Liège", "Wallonia", "Belgium"], ["Lille", "Nord", "France"]]  # fmt: skip


def generalise(level=1, rows=ROWS, other="elsewhere"):
    to = {"kind": "hierarchy", "rows": rows, "level": level, "other": other}
    return Generalise.model_validate({"treatment": "generalise", "to": to})


@pytest.mark.parametrize(
    ("level", "wanted"),
    [(1, ["Flanders", "Wallonia", "Nord", "elsewhere", None]),
     (2, ["Belgium", "Belgium", "France", "elsewhere", None])],
)  # fmt: skip
def test_the_level_is_chosen_by_its_number(session, level, wanted):
    rows = ibis.memtable({"i": range(5), "c": ["Ghent", "Liège", "Lille", "Rome", None]},
                         schema={"i": "int64", "c": "string"})  # fmt: skip
    treated = rows.mutate(c=treatment_of(generalise(level)).value(rows["c"])).order_by("i")
    assert [row["c"] for row in session.rows(treated)] == wanted
    levels = generalise(level).closed_levels(None)
    assert set(wanted) - {None} <= set(levels)


def test_the_levels_are_closed(policy_of):
    policy = policy_of(zip=generalise(2).model_dump())
    assert policy.closed_levels({"zip": None}) == {"zip": ("Belgium", "France", "elsewhere")}


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"level": 3}, "level 3 is above"), ({"level": 0}, "greater than"),
     ({"rows": [["a", "b"], ["c", "d", "e"]]}, "unequal"),
     ({"rows": [["a", "b"], ["a", "c"]]}, "two rows"), ({"rows": [["a"]]}, "at least 2"),
     ({"rows": [["a", "x", "y"], ["b", "x", "z"]]}, "two wider")],
)  # fmt: skip
def test_a_hierarchy_that_contradicts_itself_is_refused(changed, said):
    with pytest.raises(ValidationError, match=said):
        generalise(**changed)
