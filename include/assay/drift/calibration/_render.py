"""A calibration as a table for people and as JSON."""

from __future__ import annotations

from typing import Final

from assay.drift._render import aligned, shown
from assay.drift.calibration._calibrate import Calibration

_HEAD: Final = ("column", "effect", "quantile", "by chance", "limit now", "proposed", "caveat")


def render_calibration_json(found: Calibration) -> str:
    """The calibration as one JSON object."""
    return found.model_dump_json(indent=2)


def render_calibration_text(found: Calibration) -> str:
    """A table that fits a terminal, and what the proposals rest on."""
    rows = [
        (
            p.column,
            p.effect,
            shown(p.quantile),
            shown(p.floor),
            shown(p.current),
            shown(p.proposed),
            p.caveat or "",
        )
        for p in found.proposals
    ]
    return "\n".join([*_head(found), "", *aligned([_HEAD, *rows]), *_tail(found)]) + "\n"


def _head(found: Calibration) -> list[str]:
    if found.between == "halves":
        return [
            f"{found.dataset}: random halves of {found.batches[0]}, the only ordinary batch, at a "
            f"rate of {found.rate:g}",
            "  Batches differ by more than halves of one: no limit may lie below these, and the "
            "owner chooses how far above.",
        ]
    return [
        f"{found.dataset}: {len(found.batches)} ordinary batches, {found.batches[0]} to "
        f"{found.batches[-1]}, each against the pinned ones but itself, at a false-alarm rate of "
        f"{found.rate:g} a column",
    ]


def _tail(found: Calibration) -> list[str]:
    lines = [
        "",
        f"  By chance: what the gate's own level reaches in a batch of {found.least_rows} rows, a "
        "fifth fewer than the smallest has.",
    ]
    if found.between == "halves":
        return lines
    lines += [f"  The smallest rate that {len(found.batches)} batches can show is "
             f"{found.supported:.2g}."]  # fmt: skip
    if found.alarms:
        lines.append(
            f"  At the proposed limits {len(found.alarms)} of these batches would reach one in "
            f"some column: {', '.join(found.alarms)}."
        )
    return lines
