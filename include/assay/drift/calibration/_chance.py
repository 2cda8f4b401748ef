"""What chance alone reaches, at the gate's own level, in a batch that is a little smaller."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import Table

from assay.contract import Contract
from assay.drift._measure import measure_drift
from assay.drift._measurements import DriftMeasurements
from assay.drift.columns._column_types import count
from assay.engine import ROW, Session
from assay.policy.drift import DriftPolicy

SMALLER: Final = 0.8
"""Share of a batch's rows that an ordinary one may be down to, and still be judged."""


def measure_chance(
    session: Session,
    reference: Table,
    batch: Table,
    policy: DriftPolicy,
    contract: Contract | None = None,
    share: float = SMALLER,
) -> DriftMeasurements:
    """Compare a share of an ordinary batch's rows with a reference, as the gate would.

    Read the null quantiles: a limit below one makes ordinary batches of that size INCONCLUSIVE. The
    effects themselves say nothing, least of all where the batch is in the reference.
    """
    number = batch[ROW].cast("string")
    mixed = ibis.literal(f"{policy.seed}/").concat(number).hexdigest("md5")
    rows = max(int(share * count(batch)), 1)
    fewer = batch.order_by(mixed, ROW).limit(rows)
    return measure_drift(session, reference, fewer, policy, contract=contract)
