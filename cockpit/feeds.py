"""
Rows that come by a live feed: from the bytes of a request to rows of the right types.

A row is never mended and nothing of it is cut: what is not as it should be is refused with its
place in the request, its own id, and a sentence.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from geodata.errors import CockpitError
from loaders.catalog import COLUMNS
from loaders.rules import mask_text

KINDS = ("events", "readings")
MOST_BYTES = 8 * 1024 * 1024
"""A request that is larger is not read: 8 MB hold 5,000 events of 1,600 characters."""
MOST_ROWS = 5_000
EARLY_MINUTES = 5
"""Clocks of devices may be this much ahead of ours."""
LONGEST_SHOWN = 60
"""Characters of a wrong value in a sentence; the sender knows the rest."""

NOT_JSON = "The request is no JSON: line {line}, column {column} is not understood."
LONG_NUMBER = "The request is no JSON: a number has thousands of digits, line {line}."
NO_VALUE = "The request is no JSON: line {line}, column {column}: a value is missing or unreadable."
NO_NAME = (
    "The request is no JSON: line {line}, column {column}: "
    "expected a field's name in double quotes."
)
NO_COLON = "The request is no JSON: line {line}, column {column}: expected a colon."
NO_COMMA = (
    "The request is no JSON: line {line}, column {column}: expected a comma or a closing bracket."
)
LAST_COMMA = (
    "The request is no JSON: line {line}, column {column}: a comma before a closing bracket."
)
MORE_AFTER = "The request is no JSON: line {line}, column {column}: something follows its end."
OPEN_TEXT = "The request is no JSON: line {line}, column {column}: a text without closing quotes."
CONTROL = "The request is no JSON: line {line}, column {column}: a line break or tab within a text."
ESCAPE = (
    "The request is no JSON: line {line}, column {column}: a backslash before a wrong character."
)
_CAUSES = (  # as Python's reader begins them
    ("Expecting value", NO_VALUE),
    ("Expecting property name", NO_NAME),
    ("Expecting ':'", NO_COLON),
    ("Expecting ','", NO_COMMA),
    ("Illegal trailing comma", LAST_COMMA),
    ("Extra data", MORE_AFTER),
    ("Unterminated string", OPEN_TEXT),
    ("Invalid control character", CONTROL),
    ("Invalid \\", ESCAPE),
)
NOT_TEXT = "The request is no text in UTF-8: byte {byte}."
NOT_FINITE = "The request is no JSON: {found} is no number."
TOO_DEEP = "The request is no JSON that can be read: too many brackets in each other."
TOO_MANY_ROWS = "The request has {n} rows; at most {most} are taken at once."
NO_ROWS = "The request has no rows."

NO_OBJECT = "The row is no object of fields and values."
UNKNOWN_FIELD = "{field} is no field of a row here; the fields are {known}."
TWICE = "{field} stands twice in the row."
MISSING = "{field} is missing."
NUMBER_AS_TEXT = "{field} is the text {found}; expected a number, without quotation marks."
NO_NUMBER = "{field} is {found}; expected a number."
NO_TEXT = "{field} is {found}; expected a text."
TOO_LONG = "{field} has {n} characters; at most {limit} are taken, and nothing is cut."
BAD_CHARACTERS = "{field} has characters that cannot be stored."
NO_TIME = "{field} is {found}; expected a time such as 2025-11-01T08:30."
UNPRINTABLE = "{field} has a line break or another character that cannot be seen."
FUTURE = "{field} is {found}, in the future; the county's clock shows {now}."
UNLIKE_BEFORE = "Row {first} of the request says otherwise about the same."


class FeedError(CockpitError):
    """A request that cannot be taken as a whole."""


class TooLargeError(FeedError):
    """A request with too many bytes or rows."""


@dataclass(frozen=True)
class Refusal:
    """A row that is not taken, or is taken with a mark, and why."""

    position: int  # in the request, 1 = first
    row_id: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """Rows whose fields have the right types, in their order, and the others."""

    rows: list[dict[str, Any]]  # standard fields; ``position`` is added
    refused: list[Refusal]
    n: int  # rows in the request


# ---------------------------------------------------------------- the request


def parsed(body: bytes, *, lines: bool = False) -> list[Any]:
    """
    Return the rows of a request: one JSON object, a list of them, or one a line.

    Raises
    ------
    FeedError
        If it is no JSON (line and column are named), has no rows, or NaN or Infinity in it.
    TooLargeError
        If there are more than ``MOST_ROWS`` rows.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeedError(NOT_TEXT, byte=error.start + 1) from None
    try:
        rows = _of_lines(text) if lines else _loaded(text)
    except RecursionError:
        raise FeedError(TOO_DEEP) from None
    found = rows if isinstance(rows, list) else [rows]
    if not found:
        raise FeedError(NO_ROWS)
    if len(found) > MOST_ROWS:
        raise TooLargeError(TOO_MANY_ROWS, n=len(found), most=MOST_ROWS)
    return found


def _loaded(text: str, line: int = 1) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        at = error.lineno + line - 1
        said = (template for words, template in _CAUSES if error.msg.startswith(words))
        raise FeedError(next(said, NOT_JSON), line=at, column=error.colno) from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise FeedError(LONG_NUMBER, line=line + _line_of_digits(text)) from None


def _line_of_digits(text: str) -> int:
    """Return how many lines come before the first number that is too long to be read."""
    found = re.search(r"\d{4300}", text)
    return text.count("\n", 0, found.start()) if found else 0


class Twice(dict[str, Any]):
    """A row with a field twice: which of its values is meant, nobody can tell."""

    field = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    doubtful = Twice(made)
    doubtful.field = next(name for name in names if names.count(name) > 1)
    return doubtful


def _no_constant(name: str) -> NoReturn:
    raise FeedError(NOT_FINITE, found=name)


def _of_lines(text: str) -> list[Any]:
    found = enumerate(text.splitlines(), start=1)
    return [_loaded(line, number) for number, line in found if line.strip()]


# ---------------------------------------------------------------- rows

_LIMITS = {c.name: c.longest for kind in KINDS for c in COLUMNS[kind] if c.longest}
_ID_LENGTH = 64
_TEXTS = {
    "events": ("id", "channel", "category", "text", "code", "address", "building", "status"),
    "readings": ("id", "sensor", "unit"),
}
_FREE = ("text", "address")  # words of people may have lines
_NUMBERS = {"events": ("lon", "lat"), "readings": ("value",)}
_TIMES = {"events": ("reported", "closed"), "readings": ("time",)}
_REQUIRED = {
    "events": ("id", "category", "reported"),
    "readings": ("sensor", "time", "value"),
}
FIELDS = {kind: (*_TEXTS[kind], *_NUMBERS[kind], *_TIMES[kind]) for kind in KINDS}


class _RowError(Exception):
    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.template, self.values = template, values


def checked(rows: Sequence[Any], kind: str, *, now: dt.datetime, zone: ZoneInfo) -> Checked:
    """
    Check the fields of rows and bring their times to the county's clock.

    Parameters
    ----------
    rows
        As ``parsed`` returns them.
    kind
        events or readings.
    now
        Local time of the county.
    zone
        Of the county: times with a zone are converted to it, those without one are of it.
    """
    good: list[dict[str, Any]] = []
    refused = []
    latest = now + dt.timedelta(minutes=EARLY_MINUTES)
    one = _reading if kind == "readings" else _any
    for position, row in enumerate(rows, start=1):
        try:
            found = one(row, kind, latest, now, zone)
        except _RowError as error:
            refused.append(Refusal(position, _id_of(row, kind), error.template, error.values))
            continue
        found["position"] = position
        good.append(found)
    return Checked(good, refused, len(rows))


def _reading(
    row: Any, kind: str, latest: dt.datetime, now: dt.datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """Return a plain reading at once; whatever is unusual about it is looked at field by field."""
    if type(row) is dict and len(row) == 3:
        sensor, time, value = row.get("sensor"), row.get("time"), row.get("value")
        if (
            type(sensor) is str and type(time) is str and type(value) is float
            and 0 < len(sensor) <= _ID_LENGTH and sensor.isprintable()
            and TIME.match(time) and math.isfinite(value)
        ):  # fmt: skip
            at = _moment(time, zone)
            if at is not None and at <= latest:
                return {"sensor": sensor, "time": at, "value": value}
    return _any(row, kind, latest, now, zone)


def _any(
    row: Any, kind: str, latest: dt.datetime, now: dt.datetime, zone: ZoneInfo
) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise _RowError(NO_OBJECT)
    if isinstance(row, Twice):
        raise _RowError(TWICE, field=_shown(row.field))
    for name in row:
        if name not in FIELDS[kind]:
            raise _RowError(UNKNOWN_FIELD, field=_shown(name), known=", ".join(FIELDS[kind]))
    out: dict[str, Any] = {}
    readers: tuple[tuple[tuple[str, ...], Callable[[str, Any], Any]], ...] = (
        (_TEXTS[kind], _text),
        (_NUMBERS[kind], _number),
        (_TIMES[kind], lambda name, value: _time(name, value, latest, now, zone)),
    )
    for names, read in readers:
        for name in names:
            value = row.get(name)
            if value is None or value == "":
                if name in _REQUIRED[kind]:
                    raise _RowError(MISSING, field=name)
                continue
            out[name] = read(name, value)
    for name in _REQUIRED[kind]:
        if name not in out or out[name] == "":
            raise _RowError(MISSING, field=name)
    return out


def _text(name: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and name in ("id", "sensor", "code"):
        value = str(value)  # numbers of tickets are numbers to many programs
    if not isinstance(value, str):
        raise _RowError(NO_TEXT, field=name, found=_shown(value))
    limit = _LIMITS.get(name, _ID_LENGTH)
    if len(value) > limit:
        raise _RowError(TOO_LONG, field=name, n=len(value), limit=limit)
    if "\x00" in value or not _storable(value):
        raise _RowError(BAD_CHARACTERS, field=name)
    plain = value.strip()
    if name not in _FREE and not plain.isprintable():
        raise _RowError(UNPRINTABLE, field=name)
    return plain


def _storable(value: str) -> bool:
    """Tell whether a text has no half of a surrogate pair: no database takes one."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(name: str, value: Any) -> float:
    if isinstance(value, str):
        raise _RowError(NUMBER_AS_TEXT, field=name, found=_shown(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RowError(NO_NUMBER, field=name, found=_shown(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _RowError(NO_NUMBER, field=name, found=_shown(value))
    return number


TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$")


def _time(
    name: str, value: Any, latest: dt.datetime, now: dt.datetime, zone: ZoneInfo
) -> dt.datetime:
    moment = _moment(value, zone) if isinstance(value, str) and TIME.match(value) else None
    if moment is None:
        raise _RowError(NO_TIME, field=name, found=_shown(value))
    if moment > latest:
        raise _RowError(FUTURE, field=name, found=f"{moment:%Y-%m-%d %H:%M}",
                        now=f"{now:%Y-%m-%d %H:%M}")  # fmt: skip
    return moment


def _moment(text: str, zone: ZoneInfo) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= 1850 else None  # as loaders.rules.EARLIEST_YEAR


def _shown(value: Any) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, list | dict):
        text = "[…]" if isinstance(value, list) else "{…}"
    else:
        text = json.dumps(value)[:400]
    text = "".join(c if c.isprintable() else "�" for c in text[: 4 * LONGEST_SHOWN])
    text = mask_text(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _id_of(row: Any, kind: str) -> str:
    """Return how a sender finds a row again: its id, or sensor and time."""
    if not isinstance(row, dict):
        return ""
    if row.get("id") not in (None, "") or kind == "events":
        return _shown(row.get("id", ""))
    parts = (row.get("sensor"), row.get("time"))
    return " ".join(_shown(part) for part in parts if part not in (None, ""))


# ---------------------------------------------------------------- silence

LONGEST_GAPS = 3
"""A source is silent when nothing has come for three of its longest usual gaps."""
LEAST_SILENCE = dt.timedelta(hours=1)


def silent(received: Sequence[dt.datetime], created: dt.datetime, now: dt.datetime) -> bool:
    """
    Tell whether a source that should send has stopped, or never began.

    Parameters
    ----------
    received
        When its last deliveries came, in any order; all times UTC. Nine in ten gaps between them
        are no longer than the usual gap.
    """
    times = sorted(received)
    if not times:
        return now - created > LEAST_SILENCE
    gaps = sorted(b - a for a, b in pairwise(times))
    usual = gaps[int(0.9 * (len(gaps) - 1))] if gaps else dt.timedelta()
    return now - times[-1] > max(LEAST_SILENCE, LONGEST_GAPS * usual)
