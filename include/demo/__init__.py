"""The demo: an upstream delivers real data, and Assay releases it.

``python -m demo`` (or ``make demo``) puts ten days of flights around a blizzard and four years of
census data into the inbox, as an upstream would. It starts a real Airflow, backfills the releases
with Airflow's own command, has a model trained, asked and judged, and ends with a table of every
batch and its outcome.
"""
