"""The gate on a file, for use by hand."""

from __future__ import annotations

from pathlib import Path

from assay.engine import open_session
from assay.fairness._judge import judge_fairness
from assay.fairness._measure import measure_fairness
from assay.policy.fairness import FairnessPolicy
from assay.verdict import Verdict


def fairness_of_data(source: Path | str, policy: FairnessPolicy) -> Verdict:
    """Measure and judge a CSV or Parquet file, with the roles that the policy itself gives.

    Parameters
    ----------
    source : path or URL
        The data.
    policy : FairnessPolicy
        With ``roles`` for label and prediction, as its metrics need them.

    Raises
    ------
    InputError
        If the data can't be read.
    PolicyError
        If a metric needs a label or a prediction and no column has that role.
    """
    with open_session() as session:
        table = session.open_data(source)
        return judge_fairness(measure_fairness(session, table, policy), policy)
