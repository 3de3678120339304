"""The mark on what leaves the cockpit: who, when, what for, and a code that leads to the trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from cockpit.access.visitor import Visitor
from cockpit.locale import translate


@dataclass(frozen=True)
class Mark:
    """
    A mark of one export.

    ``at`` is local time to the minute; ``code`` leads to the entry of the audit trail
    (``audit.entry_of``).
    """

    name: str
    account: str
    at: dt.datetime
    purpose: str
    code: str
    language: str = "zh"

    @property
    def sentence(self) -> str:
        """The mark in words, in the language of the export."""
        values = {
            "name": self.name or self.account,
            "account": self.account,
            "time": f"{self.at:%Y-%m-%d %H:%M}",
            "code": self.code,
        }
        if self.purpose:
            return translate(
                "Exported by {name} ({account}) at {time} for: {purpose}. Trace code {code}.",
                self.language,
                purpose=self.purpose,
                **values,
            )
        return translate(
            "Exported by {name} ({account}) at {time}. Trace code {code}.", self.language, **values
        )


_current: ContextVar[Mark | None] = ContextVar("mark", default=None)


def current() -> Mark | None:
    """Return the mark for files made now; None where nobody exports, as in a command."""
    return _current.get()


@contextmanager
def marked(mark: Mark) -> Iterator[Mark]:
    """Mark every file that is made within, in threads started from here too."""
    token = _current.set(mark)
    try:
        yield mark
    finally:
        _current.reset(token)


def mark_of(visitor: Visitor, code: str, at: dt.datetime, language: str) -> Mark:
    """Return the mark of a visitor's export at a local time."""
    return Mark(
        name=visitor.name,
        account=visitor.account,
        at=at.replace(second=0, microsecond=0),
        purpose=visitor.purpose,
        code=code,
        language=language,
    )
