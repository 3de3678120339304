"""``python -m cockpit replay``: a stored period sent again, in the order of its times."""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cockpit.answers.feeds_county import clock
from cockpit.answers.feeds_replay import Row, Store, Tally, Target, from_files, from_store
from cockpit.feeds import MOST_ROWS, TIME
from cockpit.locale import translate
from cockpit.store.session import engine, open_engine
from geodata.errors import DataFileError, InputError

ALL_STORED, SOME_REFUSED = 0, 4
_TIMEOUT_SECONDS = 60
_LAST_MARGIN = dt.timedelta(seconds=1)


def run(given: argparse.Namespace) -> int:
    """Replay and tell; return 0, or 4 when rows were refused."""
    names = (("events", given.events_feed), ("readings", given.readings_feed))
    feeds = {kind: name for kind, name in names if name}
    if not feeds:
        raise InputError("Name the feed that takes the rows: --events-feed or --readings-feed.")
    if not 1 <= given.most <= MOST_ROWS:
        raise InputError("A request has 1 to {most} rows.", most=MOST_ROWS)
    if given.shift and given.speed < 1:
        raise InputError("An exercise cannot be slower than what happened: its times end now.")
    with closing(_target(given, feeds)) as target:
        return _replayed(given, feeds, target)


def _replayed(given: argparse.Namespace, feeds: Mapping[str, str], target: Target) -> int:
    rows = _rows(given, list(feeds))
    if not rows:
        print(translate("Nothing is stored of this period.", given.lang))
        return ALL_STORED
    if given.shift:
        _require_exercises(target, feeds)
        rows = shifted(rows, given.speed, given.prefix, clock())
    begun = time.monotonic()
    tally = play(rows, feeds, target, speed=given.speed, most=given.most)
    _tell(tally, time.monotonic() - begun, given.lang)
    return SOME_REFUSED if tally.refused else ALL_STORED


def _rows(given: argparse.Namespace, kinds: list[str]) -> list[Row]:
    start, end = (_moment(text) for text in (given.start, given.end))
    if given.files:
        return from_files(given.files, kinds, start, end)
    if not given.store:
        return from_store(engine(), kinds, start, end)
    bind = open_engine(given.store)
    try:
        return from_store(bind, kinds, start, end)
    finally:
        bind.dispose()


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    if not TIME.match(text):
        raise InputError("{found} is no time; expected one such as 2025-10-01.", found=text)
    return dt.datetime.fromisoformat(text).replace(tzinfo=None)


def shifted(rows: Sequence[Row], speed: float, prefix: str, now: dt.datetime) -> list[Row]:
    """
    Return rows whose times end when the replay will end; none of them is sent before its time.

    Sent ``speed`` times as fast from ``now`` on, a period of T seconds ends T / speed seconds
    later. Distances between times stay as they were.
    """
    length = rows[-1].time - rows[0].time
    lasts = dt.timedelta() if math.isinf(speed) else length / speed
    by = now + lasts - rows[-1].time - _LAST_MARGIN
    by -= dt.timedelta(microseconds=by.microseconds)
    told = prefix or f"x{now:%m%d%H%M}-"
    return [row.moved(by, told) for row in rows]


def play(
    rows: Sequence[Row], feeds: Mapping[str, str], target: Target, *, speed: float, most: int,
    sleep: Callable[[float], None] = time.sleep, watch: Callable[[], float] = time.monotonic,
) -> Tally:  # fmt: skip
    """
    Send rows in the order of their times, ``speed`` times as fast as they came.

    What is due at the same moment goes together, at most ``most`` rows of a kind in a request.
    """
    tally = Tally()
    begun = watch()
    for due, group in _groups(rows, speed, most):
        late = watch() - begun
        if due > late:
            sleep(due - late)
        for kind, feed in feeds.items():
            some = [dict(row.fields) for row in group if row.kind == kind]
            if some:
                target.send(feed, some, tally)
                tally.sent += len(some)
    return tally


_TOGETHER_SECONDS = 0.2


def _groups(rows: Sequence[Row], speed: float, most: int) -> Iterator[tuple[float, list[Row]]]:
    """Yield seconds from the beginning and the rows that are due by then."""
    group: list[Row] = []
    opened = 0.0
    for row in rows:
        due = 0.0 if math.isinf(speed) else (row.time - rows[0].time).total_seconds() / speed
        if group and (len(group) >= most or due - opened > _TOGETHER_SECONDS):
            yield _due(group[-1], rows[0], speed), group
            group = []
        if not group:
            opened = due
        group.append(row)
    if group:
        yield _due(group[-1], rows[0], speed), group


def _due(last: Row, first: Row, speed: float) -> float:
    return 0.0 if math.isinf(speed) else (last.time - first.time).total_seconds() / speed


def _require_exercises(target: Target, feeds: Mapping[str, str]) -> None:
    for feed in feeds.values():
        if not target.is_exercise(feed):
            raise InputError(
                "The feed {id} is no exercise; times are shifted only for a feed made with "
                "--exercise.", id=feed,
            )  # fmt: skip


def _tell(tally: Tally, seconds: float, language: str) -> None:
    for sentence in tally.sentences:
        print(sentence, file=sys.stderr)
    if tally.refused > len(tally.sentences):
        more = tally.refused - len(tally.sentences)
        print(translate("... and {n} more.", language, n=more), file=sys.stderr)
    said = (
        "{n} rows sent in {seconds} s: {new} new, {known} known, {refused} refused, {marked} "
        "marked."
    )
    print(
        translate(
            said, language, n=tally.sent, seconds=f"{seconds:.1f}", new=tally.new,
            known=tally.known, refused=tally.refused, marked=tally.marked,
        )
    )  # fmt: skip


# ---------------------------------------------------------------- where to


def _target(given: argparse.Namespace, feeds: Mapping[str, str]) -> Target:
    if not given.into:
        tokens = _tokens(given.token, list(feeds.values()))
        return Server(given.to, tokens, given.lang)
    from_own = not given.files and not given.store
    same = given.into == given.store or (
        from_own and given.into == engine().url.render_as_string(hide_password=False)
    )
    if same and not given.shift:
        raise InputError("A period is not replayed into the store that it comes from.")
    return Store(open_engine(given.into), feeds, given.lang, exercise=given.shift)


def _tokens(given: Sequence[str], feeds: Sequence[str]) -> dict[str, str]:
    said = dict(part.split("=", 1) for part in given if "=" in part)
    found = {}
    for feed in feeds:
        token = said.get(feed) or os.environ.get(f"COCKPIT_TOKEN_{feed.upper()}", "")
        if not token:
            raise InputError(
                "No token for feed {id}; set COCKPIT_TOKEN_{name} or give --token {id}=TOKEN.",
                id=feed, name=feed.upper(),
            )  # fmt: skip
        found[feed] = token
    return found


class Server:
    """A running cockpit, by one connection that is kept open."""

    def __init__(self, address: str, tokens: Mapping[str, str], language: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("{address} is no address such as http://127.0.0.1:8501.",
                             address=address)  # fmt: skip
        if parts.scheme == "http" and not _loopback(parts.hostname):
            raise InputError(
                "{address} would get the token in the clear; use https beyond this machine.",
                address=address,
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else (
            http.client.HTTPConnection
        )  # fmt: skip
        self._connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
        self._address, self._path = address, parts.path.rstrip("/")
        self._tokens, self._language = tokens, language

    def is_exercise(self, feed: str) -> bool:
        """Ask the cockpit what a feed is."""
        return bool(self._ask("GET", feed, None).get("exercise"))

    def send(self, feed: str, rows: Sequence[Mapping[str, Any]], tally: Tally) -> None:
        """Post rows; a refusal as a whole ends the replay."""
        body = json.dumps(rows, ensure_ascii=False).encode()
        found = self._ask("POST", feed, body)
        told = [f"{one['id']}: {one['sentence']}" for one in found["refused"]]
        tally.add(found["new"], found["known"], told, len(found["marked"]))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, feed: str, body: bytes | None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._tokens[feed]}", "Accept-Language": self._language,
            "Content-Type": "application/json",
        }  # fmt: skip
        try:
            self._connection.request(method, f"{self._path}/feed/{feed}", body, headers)
            answer = self._connection.getresponse()
            found = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DataFileError(
                "{address} does not answer as a cockpit does ({problem}).",
                address=self._address, problem=type(error).__name__,
            ) from error  # fmt: skip
        if not isinstance(found, dict) or "error" in found:
            said = found.get("error", "") if isinstance(found, dict) else ""
            raise DataFileError("{address} refused the feed {id}: {sentence}",
                                address=self._address, id=feed, sentence=said)  # fmt: skip
        return found


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
