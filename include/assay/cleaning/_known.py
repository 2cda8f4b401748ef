"""The numbers that a step asks for: from what is known of a column already, else by a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.statistics.exact import Moments
from assay.statistics.moments import measure_moments
from assay.statistics.profile import Profile
from assay.statistics.quantiles import measure_deviation_medians, measure_quantiles


@dataclass(frozen=True)
class Known:
    """Rows, a few of them to tell where values lie (or None), and what is known of columns."""

    table: Any
    pilot: Any | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    def moments(self, names: Sequence[str]) -> dict[str, Moments]:
        """Count, mean and spread of columns."""
        found: dict[str, Moments] = {}
        for name in names:
            moments = self.profiles[name].moments() if name in self.profiles else None
            if moments is not None:
                found[name] = moments
        found |= measure_moments(self.table, [n for n in names if n not in found], self.pilot)
        return {name: found[name] for name in names}

    def quantiles(self, asked: Mapping[str, Sequence[float]]) -> dict[str, list[Any]]:
        """Exact quantiles of columns, after the count."""
        found: dict[str, list[Any]] = {}
        for name, shares in asked.items():
            if name in self.profiles:
                profile = self.profiles[name]
                values = [profile.quantile(share) for share in shares]
                if None not in values:
                    found[name] = [profile.n, *values]
        rest = {name: shares for name, shares in asked.items() if name not in found}
        found |= measure_quantiles(self.table, rest, self.pilot)
        return {name: found[name] for name in asked}

    def deviation_medians(self, centres: Mapping[str, float]) -> dict[str, float]:
        """The median absolute deviation of columns from given centres."""
        return measure_deviation_medians(self.table, centres, self.pilot)
