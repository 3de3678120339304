"""The headers that every answer carries."""

from __future__ import annotations

from cockpit.settings import settings


def content_policy(basemap_host: str) -> str:
    """Return the content policy; an official map service's host may be asked for tiles."""
    host = f" {basemap_host}" if basemap_host else ""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
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
