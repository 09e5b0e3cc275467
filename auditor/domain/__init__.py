"""What there is. Pure: no clock, no network, no database, no environment."""
