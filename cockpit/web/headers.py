"""The headers that every answer carries."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

from cockpit.settings import settings


@cache
def start_page_scripts() -> tuple[str, ...]:
    """
    Return the hashes of the scripts that stand inside Streamlit's own start page.

    They are taken from the installed file, so that a new version of Streamlit is let through as it
    is shipped, and nothing else that somebody might put into a page.
    """
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        return ()
    page = (Path(found.origin).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def content_policy(basemap_host: str) -> str:
    """Return the content policy; an official map service's host may be asked for tiles."""
    host = f" {basemap_host}" if basemap_host else ""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' 'wasm-unsafe-eval'", *start_page_scripts())),
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{host}",
            "font-src 'self' data:",
            f"connect-src 'self'{host}",
            "worker-src 'self' blob:",
            "frame-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", content_policy(settings().basemap_host).encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"permissions-policy",
        b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), midi=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
)
