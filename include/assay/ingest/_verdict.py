"""The verdict on what landed."""

from __future__ import annotations

from assay.ingest._model import Landing
from assay.reasons import ReasonCode
from assay.verdict import Judging, Measurement, Outcome, Reason, Verdict


def nothing_arrived(landing: Landing) -> bool:
    """Whether the source has no input for the batch, or a sound one without a record."""
    failing = {fault.code for fault in landing.faults if fault.outcome is Outcome.FAIL}
    return failing == {ReasonCode.SOURCE_MISSING} or (landing.rows == 0 and not failing)


def judge_landing(landing: Landing, policy: Judging) -> Verdict:
    """Judge whether a batch came as its contract says it comes.

    FAIL where there are no rows to go on with (the input is missing, cut off, not what it is said
    to be, or lacks columns); WARN for what was taken with a remark; INCONCLUSIVE with the reason
    ``empty_batch`` for a sound input without a record, for the policy to hold or release.

    Parameters
    ----------
    landing : Landing
        What :func:`land` gave.
    policy : Judging
        A gate's policy; its ``on_inconclusive`` decides about an empty batch.
    """
    reasons = [
        Reason(code=fault.code, outcome=fault.outcome, message=fault.message,
               column=fault.column, numbers=fault.numbers)
        for fault in landing.faults
    ]  # fmt: skip
    if landing.rows == 0:
        reasons.append(Reason(
            code=ReasonCode.EMPTY_BATCH, outcome=Outcome.INCONCLUSIVE, numbers={"rows": 0},
            message="The input is sound and has no record."))  # fmt: skip
    return Verdict.of("ingest", reasons, _measurements(landing), policy)


def _measurements(landing: Landing) -> list[Measurement]:
    manifest = landing.manifest
    if manifest is None:
        return []
    found = [
        Measurement(name="rows", value=landing.rows, unit="rows"),
        Measurement(name="bytes", value=sum(f.bytes for f in manifest.files), unit="bytes"),
    ]
    if landing.rows is None:
        return found
    found.append(
        Measurement(name="unparsed_rows", value=manifest.unparsed_rows, unit="rows", n=landing.rows)
    )
    for name, counts in (("unparsed", manifest.unparsed), ("nan_as_null", manifest.nan_as_null)):
        found += [
            Measurement(name=name, value=n, unit="rows", n=landing.rows, column=column)
            for column, n in counts.items()
        ]
    return found
