"""What it means: evaluate, reconcile, announce, report. Pure."""
