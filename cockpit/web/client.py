"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from cockpit.settings import settings


def address_of(scope: Scope) -> str:
    """
    Return the address of who asks.

    What a client writes into X-Forwarded-For is believed when a proxy of ours stands before the
    cockpit (COCKPIT_TRUSTED_PROXY), and of that only the last entry, which is the proxy's.
    """
    host, port = scope.get("client") or ("", 0)
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    last = forwarded.rpartition(",")[2].strip()
    if settings().trusted_proxy and last:
        return last[:64]
    # The server takes the header's word for what comes from this machine, and port 0 is its mark.
    return "127.0.0.1" if last and port == 0 else str(host)[:64]


def is_https(scope: Scope) -> bool:
    """Tell whether the browser's connection is encrypted, up to a proxy of ours."""
    if settings().trusted_proxy:
        said = Headers(scope=scope).get("x-forwarded-proto", "")
        if said:
            return said.rpartition(",")[2].strip().lower() == "https"
    return str(scope.get("scheme", "")) in ("https", "wss")


def agent_of(scope: Scope) -> str:
    """Return what the browser says it is."""
    said = Headers(scope=scope).get("user-agent", "")
    return "".join(letter for letter in said if letter.isprintable())[:200]


def from_ours(scope: Scope, address: str) -> bool:
    """
    Tell whether an address a browser names (Origin, Referer) is the one it asks, port included.

    Cookies know no ports: another program on this host must not speak in a visitor's name. Behind
    a proxy of ours its X-Forwarded-Host counts as well. "" and "null" name nothing.
    """
    headers = Headers(scope=scope)
    ours = {headers.get("host", "")}
    if settings().trusted_proxy:
        ours.add(headers.get("x-forwarded-host", "").rpartition(",")[2].strip())
    return address in ("", "null") or urlsplit(address).netloc in ours - {""}
