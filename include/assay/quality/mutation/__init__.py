"""The mutation score of a suite: the share of planted faults that it finds."""

from assay.quality.mutation._score import measure_mutation

__all__ = ["measure_mutation"]
