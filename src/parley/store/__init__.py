"""Append, read, keep: SQLite for logs, files for recordings. Opens only what `app` hands it."""
