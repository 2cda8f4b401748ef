"""Expectations that a table meets, each with the evidence for it.

A rule looks at one column or at the whole table, and yields proposals, or remarks with the reason
why it proposes nothing.
"""
