"""Plans and results as text; their JSON is ``model_dump_json``."""

from __future__ import annotations

from collections import Counter
from typing import Final

from assay.retention._apply import RetentionResult
from assay.retention._plan import RetentionPlan

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def render_plan(plan: RetentionPlan) -> str:
    """A plan for a person: what would go and why, what waits, what nobody answers for.

    Parameters
    ----------
    plan : RetentionPlan

    Returns
    -------
    str
        Lines; the last one says how to apply it.
    """
    lines = [
        f"{r.path}\n    {r.why}: {r.since:%Y-%m-%d}, due {r.due:%Y-%m-%d}"
        f" ({r.files} files, {_size(r.bytes)})"
        for r in plan.removals
    ]
    if not lines:
        lines = ["Nothing is past its maximum age."]
    if plan.delayed:
        lines += ["", "Due, but needed:"]
        lines += [f"  {d.path}: {', '.join(d.needed_by)}" for d in plan.delayed]
    if plan.problems:
        lines += ["", "Problems:", *(f"  {p}" for p in plan.problems)]
    if plan.removals:
        zones = Counter(r.zone for r in plan.removals)
        what = ", ".join(f"{zone} {n}" for zone, n in sorted(zones.items()))
        size = _size(sum(r.bytes for r in plan.removals))
        lines += ["", f"{len(plan.removals)} to remove ({what}), {size}.", f"Plan {plan.hash}"]
    return "\n".join(lines) + "\n"


def render_result(result: RetentionResult) -> str:
    """What a sweep did, in a sentence or two."""
    text = f"Removed {len(result.removed)} ({result.files} files, {_size(result.bytes)})."
    if result.gone_before:
        text += f" {len(result.gone_before)} of the plan were gone before."
    return text + "\n"


def _size(count: float) -> str:
    """Bytes for a person.

    Examples
    --------
    >>> [_size(n) for n in (0, 999, 1000, 1536000, 2.5e9)]
    ['0 B', '999 B', '1.0 kB', '1.5 MB', '2.5 GB']
    """
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"
