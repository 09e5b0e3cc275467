"""The databases that hold the store: SQLite and PostgreSQL."""
