"""Figures of columns: from their profiles where those are known, else by a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ibis import Table

from assay.statistics.exact import Moments
from assay.statistics.moments import measure_moments
from assay.statistics.profile import Profile
from assay.statistics.quantiles import measure_deviation_medians, measure_quantiles


@dataclass(frozen=True)
class ColumnNumbers:
    """A table, a sample of its rows (or None), and the profiles of columns that are known."""

    table: Table
    sample: Table | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def moments(self, names: Sequence[str]) -> dict[str, Moments]:
        """Measure count, mean and spread of columns."""
        known = {n: self.profiles[n].moments() for n in names if n in self.profiles}
        found = {name: moments for name, moments in known.items() if moments is not None}
        found |= measure_moments(self.table, [n for n in names if n not in found], self.sample)
        return {name: found[name] for name in names}

    def quantiles(self, asked: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
        """Measure exact quantiles of columns: ``[n, q1, q2, …]`` by column."""
        found: dict[str, list[Any]] = {}
        for name, shares in asked.items():
            profile = self.profiles.get(name)
            values = [profile and profile.quantile(share) for share in shares]
            if profile and None not in values:
                found[name] = [profile.n, *values]
        rest = {name: shares for name, shares in asked.items() if name not in found}
        found |= measure_quantiles(self.table, rest, self.sample)
        return {name: found[name] for name in asked}

    def deviation_medians(self, centres: Mapping[str, float]) -> dict[str, float]:
        """Measure the median absolute deviation of columns from given centres."""
        return measure_deviation_medians(self.table, centres, self.sample)
