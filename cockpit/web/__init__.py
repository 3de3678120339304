"""Starlette routes and middleware: layers by URL, downloads, health, headers."""
