"""A sweep above the policy's size needs a person with the right; the default is no."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.errors import AccessError, InputError
from assay.stages.upkeep import apply_sweep, asked_of_sweep, plan_sweep
from assay.stages.upkeep.approval import (
    answer_sweep,
    approve_sweep,
    ask_sweep,
    who_may_approve,
)

ACCESS = """\
roles:
  steward: {may: [see_runs, approve]}
  engineer: {may: [see_runs]}
members: {steward: [vera], engineer: [egon]}
log: {anchor_minutes: 5}
"""


@pytest.fixture
def large(ready: Any) -> Any:
    """A home whose sweep of landing asks a person."""
    path = ready.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + "approve_above: {files: 1}\n")
    return ready.later(days=95).services


def test_without_an_approval_nothing_is_removed(large: Any) -> None:
    plan = plan_sweep(large)
    (asked,) = asked_of_sweep(large, plan)
    assert asked.dataset == "visits"
    assert "files, above 1" in asked.words
    with pytest.raises(InputError, match="nobody approved it"):
        apply_sweep(large, plan.hash)
    assert plan_sweep(large).hash == plan.hash
    approve_sweep(large, plan.hash, (asked,), by="vera", role=None)
    assert apply_sweep(large, plan.hash).removed


def test_an_answer_counts_of_another_person_to_the_same_question_alone(large: Any) -> None:
    plan, at = plan_sweep(large), large.clock()
    assert not answer_sweep(large, plan.hash, "task", approves=True, by="vera", at=at)
    ask_sweep(large, plan.hash, "task", ("vera", "egon"))
    for by, task, approves in (
        ("mallory", "task", True), ("egon", "task", True), ("vera", "other", True),
        ("vera", "task", False), (None, "task", True),
    ):  # fmt: skip
        given = {"approves": approves, "by": by, "at": at, "asker": "egon"}
        assert not answer_sweep(large, plan.hash, task, **given)
        with pytest.raises(InputError, match="nobody approved it"):
            apply_sweep(large, plan.hash)
    assert answer_sweep(large, plan.hash, "task", approves=True, by="vera", at=at, asker="egon")
    assert apply_sweep(large, plan.hash).removed


def test_an_approval_that_somebody_wrote_counts_for_nothing(large: Any) -> None:
    plan = plan_sweep(large)
    ask_sweep(large, plan.hash, "task")
    path = large.lake.path("retention", f"{plan.hash}.approval.json")
    written = json.loads(path.read_text())
    written["content"] |= {"approved": True, "by": "mallory"}
    path.write_text(json.dumps(written))
    with pytest.raises(InputError, match="nobody approved it"):
        apply_sweep(large, plan.hash)


def test_an_approval_of_another_plan_counts_for_nothing(large: Any) -> None:
    plan = plan_sweep(large)
    ask_sweep(large, "0" * 64, "task")
    at = large.clock()
    assert answer_sweep(large, "0" * 64, "task", approves=True, by="vera", at=at)
    zone = large.lake.path("retention")
    (zone / f"{'0' * 64}.approval.json").rename(zone / f"{plan.hash}.approval.json")
    with pytest.raises(InputError, match="nobody approved it"):
        apply_sweep(large, plan.hash)


def test_the_command_asks_for_a_role_that_may_approve(large: Any) -> None:
    folder = large.project.contracts.parent / "policies" / "visits"
    (folder / "access.yaml").write_text(ACCESS)
    plan = plan_sweep(large)
    asked = asked_of_sweep(large, plan)
    assert who_may_approve(large, asked) == {"vera"}
    for by, role in (("vera", None), ("egon", "engineer"), ("egon", "steward"), ("x", "nobody")):
        with pytest.raises(AccessError):
            approve_sweep(large, plan.hash, asked, by=by, role=role)
    with pytest.raises(InputError, match="nobody approved it"):
        apply_sweep(large, plan.hash)
    approve_sweep(large, plan.hash, asked, by="vera", role="steward")
    assert apply_sweep(large, plan.hash).removed
