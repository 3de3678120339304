"""Licences of open data: the address of a known one, or the county's own open licence."""

from __future__ import annotations

import re
from dataclasses import dataclass

OWN = "/open/licence"
"""Where the county's own open licence stands, below the address of the cockpit."""

_KNOWN: tuple[tuple[str, str], ...] = (
    (r"cc.?0|public domain", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"cc.?by.?sa.*4", "https://creativecommons.org/licenses/by-sa/4.0/"),
    (r"cc.?by(?!.?n[cd]|.?sa).*4", "https://creativecommons.org/licenses/by/4.0/"),
    (r"odbl|open database license", "https://opendatacommons.org/licenses/odbl/1-0/"),
    (r"odc.?by", "https://opendatacommons.org/licenses/by/1-0/"),
    (r"pddl", "https://opendatacommons.org/licenses/pddl/1-0/"),
    (r"^$|政府信息公开|开放|open licence of the county", OWN),
)


@dataclass(frozen=True)
class Licence:
    """A licence as the catalogue words it, and its address (ours begins with a slash; or "")."""

    text: str
    uri: str


def licence_of(text: str | None) -> Licence:
    """
    Return a licence by what the catalogue says; where it says nothing, the county's own.

    A text that is not known keeps its words and gets no address: we would grant what its owner
    may not have granted.

    >>> licence_of("CC BY 4.0").uri
    'https://creativecommons.org/licenses/by/4.0/'
    >>> licence_of("政府信息公开").uri
    '/open/licence'
    >>> licence_of("CC BY-NC 4.0").uri
    ''
    """
    said = (text or "").strip()
    for pattern, uri in _KNOWN:
        if re.search(pattern, said.lower()):
            return Licence(said, uri)
    return Licence(said, "")
