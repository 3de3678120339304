"""
The few fields of Streamlit's messages that identity needs, read from their protobuf bytes.

Routes know no Streamlit; a test holds the numbers of the fields to Streamlit's own descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

NEW_SESSION, INITIALIZE, SESSION_ID = 4, 1, 6  # ForwardMsg -> NewSession -> Initialize
METADATA, AUTH_REDIRECT, URL = 2, 24, 1  # ForwardMsg -> AuthRedirect
RERUN_SCRIPT, HEARTBEAT, IS_AUTO_RERUN = 11, 17, 6  # BackMsg -> ClientState
QUERY, CONTEXT, CONTEXT_URL = 1, 8, 4  # ClientState -> ContextInfo
PAGE_INFO = 12  # ForwardMsg -> PageInfo -> QUERY

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10  # bytes
_MEDIA = re.compile(rb"/media/([0-9A-Za-z_-]{8,128}(?:\.[0-9A-Za-z]{1,12})?)")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """
    Yield number and value of each field of a message; parts of messages come as bytes.

    What is no message ends the reading: whoever gets the bytes will refuse them.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(kind, len(data))
        if at + length > len(data):
            return
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * n)
        if byte < 0x80:
            return value, at + n + 1
    return 0, len(data)


def leading_to(path: str) -> bytes:
    """Return a message that makes the browser leave the page for another address of ours."""
    target = _part(URL, path.encode())
    return _part(METADATA, b"") + _part(AUTH_REDIRECT, target)


def _part(number: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | _BYTES) + _as_varint(len(value)) + value


def _as_varint(value: int) -> bytes:
    more = bytearray()
    while value > 0x7F:
        more.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*more, value])


def session_given(forward: bytes) -> str:
    """Return the id of the session that a message to the browser opens; "" if it opens none."""
    part: int | bytes = forward
    for number in (NEW_SESSION, INITIALIZE, SESSION_ID):
        if not isinstance(part, bytes):
            return ""
        part = next((value for n, value in fields(part) if n == number), b"")
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else ""


def by_hand(back: bytes) -> bool:
    """Tell whether a message from the browser comes from somebody: no heartbeat, no timer."""
    for number, value in fields(back):
        if number == HEARTBEAT:
            return False
        if number == RERUN_SCRIPT and isinstance(value, bytes):
            return not any(n == IS_AUTO_RERUN and v for n, v in fields(value))
    return True


def page_of(back: bytes) -> str:
    """Return path and query of the page that a message from the browser is about; "" unsaid."""
    state = _inside(back, RERUN_SCRIPT)
    address = _text(_inside(_inside(state, CONTEXT), CONTEXT_URL))
    try:
        path = urlsplit(address).path
    except ValueError:  # no address: whoever sent it is led to the start page
        return ""
    return with_query(path, _text(_inside(state, QUERY))) if path else ""


def query_told(forward: bytes) -> str | None:
    """Return the query that a message gives the browser's address; None if it leaves it alone."""
    if not any(number == PAGE_INFO for number, _ in fields(forward)):
        return None
    return _text(_inside(_inside(forward, PAGE_INFO), QUERY))


def with_query(path: str, query: str) -> str:
    """Return a path with another query behind it."""
    return path.partition("?")[0] + (f"?{query}" if query else "")


def _inside(message: bytes, number: int) -> bytes:
    return next((v for n, v in fields(message) if n == number and isinstance(v, bytes)), b"")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def media_named(forward: bytes) -> set[str]:
    """Return the files under /media/ whose address a message to the browser holds."""
    if b"/media/" not in forward:
        return set()
    return {found.decode() for found in _MEDIA.findall(forward)}
