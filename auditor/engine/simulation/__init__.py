"""Simulations: admin access after a failure, and the effects of a fix. Pure."""
