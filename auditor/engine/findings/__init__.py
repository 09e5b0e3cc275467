"""Findings over time: reconciled, grouped, waived, due. Pure."""
