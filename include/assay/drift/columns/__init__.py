"""Columns: what one column of a batch and of its reference gives, and how two columns compare.

:mod:`~assay.drift.columns._comparison` goes through the columns of a policy. A column has an order
or levels; either way it has a test of :mod:`assay.drift.tests` and effects of
:mod:`assay.drift.effects`.
"""
