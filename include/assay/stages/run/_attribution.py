"""Why a batch drifted: its rows against the reference's, and what of the pipeline is other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from assay.drift.attribution import (
    CountedTable,
    PipelineChange,
    alarms,
    explain_drift,
    schema_changes,
    with_causes,
    write_rows,
)
from assay.engine import Session
from assay.ingest import Manifest, read_manifest
from assay.policy.drift import DriftPolicy
from assay.reasons import ReasonCode
from assay.records.versions import Derivation
from assay.stages.run._derivation import derivation
from assay.stages.run._references import OBJECTS, judged_table, reference
from assay.stages.run._run import Run
from assay.verdict import Verdict

_SCHEMA: Final = (
    ReasonCode.EXTRA_COLUMNS,
    ReasonCode.DUPLICATE_COLUMNS,
    ReasonCode.SCHEMA_MISMATCH,
    ReasonCode.TYPE_DIFFERS,
)
"""Faults of a landing that tell that the input has another schema."""
_RULES: Final = ("quality", "cleaning", "privacy")
"""Policies that change rows; those of drift and fairness only judge them."""


def explained(run: Run, session: Session, verdict: Verdict, policy: DriftPolicy) -> Verdict:
    """Add a cause to the verdict for each column that failed.

    The numbers of the rows behind the shifts are written beside the report.
    """
    pairs: dict[tuple[str, str], tuple[CountedTable, CountedTable]] = {}
    changes: dict[tuple[str, str], tuple[PipelineChange, ...]] = {}
    found = []
    for alarm in alarms(verdict, policy):
        place = (alarm.table, alarm.reference)
        if place not in pairs:
            pairs[place] = pair = _pair(run, session, *place)
            schema = schema_changes(*(side.table for side in pair))
            changes[place] = (*schema, *_pipeline(run, alarm.reference))
        cause, rows = explain_drift(*pairs[place], alarm, policy, run.contract)
        found.append((cause.model_copy(update={"pipeline": changes[place]}), rows))
    if not found:
        return verdict
    return with_causes(verdict, write_rows(session, found, run.workspace.drift_rows.new()))


def _pair(run: Run, session: Session, table: str, name: str) -> tuple[CountedTable, CountedTable]:
    batches = run.spec.pinned.references[name]
    earlier = reference(run.services, session, run.dataset, batches, OBJECTS[table])
    return CountedTable(earlier), CountedTable(judged_table(run, session, table))


def _pipeline(run: Run, name: str) -> Iterator[PipelineChange]:
    """List what this run derives from and a batch of the reference does not, each once."""
    now = derivation(run)
    batches = run.spec.pinned.references[name]
    earlier = {
        batch: run.services.registry.lineage(run.dataset, batch, version)
        for batch, version in sorted(batches.items())
    }
    yield from _sources(run, earlier, now)
    yield from _rules(earlier, now)
    for dataset, pinned in now.tables.items():
        other = [b for b, was in earlier.items() if set(was.tables.get(dataset, ())) != set(pinned)]
        if other:
            what = f"a different release of {dataset} than for {_some(other, earlier)}"
            yield PipelineChange(kind="reference_table", what=what)


def _rules(earlier: dict[str, Derivation], now: Derivation) -> Iterator[PipelineChange]:
    pairs: dict[str, Any] = {"the contract": lambda d: d.contract}
    pairs |= {f"the {s} suite": lambda d, s=s: d.suites.get(s) for s in now.suites}
    pairs |= {f"the {p} policy": lambda d, p=p: d.policies.get(p) for p in _RULES}
    pairs |= {"the pseudonym key": lambda d: d.pseudonym_key}
    pairs |= {"the transforming code": lambda d: d.transform_version}
    for what, part in pairs.items():
        other = [batch for batch, was in earlier.items() if part(was) != part(now)]
        if other:
            yield PipelineChange(kind="rule", what=f"{what} changed since {_some(other, earlier)}")


def _sources(run: Run, earlier: dict[str, Derivation], now: Derivation) -> Iterator[PipelineChange]:
    """List differences from the source of a reference batch, where its landing is still kept."""
    manifest = _manifest(run, run.batch, now.input_sha256)
    if manifest is None:
        return
    for fault in manifest.faults:
        if fault.code in _SCHEMA:
            yield PipelineChange(kind="schema", what=fault.message)
    mine = _source(manifest)
    landed = {b: _manifest(run, b, d.input_sha256) for b, d in earlier.items()}
    theirs = {b: None if found is None else _source(found) for b, found in landed.items()}
    keys = sorted({key for source in (mine, *theirs.values()) for key in source or {}})
    for key in keys:
        other = [b for b, s in theirs.items() if s is not None and s.get(key) != mine.get(key)]
        if other:
            what = f"the source's {key.replace('_', ' ')} differs from {_some(other, earlier)}"
            yield PipelineChange(kind="source", what=what)


def _manifest(run: Run, batch: str, sha: str) -> Manifest | None:
    return read_manifest(run.services.lake.path("landing", run.dataset, batch, sha))


def _source(manifest: Manifest) -> dict[str, Any]:
    """Describe the source of a landing; numbers in file names are replaced."""
    names = {re.sub(r"\d+", "#", file.name) for file in manifest.files}
    return {**manifest.source, "file names": sorted(names)}


def _some(batches: list[str], of: dict[str, Derivation]) -> str:
    """Name some of the reference's batches in few words."""
    if len(batches) == len(of):
        return "the reference"
    return batches[0] if len(batches) == 1 else f"{len(batches)} of {len(of)} reference batches"
