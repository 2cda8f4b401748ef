"""Expectations that a table meets, each with the evidence for it.

One module a subject: a rule looks at one column (``_type``, ``_nulls``, ``_levels``, …) or at the
whole table (``_row_count``, ``_column_order``, …) and yields proposals, or remarks with the
reason why it proposes nothing. ``_rules`` lists the rules in the order of a suite.
"""
