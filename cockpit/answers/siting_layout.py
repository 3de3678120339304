"""What a plan changes: facilities that close or move, cells that get a new site; as text, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from geodata.errors import InputError

LONGEST_KEY = 1_000_000
"""Characters of a plan as text: covering everybody may open thousands of sites. What an address
can carry is far less, and the page's own affair."""


@dataclass(frozen=True)
class Layout:
    """
    Changes against today; all in order, so that equal plans are equal.

    A facility closes or moves, not both; a cell gets one new site at most.
    """

    closed: tuple[str, ...] = ()  # ids of facilities that close
    added: tuple[str, ...] = ()  # codes of cells that get a new site
    moved: tuple[tuple[str, str], ...] = ()  # (id of a facility, code of the cell it moves to)

    def __post_init__(self) -> None:
        for name in ("closed", "added", "moved"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name))))
        facilities = Counter([*self.closed, *(f for f, _ in self.moved)])
        cells = Counter([*self.added, *(c for _, c in self.moved)])
        for what in (facilities, cells):
            twice = [site for site, n in what.items() if n > 1]
            if twice:
                raise InputError("{site} stands in the plan twice.", site=twice[0])

    def __bool__(self) -> bool:
        return bool(self.closed or self.added or self.moved)

    @property
    def n_changes(self) -> int:
        """Return how many sites open, close or move."""
        return len(self.closed) + len(self.added) + len(self.moved)

    @property
    def new_cells(self) -> tuple[str, ...]:
        """Return the cells with a site that is not there today: new or moved there."""
        return tuple(sorted((*self.added, *(cell for _, cell in self.moved))))

    @property
    def gone(self) -> tuple[str, ...]:
        """Return the facilities that are no longer where they are today: closed or moved."""
        return tuple(sorted((*self.closed, *(facility for facility, _ in self.moved))))

    def with_added(self, cell: str) -> Layout:
        """Return the plan with a new site."""
        return replace(self, added=(*self.added, cell))

    def without_cell(self, cell: str) -> Layout:
        """Return the plan without the site of a cell; a facility that had moved there stays."""
        return replace(
            self,
            added=tuple(c for c in self.added if c != cell),
            moved=tuple(m for m in self.moved if m[1] != cell),
        )

    def with_closed(self, facility: str) -> Layout:
        """Return the plan without a facility of today, wherever it had moved."""
        back = self.with_opened(facility)
        return replace(back, closed=(*back.closed, facility))

    def with_opened(self, facility: str) -> Layout:
        """Return the plan with a facility where it is today."""
        return replace(
            self,
            closed=tuple(f for f in self.closed if f != facility),
            moved=tuple(m for m in self.moved if m[0] != facility),
        )

    def with_moved(self, facility: str, cell: str) -> Layout:
        """Return the plan with a facility at a cell instead of where it is today."""
        back = self.with_opened(facility)
        return replace(back, moved=(*back.moved, (facility, cell)))

    def with_cell_moved(self, old: str, new: str) -> Layout:
        """Return the plan with the site of a cell (new, or a facility moved there) at another."""
        for facility, cell in self.moved:
            if cell == old:
                return self.with_moved(facility, new)
        return self.without_cell(old).with_added(new)

    def key(self) -> str:
        """Return the plan as text of letters, digits and ``% . _ ~ -``; "" when nothing changes."""
        parts = [("c", self.closed), ("a", self.added)]
        told = [f"{letter}{'.'.join(map(_quoted, ids))}" for letter, ids in parts if ids]
        told += [f"m{_quoted(facility)}.{_quoted(cell)}" for facility, cell in self.moved]
        return "~".join(told)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "closed": list(self.closed),
            "added": list(self.added),
            "moved": [list(pair) for pair in self.moved],
        }


def layout_from_plain(values: Mapping[str, Any]) -> Layout:
    """Return the plan of plain values; ``InputError`` for what is none."""
    try:
        closed, added = ([str(v) for v in values.get(name, [])] for name in ("closed", "added"))
        moved = [(str(facility), str(cell)) for facility, cell in values.get("moved", [])]
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError("This is no plan: closed, added and moved are lists of sites.") from error
    return Layout(tuple(closed), tuple(added), tuple(moved))


def parse_layout(key: str) -> Layout:
    """
    Return the plan that a text stands for; "" for none.

    Raises
    ------
    InputError
        If the text was not made by ``Layout.key``.
    """
    if len(key) > LONGEST_KEY:
        raise _unreadable(key)
    made = Layout()
    for part in key.split("~") if key else ():
        ids = [unquote(word, errors="strict") for word in _words(part, key)]
        if part[0] == "m" and len(ids) == 2:
            made = replace(made, moved=(*made.moved, (ids[0], ids[1])))
        elif part[0] == "c":
            made = replace(made, closed=(*made.closed, *ids))
        elif part[0] == "a":
            made = replace(made, added=(*made.added, *ids))
        else:
            raise _unreadable(key)
    return made


def _words(part: str, key: str) -> list[str]:
    words = part[1:].split(".")
    if part[:1] not in ("a", "c", "m") or not all(words):
        raise _unreadable(key)
    try:
        readable = all(word.isascii() and unquote(word, errors="strict") for word in words)
    except UnicodeDecodeError:
        readable = False
    if not readable:
        raise _unreadable(key)
    return words


def _unreadable(key: str) -> InputError:
    return InputError("The plan in the address cannot be read: {text}.", text=key[:40])


def _quoted(text: str) -> str:
    """Return an id as an address carries it; what separates ids is escaped, too."""
    return quote(text, safe="").replace(".", "%2E").replace("~", "%7E")
