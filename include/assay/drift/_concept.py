"""Whether label and prediction still go together: descriptive measures of one batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.drift._columns import fetch
from assay.engine import round12
from assay.policy.drift import DriftPolicy
from assay.verdict import Measurement


def measure_concept(
    table: Any, roles: Mapping[str, str], policy: DriftPolicy, group: str
) -> tuple[Measurement, ...]:
    """Label share, accuracy, precision and recall, as far as the columns are there.

    Parameters
    ----------
    table : ibis.Table
        Rows of the batch or of the reference.
    roles : mapping
        Column → role; the first ``label`` and ``prediction`` are used.
    policy : DriftPolicy
        Its ``concept`` names the positive level; without one nothing is measured.
    group : str
        ``current`` or ``reference``.

    Returns
    -------
    tuple of Measurement
        Each with its own denominator as ``n``; its value is None where that is 0. Rows without a
        label (or, for a comparison, without a prediction) take no part.
    """
    if policy.concept is None:
        return ()
    label, prediction = (
        next((c for c, r in roles.items() if r == role and c in table.columns), None)
        for role in ("label", "prediction")
    )
    if label is None:
        return ()
    positive = str(policy.concept.positive)
    truth = table[label].cast("string")
    sums = {"labelled": truth.count(), "positive": table.count(where=truth == positive)}
    if prediction is not None:
        said = table[prediction].cast("string")
        both = truth.notnull() & said.notnull()
        sums |= {
            "both": table.count(where=both),
            "agree": table.count(where=both & (truth == said)),
            "said": table.count(where=both & (said == positive)),
            "true": table.count(where=both & (truth == positive)),
            "hit": table.count(where=both & (truth == positive) & (said == positive)),
        }
    found = fetch(table.aggregate(**sums)).to_pylist()[0]
    counts = {name: int(value or 0) for name, value in found.items()}
    shares = [("label_share", "positive", "labelled")]
    if prediction is not None:
        shares += [("accuracy", "agree", "both"), ("precision", "hit", "said")]
        shares += [("recall", "hit", "true")]
    return tuple(
        Measurement(
            name=name,
            value=round12(counts[top] / counts[bottom]) if counts[bottom] else None,
            unit="share",
            n=counts[bottom],
            column=label if name == "label_share" else prediction,
            group=group,
        )
        for name, top, bottom in shares
    )
