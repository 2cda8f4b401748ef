"""Synthesis: rows that nobody is, made like the rows of a data set.

:func:`describe_columns` and :func:`code_table` prepare real rows, :func:`fit_copula` learns from
them, :func:`generate` draws rows that keep every rule. :mod:`assay.synthesis.gan` has a network in
the copula's place, :mod:`assay.synthesis.raking` gives rows the shares of real ones, and
:mod:`assay.synthesis.judging` judges what is made before it is used.
"""

from assay.synthesis._coded import CodedTable, code_table, decode_table
from assay.synthesis._columns import Column, describe_columns
from assay.synthesis._copies import rare_combinations, row_hashes
from assay.synthesis._copula import fit_copula
from assay.synthesis._generate import Generated, Generator, Rules, generate

__all__ = [
    "CodedTable",
    "Column",
    "Generated",
    "Generator",
    "Rules",
    "code_table",
    "decode_table",
    "describe_columns",
    "fit_copula",
    "generate",
    "rare_combinations",
    "row_hashes",
]
