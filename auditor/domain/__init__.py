"""The data that the auditor works with. Pure: no clock, network, database or environment."""
