"""Retention: no file outlives the maximum age of its zone, and a sweep removes only its plan.

``take_inventory`` looks at the zones, ``plan_retention`` decides what is past its age, says why and
from when, and ``apply_retention`` removes exactly that, given the plan's hash: it refuses when
anything on the plan has changed or is in use by now. What a run works on, and what a live snapshot
has no other copy of, is delayed. The registry's objects aren't touched.
"""

from assay.retention._apply import RetentionResult, apply_retention
from assay.retention._inventory import Inventory, Item, take_inventory
from assay.retention._plan import (
    DelayedRemoval,
    PlannedRemoval,
    RetentionPlan,
    plan_retention,
)
from assay.retention._render import render_plan, render_result

__all__ = [
    "DelayedRemoval",
    "Inventory",
    "Item",
    "PlannedRemoval",
    "RetentionPlan",
    "RetentionResult",
    "apply_retention",
    "plan_retention",
    "render_plan",
    "render_result",
    "take_inventory",
]
