"""Early warning on the screen: open alerts, sensors and feeds as lists and marks."""

from __future__ import annotations

import datetime as dt

from cockpit.answers import alert_sensors, alerts
from cockpit.answers import screen_words as words
from cockpit.answers.alert_sensors import FAULT, GOOD, UNKNOWN, SensorRow
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import level_word, place_of, title_of, why_words
from cockpit.answers.feeds import FeedState, feeds_state
from cockpit.answers.feeds_county import zone
from cockpit.answers.screen_maps import mark
from cockpit.answers.screen_places import Frame
from cockpit.answers.screen_view import Json, View, problem
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.look import tokens
from cockpit.risk.rules import LEVELS

_LOOKED_AT = 60
"""Newest lines of the ledger that are looked through for alerts that have ended."""
EXERCISE = "[Exercise] {title}"


def standing(view: View) -> tuple[Story, ...]:
    """Return the open alerts that a view may show; the public none: their ledger is not open."""
    return () if view.public else alerts.open_alerts(view.data_class)


def headed(story: Story, language: str) -> str:
    """Return an alert's title; that of an exercise says so first."""
    title = title_of(story, language)
    return translate(EXERCISE, language, title=title) if story.exercise else title


def warning_word(level: int, language: str) -> str:
    """Return the name of a warning of a level: 红色预警, Red warning."""
    return translate("{colour} warning", language, colour=level_word(level, language))


def doing(story: Story, language: str) -> str:
    """Return what is being done about an alert: who has taken it up, to whom it goes next."""
    said = []
    if story.acknowledged is not None:
        said.append(translate("{who} has taken it up", language, who=story.acknowledged.who))
    if story.escalated:
        to = str(story.escalated[-1].detail.get("to", ""))
        said.append(translate("passed on to {to}", language, to=to))
    if not said:
        said.append(translate("nobody has taken it up yet", language))
    if story.acknowledged is None:
        said.append(_next(story, language))
    return ("，" if language == "zh" else ", ").join(t for t in said if t)


def _next(story: Story, language: str) -> str:
    """Return who acts next when nobody takes an alert up; "" when the last has been told."""
    ladder = story.rule.escalation
    if ladder is None and story.escalated:
        return ""
    if ladder is None:
        return translate("the rule names nobody to act", language)
    calls = [e.seq for e in story.lines if e.action in ("opened", "raised")]
    step = sum(e.seq > calls[-1] for e in story.escalated) if calls else len(story.escalated)
    if not story.in_time:
        return translate("found in older data, so {to} is not called", language, to=ladder.to[0])
    if step >= len(ladder.to):
        return ""
    return translate(
        "{to} is called after {minutes} min", language, to=ladder.to[step],
        minutes=f"{ladder.minutes * (step + 1):g}",
    )  # fmt: skip


def colour_of(level: int) -> str:
    """Return the colour of a level 1 to 4."""
    return tokens.ALERT[LEVELS[level]]


def alert_list(view: View, county: Twin, most: int, title: str) -> Json:
    """Return the open alerts, the gravest first; faults of sensors are not among them."""
    found = [s for s in standing(view) if s.kind != "fault"]
    told = title or view.say("Open alerts: {n}", n=len(found))
    return {
        "type": "list", "title": told if title else everywhere(view, told),
        "rows": [
            {
                "text": headed(s, view.language), "note": _note(view, s, county),
                "figure": level_word(s.level, view.language), "unit": "", "light": "none",
                "alert": s.level, "code": s.region_code or "",
            }
            for s in found[:most]
        ],
        "empty": view.say("No alert stands open."),
    }  # fmt: skip


def everywhere(view: View, title: str) -> str:
    """Return the title of a panel that tells of the whole county while a region is selected."""
    if not view.select:
        return title
    return f"{title} · {view.say('whole county')}"


def closed_list(view: View, county: Twin, most: int) -> Json:
    """Return the alerts that ended last, each with when it stood; for a day without any."""
    found = [] if view.public else _closed(view, most)
    return {
        "type": "list", "title": everywhere(view, view.say("No open alert; the last ones closed")),
        "rows": [
            {
                "text": headed(s, view.language), "note": _closed_note(view, s, county),
                "figure": level_word(s.peak, view.language), "unit": "", "light": "none",
                "alert": s.peak, "code": s.region_code or "",
            }
            for s in found
        ],
        "empty": view.say("None has been raised yet."),
    }  # fmt: skip


def _closed(view: View, most: int) -> list[Story]:
    newest = alerts.ledger(view.data_class, limit=_LOOKED_AT).stories
    ended = [s for s in newest if s.closed is not None and s.kind != "fault"]
    return sorted(ended, key=lambda s: (s.closed, s.id), reverse=True)[:most]


def _closed_note(view: View, story: Story, county: Twin) -> str:
    place = place_of(story, county, view.language) or story.subject
    since, until = (words.moment(t, view.language) for t in (story.opened, story.closed))
    return f"{place} · {view.say('{since} to {until}', since=since, until=until)}"


def _note(view: View, story: Story, county: Twin) -> str:
    place = place_of(story, county, view.language) or story.subject
    since = words.moment(story.opened, view.language)
    return " · ".join((place, since, doing(story, view.language)))


def alert_marks(view: View, frame: Frame, county: Twin) -> list[Json]:
    """Return the open alerts as marks; loud orange and red ones pulse."""
    found: list[Json] = []
    for story in standing(view):
        if story.kind == "fault" or story.level == 0:
            continue
        at = place_on(frame, story)
        loud = story.level >= 3 and story.acknowledged is None and story.muted_until is None
        label = f"{headed(story, view.language)} · {place_of(story, county, view.language)}"
        size = 3 if story.level >= 3 else 2
        found += mark(at, "triangle", colour_of(story.level), label, pulse=loud, size=size)
    return found


def place_on(frame: Frame, story: Story) -> tuple[int, int] | None:
    """Return where an alert is: its own place, else that of its region."""
    return frame.point(story.lon, story.lat) or frame.place(story.region_code or "")


def why(story: Story, language: str) -> str:
    """Return what was measured and what the limit is, both in the rule's unit."""
    values = dict(story.why.values)
    unit = story.rule.unit
    if not unit or not {"value", "limit"} & values.keys():
        return why_words(story, language)
    told = translate(unit, language)
    for name in ("value", "limit", "margin"):
        found = values.get(name)
        if isinstance(found, int | float) and not isinstance(found, bool):
            found = words.measured(float(found))
        if found is not None:
            values[name] = f"{found} {told}"
    return translate(story.why.template, language, **values)


# ---------------------------------------------------------------- sensors


def sensors_of(view: View) -> tuple[SensorRow, ...]:
    """Return the sensors that a view may show; the public none."""
    return () if view.public else alert_sensors.sensor_rows(view.data_class, standing(view))


def sensor_list(view: View, county: Twin, most: int, title: str) -> Json:
    """Return the sensors that need attention, and how many are in order."""
    found = sensors_of(view)
    told = title or everywhere(view, view.say("Sensors"))
    if not found:
        return problem(told, view.say("No sensors are stored that are open to you."))
    good = sum(s.state == GOOD for s in found)
    rows = [_sensor(view, county, s) for s in found if s.state != GOOD or s.level][:most]
    return {
        "type": "list", "rows": rows,
        "title": title or everywhere(
            view, view.say("Sensors: {n} of {all} in order", n=good, all=len(found))
        ),
        "empty": view.say("All {n} sensors are in order.", n=good),
    }  # fmt: skip


def _sensor(view: View, county: Twin, row: SensorRow) -> Json:
    device = row.device
    state = {FAULT: "out of order", GOOD: "in order"}.get(row.state, "not known")
    note = view.say(row.why.template, **row.why.values) if row.why else ""
    value, unit = "", ""
    if row.newest is not None:
        value, unit = words.measured(row.newest[1]), device.unit
    code = str(county.regions["code"].iat[device.region]) if device.region >= 0 else ""
    return {
        "text": f"{device.kind} {device.id}", "note": note or view.say(state), "figure": value,
        "unit": unit, "light": {FAULT: "bad", GOOD: "none"}.get(row.state, "watch"),
        "alert": row.level, "code": code,
    }  # fmt: skip


def sensor_marks(view: View, frame: Frame) -> list[Json]:
    """Return the sensors as small marks: in order, out of order, not known."""
    found: list[Json] = []
    now = view.tokens
    for row in sensors_of(view):
        at = frame.point(row.device.lon, row.device.lat)
        shape, colour = {FAULT: ("cross", now.bad), GOOD: ("circle", now.good)}.get(
            row.state, ("diamond", now.quiet)
        )
        found += mark(at, shape, colour, f"{row.device.kind} {row.device.id}")
    return found


# ---------------------------------------------------------------- feeds


def feeds_of(view: View) -> tuple[FeedState, ...]:
    """Return the feeds that are switched on; the public is told of none."""
    if view.public:
        return ()
    return tuple(f for f in feeds_state(view.data_class) if not f.disabled)


def local(time: dt.datetime) -> dt.datetime:
    """Return a moment of UTC on the county's clock."""
    return time.replace(tzinfo=dt.UTC).astimezone(zone()).replace(tzinfo=None)


def feed_words(view: View, feed: FeedState) -> str:
    """Return how a feed stands, in a sentence."""
    if feed.last is None:
        return view.say("has never sent anything")
    last = words.moment(local(feed.last), view.language)
    return view.say("silent since {time}" if feed.stale else "last came {time}", time=last)


def feed_list(view: View, title: str) -> Json:
    """Return the live feeds with the time that each came last."""
    told = title or everywhere(view, view.say("Live feeds"))
    found = feeds_of(view)
    if not found:
        return problem(
            told, view.say("No live feed has been set up: figures are as of their load.")
        )
    rows = [
        {
            "text": feed.title, "note": feed_words(view, feed), "figure": view.number(feed.n_today),
            "unit": view.say("rows today"), "light": "bad" if feed.stale else "good", "alert": 0,
            "code": "",
        }
        for feed in found
    ]  # fmt: skip
    return {"type": "list", "title": told, "rows": rows, "empty": ""}


def legend(view: View) -> list[Json]:
    """Return what the marks of alerts and sensors mean."""
    found = standing(view)
    rows = [
        {
            "colour": colour_of(level), "label": warning_word(level, view.language),
            "n": sum(s.level == level and s.kind != "fault" for s in found),
        }
        for level in (4, 3, 2, 1)
    ]  # fmt: skip
    now, sensors = view.tokens, sensors_of(view)
    for state, colour, label in (
        (GOOD, now.good, "Sensor in order"), (FAULT, now.bad, "Sensor out of order"),
        (UNKNOWN, now.quiet, "Sensor not known"),
    ):  # fmt: skip
        n = sum(row.state == state for row in sensors)
        rows.append({"colour": colour, "label": view.say(label), "n": n})
    return rows


def sentence(view: View, place: str) -> str:
    """Return how many alerts stand open in the county; it is named while a region is selected."""
    told = _counted(view)
    if not view.select:
        return told
    return f"{place}：{told}" if view.language == "zh" else f"{place}: {told}"


def _counted(view: View) -> str:
    found = [s for s in standing(view) if s.kind != "fault"]
    if not found:
        return view.say("No alert stands open.")
    waiting = sum(s.acknowledged is None for s in found)
    return view.say(
        "{n} alerts stand open; {waiting} are not taken up.", n=len(found), waiting=waiting
    )
