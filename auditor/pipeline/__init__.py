"""The steps of each operation: audit, batch, reports, notifications, doctor."""
