"""A report for machines: JSON, CSV and OCSF."""
