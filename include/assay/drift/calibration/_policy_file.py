"""Proposed limits put into the policy's file, everything else in it left as it is."""

from __future__ import annotations

import json
import textwrap
import uuid
from pathlib import Path
from typing import Any

import yaml

from assay.drift.calibration._calibrate import Calibration, Proposal
from assay.errors import PolicyError
from assay.lake import publish
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy

_WIDTH = 100


def write_limits(path: Path, found: Calibration) -> list[str]:
    """Write each proposed limit, and where it comes from as its rationale.

    Only the numbers and rationales are replaced: comments, order and layout stay. The new file is
    loaded before it takes the old one's place, which it does at once or not at all.

    Returns
    -------
    list of str
        The limits that changed, ``columns.x.limit: 0.1 -> 0.12 (raised)``, or ``(lowered)``.

    Raises
    ------
    PolicyError
        If the file has no such limit, or the new one would not load.
    """
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    edits: list[tuple[int, int, str]] = []
    changed = []
    for proposal in found.proposals:
        edits += _edits(text, _at(root, proposal.key, path), proposal, _rationale(found, proposal))
        if proposal.proposed != proposal.current:
            dotted = ".".join((*proposal.key, "limit"))
            how = "raised" if proposal.proposed > proposal.current else "lowered"
            changed.append(f"{dotted}: {proposal.current:g} -> {proposal.proposed:g} ({how})")
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.yaml")
    try:
        aside.write_text(text, encoding="utf-8")
        load_policy(aside, DriftPolicy)
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return changed


def _at(root: Any, key: tuple[str, ...], path: Path) -> Any:
    """The mapping at a key of the document."""
    node = root
    for name in key:
        node = next((v for k, v in node.value if k.value == name), None)
        if not isinstance(node, yaml.MappingNode):
            where = f"{path} {'.'.join(key)}"
            raise PolicyError("the policy has no such entry", where=where)
    return node


def _edits(text: str, node: Any, proposal: Proposal, rationale: str) -> list[tuple[int, int, str]]:
    """Replacements (start, end, new text) of a limit and its rationale."""
    fields = {k.value: (k, v) for k, v in node.value}
    key, limit = fields["limit"]
    edits = [(limit.start_mark.index, limit.end_mark.index, f"{proposal.proposed:g}")]
    folded = _folded(rationale, key.start_mark.column, flow=node.flow_style)
    if "rationale" in fields:
        _, old = fields["rationale"]
        end = old.end_mark.index
        # A block scalar ends where the next token begins, behind its last line.
        while old.style in {">", "|"} and text[end - 1].isspace():
            end -= 1
        return [*edits, (old.start_mark.index, end, folded)]
    before = ", " if node.flow_style else "\n" + " " * key.start_mark.column
    end = limit.end_mark.index
    return [(limit.start_mark.index, end, f"{proposal.proposed:g}{before}rationale: {folded}")]


def _folded(text: str, column: int, *, flow: bool) -> str:
    if flow:
        return json.dumps(text, ensure_ascii=False)
    indent = " " * (column + 2)
    lines = textwrap.wrap(text, _WIDTH - len(indent))
    return "\n".join([">-", *(indent + line for line in lines)])


def _rationale(found: Calibration, proposal: Proposal) -> str:
    raised = (
        f"; raised to {proposal.floor:.3g}, which chance alone reaches with {found.least_rows} rows"
        if proposal.floor > proposal.quantile
        else ""
    )
    if found.between == "halves":
        return (
            f"Random halves of {found.batches[0]} stay below {proposal.quantile:.3g} in "
            f"{100 * (1 - found.rate):g} of 100 cases, which understates how much batches differ"
            f"{raised}."
        )
    what = {
        "effect": f"a {proposal.effect} of",
        "missing": "a change of the share of missing values, with its bound, of",
        "unseen": "a share of unseen levels, with its bound, of",
    }[proposal.what]
    rate = max(found.rate, found.supported)
    return (
        f"Calibrated on {len(found.batches)} ordinary batches, {found.batches[0]} to "
        f"{found.batches[-1]}: a further one exceeds {what} {proposal.quantile:.3g} with a "
        f"probability of at most {rate:.2g}{raised}."
    )
