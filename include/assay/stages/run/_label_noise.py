"""Label noise: how many labels of the candidate are wrong, and which rows people should look at."""

from __future__ import annotations

from typing import Any

import numpy as np
from ibis import Table

from assay.engine import ID, Session
from assay.labelling.noise import (
    LabelNoiseMeasurements,
    judge_label_noise,
    measure_label_noise,
    render_html,
)
from assay.policy.label_noise import LabelNoisePolicy
from assay.policy.privacy import PrivacyPolicy
from assay.stages.run._references import versions_table
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._row_numbers import as_rows
from assay.stages.run._run import Run


def label_noise(run: Run) -> Finished:
    """Judge the labels of the candidate, and list the suspects for the next round; change none."""
    policy, contract, workspace = run.policy(LabelNoisePolicy), run.contract, run.workspace
    levels = run.policy(PrivacyPolicy).closed_levels({c.name: c.levels for c in contract.columns})
    with run.session() as session:
        rows = as_rows(workspace.candidate.read(session))
        checked = _checked(run, session, policy)
        found = measure_label_noise(session, rows, policy, contract, levels, checked)
        suspects = session.set_aside(_suspects(found))
        workspace.suspected_labels.write(session, suspects, ["place"])
    verdict = judge_label_noise(found, policy)
    page = render_html(verdict, found, run.page_context)
    report = workspace.report("label_noise").write(page)
    result = StageResult.judged("label_noise", verdict, report=report)
    return Finished(result=result, verdict=verdict)


def _checked(run: Run, session: Session, policy: LabelNoisePolicy) -> Table | None:
    """The rows that an expert has checked, as they were released when the run began."""
    dataset = policy.checked.dataset if policy.checked else ""
    batches = run.spec.pinned.tables.get(dataset)
    if not batches:
        return None
    return versions_table(run.services, session, dataset, batches, "data")


def _suspects(found: LabelNoiseMeasurements) -> Any:
    """The suspects by the version's row numbers; no label is in it."""
    import pyarrow as pa

    place = found.suspects
    margin = found.noise.margin[place] if found.noise else np.array([], dtype=float)
    return pa.table({
        "place": pa.array(np.arange(len(place))),
        ID: pa.array(found.row[place], pa.int64()),
        "margin": pa.array(np.round(margin, 12)),
    })  # fmt: skip
