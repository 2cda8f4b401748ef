"""The demo: an upstream that drops real data, and a run of the whole office over it.

``python -m demo`` (or ``make demo``) drops ten days of flights around a blizzard and four years of
census data into the inbox, as an upstream would, starts a real Airflow, backfills the releases
with Airflow's own command, and ends with a table of what became of every batch.
"""
