"""The gates that a model passes before it may become the champion.

Each judges figures with their intervals by the model file: the whole interval must keep a limit.
An interval that holds the limit decides nothing, and is INCONCLUSIVE.
"""

from assay.training.gates._performance import Against, Slice, judge_performance

__all__ = ["Against", "Slice", "judge_performance"]
