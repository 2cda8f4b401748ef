"""Assay's side: two Parquet files and a policy, measured and judged; p-values on stdout."""

from __future__ import annotations

import json
import sys

from assay.drift import compare_files
from assay.drift.tests import _kolmogorov_smirnov as ks

verdict, report = compare_files(*sys.argv[1:4])
found = {c.column: c for c in report.comparisons[0].columns}
print(
    json.dumps(
        {
            "outcome": verdict.outcome.value,
            # D is measured of every ordered column, whatever its confirmatory test.
            "ks_p": {
                name: ks.p_value(c.effect("ks_statistic").value, c.n_reference, c.n_current)[0]
                for name, c in found.items()
                if c.effect("ks_statistic")
            },
            "chi_square_p": {n: c.p for n, c in found.items() if c.test == "chi_square"},
        }
    )
)
