"""The checked store: tables, sessions, ingest and migrations."""
