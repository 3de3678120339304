"""What a screen asks every two seconds: weather of the data, loud alerts, what its wall follows."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from cockpit.answers import alerts, screen, screen_alerts, screen_events, screen_wall
from cockpit.answers import screen_words as words
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import place_of
from cockpit.answers.current import current_twin
from cockpit.answers.feeds import FeedState
from cockpit.answers.feeds_county import zone
from cockpit.answers.screen_places import Frame, frame_of
from cockpit.answers.screen_view import Json, View
from cockpit.answers.twin import Twin

LOUD = 3
"""Alerts from this level on come up on every screen: orange and red."""
KEPT_SECONDS = 0.5
"""How old an answer may be: fifty screens of a wall ask the store once."""
SLOW_SECONDS = 5.0
"""The same for what a new line of the ledger retires at once, and for the state of feeds."""
LATE = dt.timedelta(hours=1)
"""A feed that came less than this ago is not called late, whatever its rhythm."""
_MOST_KEPT = 64

_lock = threading.Lock()
_kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
_makers: dict[Hashable, threading.Lock] = {}


def pulse(view: View, wall: str = "") -> Json:
    """Return everything of a pulse but the session, which is the asking screen's own."""
    key = (view.seen, view.language, view.public)
    made: Json = dict(_lately(key, lambda: _shared(view)))
    made["now"] = dt.datetime.now(zone()).isoformat(timespec="seconds")
    made["wall"] = screen_wall.nothing()
    if not view.public and screen_wall.is_name(wall):  # any other would only take room
        made["wall"] = _lately(("wall", wall), lambda: screen_wall.followed(wall))
    return made


def _lately(key: Hashable, make: Callable[[], Any], seconds: float = KEPT_SECONDS) -> Any:
    """Return what was made a moment ago, or make it; of several askers one makes it."""
    kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept[0] < seconds:
        return kept[1]
    with _lock:
        maker = _makers.setdefault(key, threading.Lock())
    try:
        with maker:
            kept = _kept.get(key)
            if kept is None or time.monotonic() - kept[0] >= seconds:
                made = make()
                with _lock:
                    _kept[key] = kept = (time.monotonic(), made)
                    _kept.move_to_end(key)  # what was made longest ago makes room
                    while len(_kept) > _MOST_KEPT:
                        _kept.popitem(last=False)
    finally:
        with _lock:
            if _makers.get(key) is maker:  # those who wait for it have it in their hands
                del _makers[key]
    return kept[1]


def forget() -> None:
    """Drop what is kept: something has just changed."""
    with _lock:
        _kept.clear()
        _makers.clear()


def _shared(view: View) -> Json:
    about = (view.seen, view.language, view.public)
    head = () if view.public else alerts.head_of_ledger()
    offset = dt.datetime.now(zone()).utcoffset() or dt.timedelta()
    frame, county = frame_of(view), None if view.public else current_twin()
    return {
        "zone_minutes": round(offset.total_seconds() / 60),
        "version": view.version(frame.version) if frame is not None else "",
        "playlist": screen.playlist_mark(view),
        "weather": _lately(("weather", *about), lambda: weather(view), SLOW_SECONDS),
        "alerts": _lately(
            ("alerts", head, *about), lambda: _alerts(view, frame, county), SLOW_SECONDS
        ),
    }


# ---------------------------------------------------------------- weather of the data


def weather(view: View) -> Json:
    """
    Return how fresh the data are.

    "stopped": a feed that should send has fallen silent or never came; "late": one has not come
    for longer than it usually takes, and is not given up yet; "ok"; "none": there is no feed, and
    figures are as of their load.
    """
    if view.public:
        return {"state": "none", "text": view.say("Published figures"), "as_of": "", "feeds": []}
    moment = screen_events.newest(view)
    as_of = words.moment(moment, view.language) if moment is not None else ""
    found = screen_alerts.feeds_of(view)
    states = [_state(feed) for feed in found]
    worst = next((s for s in ("stopped", "late", "ok") if s in states), "none")
    return {
        "state": worst, "text": _weather_words(view, worst, found, states, as_of), "as_of": as_of,
        "feeds": [
            {"title": f.title, "text": screen_alerts.feed_words(view, f), "state": state}
            for f, state in zip(found, states, strict=True)
        ],
    }  # fmt: skip


def _state(feed: FeedState) -> str:
    if feed.stale:
        return "stopped"
    if feed.last is None:
        return "late"  # it has been set up a moment ago
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    return "late" if now - feed.last > LATE else "ok"


def _weather_words(
    view: View, worst: str, feeds: tuple[FeedState, ...], states: list[str], as_of: str
) -> str:
    if worst == "none":
        if as_of:
            return view.say("No live feed; data up to {time}", time=as_of)
        county = current_twin()
        if county is None:
            return view.say("There are no data yet.")
        day = words.date(county.date, view.language)
        return view.say("No live feed; residents as of {date}", date=day)
    if worst == "ok":
        return view.say("Data up to {time}", time=as_of)
    named = [f.title for f, state in zip(feeds, states, strict=True) if state == worst]
    between = "、" if view.language == "zh" else ", "
    template = "{feeds} stopped" if worst == "stopped" else "{feeds} late"
    return view.say(template, feeds=between.join(named[:3]))


# ---------------------------------------------------------------- loud alerts


def _alerts(view: View, frame: Frame | None, county: Twin | None) -> list[Json]:
    if county is None or frame is None:
        return []
    loud = [s for s in screen_alerts.standing(view) if _is_loud(s)]
    loud.sort(key=lambda s: (s.level, s.opened, s.id), reverse=True)  # newest of the worst first
    return [_told(view, s, frame, county) for s in loud]


def _is_loud(story: Story) -> bool:
    return (
        story.open
        and story.kind != "fault"
        and story.level >= LOUD
        and story.muted_until is None
        and story.acknowledged is None
    )


def _told(view: View, story: Story, frame: Frame, county: Twin) -> Json:
    language = view.language
    at = screen_alerts.place_on(frame, story)
    return {
        "id": story.id, "level": story.level,
        "level_words": screen_alerts.warning_word(story.level, language),
        "title": screen_alerts.headed(story, language),
        "place": place_of(story, county, language) or story.subject,
        "opened": words.moment(story.opened, language),
        "why": screen_alerts.why(story, language),
        "doing": screen_alerts.doing(story, language),
        "x": None if at is None else at[0], "y": None if at is None else at[1],
        "code": story.region_code or "", "exercise": story.exercise,
    }  # fmt: skip
