"""What is counted of a sample, and what earlier versions and columns' names add to it.

``_sample`` profiles a sample for the drafts. ``_columns``, ``_versions`` and ``_column_pairs``
measure tables out of core for the proposals. ``_text_types`` and ``_text_patterns`` read texts.
"""
