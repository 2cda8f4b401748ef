"""Retention: nothing outlives its period, and a sweep removes only its plan.

``take_inventory`` looks at the zones, ``plan_retention`` decides what is past its age, says why and
from when, and ``apply_retention`` removes exactly that, given the plan's hash: it refuses when
anything on the plan has changed or is in use by now. What a run works on, what a legal hold covers,
and what a live snapshot has no other copy of, is delayed. Versions of the registry first leave the
released snapshot; they go when no rollback point holds them, or their grace period ends. Their
objects lie in the trash for some days before they are deleted.
"""

from assay.retention._apply import RetentionResult, apply_retention
from assay.retention._inventory import Inventory, Item, take_inventory
from assay.retention._plan import RetentionPlan, plan_retention
from assay.retention._remainder import plan_remainder
from assay.retention._render import render_plan, render_result
from assay.retention._versions import PlannedVersion, VersionItem

__all__ = [
    "Inventory",
    "Item",
    "PlannedVersion",
    "RetentionPlan",
    "RetentionResult",
    "VersionItem",
    "apply_retention",
    "plan_remainder",
    "plan_retention",
    "render_plan",
    "render_result",
    "take_inventory",
]
