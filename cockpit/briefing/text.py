"""What a briefing says, from its facts, in one language; and how it gets shorter to fit a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cockpit.access.classes import TITLES
from cockpit.briefing.changes import LEVEL_TITLES, sentences
from cockpit.briefing.content import Alarm, Card, Change, Mood, Page, Place, Section
from cockpit.briefing.drawing import Map, Shapes, Spot, Words, draw
from cockpit.briefing.facts import LEADING, Both, Facts, Figure, Kind, Move, Source, Village, Warned
from cockpit.locale import translate
from cockpit.memo.content import Language, Picture, Table
from cockpit.memo.words import date, number

Say = Callable[..., str]

KINDS_SAID: dict[Kind, str] = {"daily": "Daily briefing", "weekly": "Weekly briefing"}
CARDS = 8
_ON_MAP = 24  # letters of a name


@dataclass(frozen=True)
class Room:
    """How much of each list is shown: what is left out is counted."""

    places: int = 5
    reasons: int = 4
    alarms: int = 6
    differences: int = 6
    sources: int = 14
    letters: int = 60  # of a name; the longest that is set whole
    points: float = 9.5  # of the type


ROOMS = (
    Room(),
    Room(points=9.0),
    Room(reasons=3, points=9.0),
    Room(reasons=3, alarms=5, differences=4, sources=8, points=8.5),
    Room(reasons=2, alarms=4, differences=3, sources=5, letters=40, points=8.0),
    Room(reasons=2, alarms=3, differences=2, sources=3, letters=24, points=8.0),
    Room(reasons=1, alarms=2, differences=2, sources=2, letters=16, points=8.0),
    Room(places=3, reasons=1, alarms=1, differences=1, sources=1, letters=10, points=7.5),
)
"""From roomy to tight: a sheet of paper takes the first that fits it."""


@dataclass(frozen=True, eq=False)
class Land:
    """The county's townships, in the metres that the facts' places are in."""

    townships: Shapes
    names: tuple[Both, ...]


def write(facts: Facts, language: Language, land: Land, room: Room = ROOMS[0]) -> Page:
    """Return the page; lists are cut to ``room`` and say how many more there are."""

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    kind = say(KINDS_SAID[facts.kind])
    county = _cut(facts.county[language], max(room.letters, 24))
    as_of = _moment(facts.as_of, language)
    marks = [say("Class: {name}", name=say(TITLES[facts.data_class]))]
    if facts.invented:
        marks.append(say("Sample county, invented"))
    changed = Section(say("What changed"))
    return Page(
        language, kind, f"{county}{'' if language == 'zh' else ': '}{kind}",
        say("No. {number}", number=facts.number), _days(facts, say, language),
        say("Data as of {time}", time=as_of), tuple(marks), county,
        tuple(_card(f, facts.kind, say, language, room) for f in facts.figures[:CARDS]),
        changed,
        tuple(
            s[language] for s in sentences(facts.kind, facts.figures[:CARDS], facts.others)
        ),
        _section(say, "Villages that need attention", facts.villages, room.places,
                 "No village stands out today."),
        tuple(_place(k, v, language, room) for k, v in enumerate(facts.villages[: room.places])),
        (say("No."), say("Village"), say("Why")),
        _section(say, "Open alerts", facts.alerts, room.alarms, _quiet(facts)),
        tuple(_alarm(k, a, say, language, room)
              for k, a in enumerate(facts.alerts[: room.alarms])),
        _section(say, _differs_title(facts, say, language), facts.differences, room.differences,
                 ""),
        tuple(_cut(d[language], 4 * room.letters) for d in facts.differences[: room.differences]),
        _section(say, "Sources and method", facts.sources, room.sources,
                 "No data sets are stored."),
        tuple(_source(s, language, say, room) for s in facts.sources[: room.sources]),
        _method(facts, say, language),
        say("{n} figures recomputed from the data by another way: all agree.",
            n=len(facts.checked)),
        _checked(facts, say, language), say("List of the recomputed figures"),
        _picture(facts, language, land, room, say, as_of),
        _footer(facts, say, county),
        say("page {page} of {pages}", page="{page}", pages="{pages}"),
        facts.as_of,
    )  # fmt: skip


def _days(facts: Facts, say: Say, language: Language) -> str:
    """Return the day that an issue is of, or the seven days."""
    if facts.kind == "daily":
        return date(facts.as_of.date(), language)
    last = facts.last_day or facts.as_of.date()
    first = last - dt.timedelta(days=6)
    said = [date(first, language), date(last, language)]
    if language == "zh":  # 2025年10月25日至31日
        said[1] = said[1][_shared(first, last, said[1], ("年", "月")) :]
    elif first.year == last.year:  # 25 to 31 Oct 2025
        words = said[0].split(" ")
        said[0] = " ".join(words[: 1 if first.month == last.month else 2])
    return say("{first} to {last}", first=said[0], last=said[1])


def _shared(first: dt.date, last: dt.date, said: str, ends: tuple[str, str]) -> int:
    """Return how many letters of a day stand in the one before already: its year, its month."""
    if first.year != last.year:
        return 0
    return said.index(ends[1 if first.month == last.month else 0]) + 1


def _quiet(facts: Facts) -> str:
    """Return what to say where no alert is listed: none is open, or none may be seen."""
    if any(figure.id == "alerts" for figure in facts.figures):
        return "No alert stands open."
    return "Alerts are not told in this issue."


def _section(say: Say, heading: str, rows: Sequence[object], most: int, empty: str) -> Section:
    more = len(rows) - most
    return Section(
        say(heading), say(empty) if empty and not rows else "",
        say("and {n} more", n=more) if more > 0 else "",
    )  # fmt: skip


def _cut(text: str, letters: int) -> str:
    """Return a text of at most so many letters, its end as an ellipsis where it was cut."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def _moment(moment: dt.datetime, language: Language) -> str:
    day = date(moment.date(), language)
    return day if moment.time() == dt.time.min else f"{day} {moment:%H:%M}"


# ---------------------------------------------------------------- the figures


def _card(figure: Figure, kind: Kind, say: Say, language: Language, room: Room) -> Card:
    moves = [m for period in (LEADING[kind], "year") if (m := figure.move(period)) is not None]
    changes = tuple(Change(m.against[language], _mood(m)) for m in moves)
    if not moves and figure.as_of is not None:
        day = date(figure.as_of, language)
        changes = (Change(say("counted on {date}", date=day), "same"),)
    label = _cut(figure.title[language], max(room.letters, 36))
    return Card(
        figure.id, label, figure.said_value[language], figure.unit[language],
        figure.light, figure.light_word[language], figure.said_target[language], changes,
    )  # fmt: skip


def _mood(move: Move) -> Mood:
    if move.good is None:
        return "same"
    return "better" if move.good else "worse"


# ---------------------------------------------------------------- villages, alerts, the map


def _place(k: int, village: Village, language: Language, room: Room) -> Place:
    return Place(
        str(k + 1),
        _cut(village.name[language], room.letters),
        _cut(village.township[language], room.letters),
        tuple(_cut(r[language], 4 * room.letters) for r in village.reasons[: room.reasons]),
    )


def _letter(k: int) -> str:
    return chr(ord("A") + k)


def _alarm(k: int, alert: Warned, say: Say, language: Language, room: Room) -> Alarm:
    since = say("since {time}", time=_moment(alert.opened, language))
    return Alarm(
        _letter(k), alert.level, say(LEVEL_TITLES[alert.level]),
        _cut(alert.title[language], room.letters), _cut(alert.place[language], room.letters),
        since, _cut(alert.doing[language], 2 * room.letters),
    )  # fmt: skip


def _picture(
    facts: Facts, language: Language, land: Land, room: Room, say: Say, as_of: str
) -> Picture:
    spots = [
        Spot(v.x, v.y, str(k + 1))
        for k, v in enumerate(facts.villages[: room.places])
        if v.x is not None and v.y is not None
    ]
    spots += [
        Spot(a.x, a.y, _letter(k), a.level)
        for k, a in enumerate(facts.alerts[: room.alarms])
        if a.x is not None and a.y is not None
    ]
    levels = [say("Alert: {level}", level=say(name)) for name in LEVEL_TITLES[1:]]
    title = say("Where to look")
    foot = say(
        "Source: page Overview and open alerts; {time}; class {name}; borders: {borders}",
        time=as_of, name=say(TITLES[facts.data_class]), borders=_borders(facts, say),
    )  # fmt: skip
    words = Words(
        title, say("Village that needs attention"), (levels[0], levels[1], levels[2], levels[3]),
        say("{n} km", n="{n}"), say("N"), foot,
    )  # fmt: skip
    named = say(", ").join(
        [f"{k + 1} {v.name[language]}" for k, v in enumerate(facts.villages[: room.places])]
    )
    alt = say(
        "Map of {county}: villages that need attention ({names}) and {n} open alerts.",
        county=facts.county[language], names=named or "—", n=len(facts.alerts),
    )  # fmt: skip
    names = tuple(_cut(name[language], _ON_MAP) for name in land.names)
    svg = draw(Map(land.townships, names, tuple(spots), words))
    return Picture(svg, alt, title)


def _borders(facts: Facts, say: Say) -> str:
    if facts.invented:
        return say("invented county, no review number needed")
    return say("map review number {number}", number=facts.review_number or "—")


# ---------------------------------------------------------------- what it rests on


def _differs_title(facts: Facts, say: Say, language: Language) -> str:
    if facts.before is None:
        return say("Against the issue before")
    return say("Against the issue of {date}", date=date(facts.before, language))


def _source(source: Source, language: Language, say: Say, room: Room) -> str:
    return say(
        "{title} ({department}, {date})",
        title=_cut(source.title[language], room.letters),
        department=_cut(_department(source.department, say, language), room.letters),
        date=date(source.as_of, language),
    )


def _department(name: str, say: Say, language: Language) -> str:
    """Return a department's name; in English with what it is where it has no English one."""
    said = say(name) if name else "—"
    if language == "en" and not said.isascii() and said == name:
        return f"Department [{name}]"
    return said


def _method(facts: Facts, say: Say, language: Language) -> tuple[str, ...]:
    made = [
        say(
            "Figures are those of page Overview, data version {version}; how each is counted "
            "stands there.",
            version=facts.version[:24],
        ),
        say(
            "Villages come by points: open alerts, events beyond their usual time, more events "
            "than usual, people beyond a service's standard."
        ),
    ]
    made += [gap[language] for gap in facts.gaps]
    if facts.invented:
        made.append(say("The county is invented: its figures show how this works, and no more."))
    return tuple(made)


def _checked(facts: Facts, say: Say, language: Language) -> Table:
    """Return the lineage of every printed figure: what it is, from what, and both counts."""
    heads = ("Id", "Figure", "Printed", "Recomputed", "From data sets", "How it is counted")
    rows = tuple(
        (
            p.id, p.name[language], number(p.said, p.decimals), number(p.found, p.decimals),
            say(", ").join(p.sources), p.how[language],
        )
        for p in facts.checked
    )  # fmt: skip
    return Table(say("List of the recomputed figures"), tuple(say(h) for h in heads), rows)


def _footer(facts: Facts, say: Say, county: str) -> str:
    version = say("data version {version}", version=facts.version[:24])
    return " · ".join((county, say("No. {number}", number=facts.number), version))


def marked(page: Page, sentence: str) -> Page:
    """Return a page with the mark of an export in its foot."""
    return replace(page, footer=f"{page.footer} · {sentence}")
