"""One model for each table of the configuration file."""
