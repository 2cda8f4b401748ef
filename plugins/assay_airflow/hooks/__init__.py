"""From Airflow's connections to Assay's services."""
