"""A calibration as a table for people and as JSON."""

from __future__ import annotations

from typing import Final

from assay.drift.calibration._calibrate import Calibration
from assay.page import number
from assay.page.lines import Grid, TabledText

_HEAD: Final = ("column", "effect", "quantile", "by chance", "limit now", "proposed", "caveat")


def render_calibration_json(found: Calibration) -> str:
    """The calibration as one JSON object."""
    return found.model_dump_json(indent=2)


def render_calibration_text(found: Calibration) -> TabledText:
    """A table for a terminal, and what the proposals rest on."""
    rows = [
        (p.column, p.effect, *map(number, (p.quantile, p.floor, p.current, p.proposed)),
         p.caveat or "")
        for p in found.proposals
    ]  # fmt: skip
    return TabledText([*_head(found), "", Grid(_HEAD, rows, range(2, 6)), *_tail(found), ""])


def _head(found: Calibration) -> list[str]:
    first, last = found.batches[0], found.batches[-1]
    if found.between == "halves":
        return [
            f"{found.dataset}: random halves of {first}, the only ordinary batch, at a rate of "
            f"{found.rate:g}",
            "  Whole batches differ more than two halves of one batch do: no limit may be lower "
            "than these, and the owner chooses how much higher.",
        ]
    return [
        f"{found.dataset}: {len(found.batches)} ordinary batches, {first} to {last}, each compared "
        f"with the other pinned batches, at a false-alarm rate of {found.rate:g} per column"
    ]


def _tail(found: Calibration) -> list[str]:
    lines = [
        "",
        f"  By chance: what chance alone reaches at the gate's level in a batch of "
        f"{found.least_rows} rows, one fifth fewer than the smallest batch has.",
    ]
    if found.between == "halves":
        return lines
    lines += [f"  The smallest rate that {len(found.batches)} batches support is "
             f"{found.supported:.2g}."]  # fmt: skip
    if found.alarms:
        lines.append(
            f"  At the proposed limits, {len(found.alarms)} of these batches would reach a limit "
            f"in some column: {', '.join(found.alarms)}."
        )
    return lines
