"""Judging made rows before anybody may use them: fidelity, utility, privacy and bias.

:func:`measure_synthesis` compares them with the half of the real rows that was learned from and
with the half that wasn't; :func:`judge_synthesis` gives the verdict.
"""

from assay.synthesis.judging._html import render_html
from assay.synthesis.judging._judge import judge_synthesis
from assay.synthesis.judging._report import SynthesisReport, measure_synthesis

__all__ = ["SynthesisReport", "judge_synthesis", "measure_synthesis", "render_html"]
