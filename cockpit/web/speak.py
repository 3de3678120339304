"""The script that reads public pages aloud: a file of ours, so the content policy stays strict."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.web.open_answers import told

_FILE = Path(__file__).parent / "lite_files" / "speak.js"


@cache
def _script() -> bytes:
    return _FILE.read_bytes()


async def speak(request: Request) -> Response:
    """Serve the script, with its tag."""
    return told(request, _script(), "text/javascript; charset=utf-8")


ROUTES = (Route("/lite/speak.js", speak),)
