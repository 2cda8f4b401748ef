"""The Airflow skin of Assay: operators, hooks and defaults, and nothing that judges data."""
