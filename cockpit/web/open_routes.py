"""All routes of open data but the maps of its pages: files, catalogue, API. Nobody signs in."""

from __future__ import annotations

from cockpit.web import open_api, open_downloads

ROUTES = (*open_api.ROUTES, *open_downloads.ROUTES)
"""The API goes first: what is below its address and is none of its own is nothing."""
