"""The facts of an issue: the overview's figures with their lineage, each counted once more."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers import overview_words as words
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import place_of, title_of, why_words
from cockpit.answers.briefing_recount import Recount
from cockpit.answers.overview_parts import Attention, Change, Headline, Overview, Reason
from cockpit.answers.reach import current_reach
from cockpit.answers.twin import Twin
from cockpit.briefing.changes import aimed_at, farthest
from cockpit.briefing.facts import (
    NOTHING,
    Both,
    Facts,
    Figure,
    Kind,
    Move,
    Printed,
    Source,
    Village,
    Warned,
)
from cockpit.briefing.text import CARDS
from cockpit.locale import Named
from cockpit.memo.words import date, number
from cockpit.store.models import Dataset
from geodata.errors import InputError

FIRST = (
    "alerts", "events", "events_open", "events_late", "appeals", "care", "ambulance", "fire",
    "school", "residents", "aged",
)  # fmt: skip
"""Headlines in the order in which they find room on the page."""
_SAME = 1e-7
"""Relative: sums of the same numbers in another order."""
_LIVE = ("events", "sensors", "readings")
"""Kinds of data sets that alerts are raised on."""


@dataclass
class Sheet:
    """Holds each figure against its recount, and remembers those that are printed."""

    printed: list[Printed] = field(default_factory=list)

    def check(
        self, name: str, title: Both, said: float | None, found: float, decimals: int,
        sources: tuple[str, ...], how: Both,
    ) -> None:  # fmt: skip
        """
        Take a figure that is printed.

        Raises
        ------
        InputError
            If the recount differs by more than half of the last printed digit, or tells a figure
            where the page has none.
        """
        if said is None and math.isnan(found):
            return
        half = 0.5 * 10.0**-decimals
        stands = math.nan if said is None else said
        # Also refuses what is no number: nothing compares with NaN.
        if not abs(stands - found) < half + _SAME * max(abs(stands), abs(found)):
            raise InputError(
                "The briefing is not made: {figure} stands as {said}; counted again from the data "
                "it is {found}.",
                figure=Named.of(title.zh, title.en), said=number(stands, decimals),
                found=number(found, decimals),
            )  # fmt: skip
        self.printed.append(Printed(name, title, stands, found, decimals, sources, how))


def facts_of(db: Session, county: Twin, told: Overview, kind: Kind, visitor: str) -> Facts:
    """
    Return the facts of an issue, without what differs from the one before.

    Raises
    ------
    InputError
        If a figure is not what counting again gives; it names the figure.
    """
    recount = Recount(db, county, current_reach(visitor), visitor)
    sheet = Sheet()
    boxes = chosen(told.headlines)
    aimed = tuple(h for h in told.headlines if h not in boxes and _is_aimed(h))
    figures, others = (
        tuple(_figure(h, told.as_of.date(), recount, sheet) for h in lines)
        for lines in (boxes, aimed)
    )
    _hold_targets((*boxes, *aimed), (*figures, *others), sheet)
    to_metres = Transformer.from_crs(4326, str(county.county["crs"]), always_xy=True).transform
    villages = tuple(_village(v, recount, sheet, to_metres) for v in told.villages)
    name = str(county.county["name"])
    return Facts(
        kind=kind,
        as_of=told.as_of.replace(microsecond=0),
        county=_both(name, str(county.county.get("name_en") or "")),
        county_code=str(county.county["code"]),
        invented=bool(county.county.get("invented")),
        review_number=str(county.county.get("review_number") or ""),
        data_class=told.data_class,
        version=told.version,
        figures=figures,
        villages=villages,
        alerts=tuple(_warned(s, county, to_metres) for s in told.alerts if not s.exercise),
        sources=tuple(_sources(db, county, (*figures, *others), visitor)),
        gaps=tuple(_gap(template, values) for template, values in told.gaps),
        checked=tuple(sheet.printed),
        others=others,
        last_day=told.day,
    )


def chosen(headlines: Iterable[Headline]) -> tuple[Headline, ...]:
    """Return the headlines that the page has room for, eight at most, in the page's order."""
    found = list(headlines)
    rank = {name: k for k, name in enumerate(FIRST)}
    best = sorted(found, key=lambda h: rank.get(h.id, len(FIRST)))[:CARDS]
    return tuple(h for h in found if h in best)


def _both(chinese: str, english: str) -> Both:
    return Both(chinese, english or chinese)


def _in_both(tell: Callable[[str], str]) -> Both:
    return Both(tell("zh"), tell("en"))


def _gap(template: str, values: object) -> Both:
    told = dict(values) if isinstance(values, dict) else {}
    for key, value in told.items():
        if isinstance(value, tuple):  # titles of services: msgids
            names = [Both.of(str(v)) for v in value]
            told[key] = Both("、".join(n.zh for n in names), ", ".join(n.en for n in names))
    return Both.of(template, **told)


# ---------------------------------------------------------------- figures


def _is_aimed(line: Headline) -> bool:
    return line.target is not None and line.value is not None


def _hold_targets(lines: tuple[Headline, ...], figures: tuple[Figure, ...], sheet: Sheet) -> None:
    """
    Hold the sentence on the targets against the figures that were counted again.

    How many are reached, and how far from its own the one is that the sentence names: no other may
    be farther by the second count.
    """
    found = {p.id: p.found for p in sheet.printed}
    aimed = [(line, found[line.id]) for line in lines if _is_aimed(line)]
    if not aimed:
        return
    missed = [pair for pair in aimed if not _meets(*pair)]
    said = [f for f in aimed_at(figures) if f.light != "good"]
    sources = tuple(dict.fromkeys(name for line, _ in aimed for name in line.sources))
    met = float(len(aimed) - len(said))
    sheet.check(
        "targets", Both.of("Targets reached"), met, float(len(aimed) - len(missed)), 0, sources,
        Both.of("All figures that have a target, those without a box too."),
    )  # fmt: skip
    if not said:
        return
    named = farthest(said)
    sheet.check(
        "targets.farthest", Both.of("Farthest from its target: {title}", title=named.title),
        100 * _off(named.value or 0.0, named.target or 0.0, named.decimals),
        100 * max((_off(v, h.target or 0.0, h.decimals) for h, v in missed), default=math.nan),
        1, named.sources,
        Both.of("Distance from the target, as a percentage of the target."),
    )  # fmt: skip


def _meets(line: Headline, value: float) -> bool:
    target, slack = line.target or 0.0, _SAME * max(abs(line.target or 0.0), 1.0)
    return value >= target - slack if line.target_higher else value <= target + slack


def _off(value: float, target: float, decimals: int) -> float:
    return abs(value - target) / max(abs(target), 10.0**-decimals)


def _figure(line: Headline, day: dt.date, recount: Recount, sheet: Sheet) -> Figure:
    title = Both.of(line.title)
    how = Both.of(line.definition) if line.definition else NOTHING
    moment = line.as_of if isinstance(line.as_of, dt.datetime) else None
    found = recount.value(line.id, moment)
    boxed = Both.of("{title} in 7 days", title=title) if line.counted else title
    sheet.check(line.id, boxed, line.value, found, line.decimals, line.sources, how)
    for change in line.changes:
        counted = recount.change(line.id, change.period, moment)
        for when, said, again in (
            ("now", change.now, counted[0]),
            ("before", change.before, counted[1]),
        ):
            name = Both.of(_WHEN[when, change.period], title=title)
            key = f"{line.id}.{change.period}.{when}"
            sheet.check(key, name, said, again, line.decimals, line.sources, how)
    bare = replace(line, unit="events") if line.counted else line  # its title says the period
    shown = _in_both(lambda language: words.shown(bare, language))
    if line.counted:
        shown = Both(shown.zh, _said(line, line.value).en)
    return Figure(
        line.id, boxed, _unit(line), line.value, line.decimals,
        shown,
        _in_both(lambda language: words.parts_of(line, language)[0]),
        line.light, line.target,
        _in_both(lambda language: words.target_of(line, language)),
        _in_both(lambda language: words.light_of(line, language)),
        tuple(_move(line, change, boxed, day) for change in line.changes), line.trend,
        line.sources, how, moment.date() if moment is not None else line.as_of,
    )  # fmt: skip


_WHEN = {
    ("now", "day"): "{title}, newest day",
    ("before", "day"): "{title}, the day before",
    ("now", "week"): "{title}, newest week",
    ("before", "week"): "{title}, the week before",
    ("now", "year"): "{title}, now beside last year",
    ("before", "year"): "{title}, last year",
}


_THEN = {
    ("day", True): "the day before",
    ("week", True): "in the 7 days before",
    ("day", False): "a day earlier",
    ("week", False): "a week earlier",
    ("year", True): "the same time last year",
    ("year", False): "the same time last year",
}
_LACKING = {"day": "vs the day before", "week": "vs a week earlier", "year": "vs last year"}


def _unit(line: Headline) -> Both:
    """Return a figure's unit; of what is counted without its period, which its title says."""
    if line.counted:
        return Both(Both.of("events").zh, "")
    return _in_both(lambda language: words.parts_of(line, language)[1])


def _said(line: Headline, value: float | None) -> Both:
    """Return a figure inside a sentence: 31件, 31, 49.2%."""
    unit = Both("%", "%") if line.unit == "%" else Both(_unit(line).zh, "")
    return _in_both(
        lambda language: (
            words.figure(value, line.decimals, language)
            + (unit.zh if language == "zh" else unit.en)
        )
    )


def _move(line: Headline, change: Change, boxed: Both, day: dt.date) -> Move:
    """Return a change; each of its numbers says the days that it is of."""
    named = boxed
    against = _in_both(lambda language: words.change_of(line, change.period, language))
    if line.counted and change.period == "day":
        title = Both.of(line.title)
        if change.end == day:
            named = Both.of("{title} of the day", title=title)
            when = Both.of("that day")
        else:  # the newest day is not over: the one before it is told
            when = _in_both(lambda language: date(change.end, language))
            named = Both.of("{title} of {date}", title=title, date=when)
        told = _said(line, change.now)
        against = Both.of("{when} {now}: {change}", when=when, now=told, change=against)
    if change.difference is None:
        against = Both.of(
            "{when}: {missing}", when=Both.of(_LACKING[change.period]),
            missing=_in_both(lambda language: words.no_data(line, language)),
        )  # fmt: skip
    return Move(
        change.period, change.before, change.now, change.good, _said(line, change.before),
        _said(line, change.now), against, named, Both.of(_THEN[change.period, line.counted]),
    )  # fmt: skip


# ---------------------------------------------------------------- villages and alerts

ToMetres = Callable[[float, float], tuple[float, float]]


def _village(one: Attention, recount: Recount, sheet: Sheet, to_metres: ToMetres) -> Village:
    name = _both(one.name, one.name_en)
    reasons = tuple(_reason(reason) for reason in one.reasons)
    for k, (reason, said) in enumerate(zip(one.reasons, reasons, strict=True)):
        counted = recount.reason(reason.template, one.code, reason.query.get("service", ""))
        title = Both(f"{name.zh}：{said.zh}", f"{name.en}: {said.en}")
        for key, found in counted.items():
            value = reason.values[key]
            decimals = 1 if isinstance(value, float) else 0
            stands = float(value) if isinstance(value, int | float) else None
            # The page rounds before it shows; so does the recount, to be held against it.
            sheet.check(
                f"{one.code}.{k}.{key}", title, stands, round(found, decimals), decimals, (),
                Both.of("Counted in the village."),
            )  # fmt: skip
    x, y = _place(one.lon, one.lat, to_metres)
    return Village(one.code, name, _both(one.township, one.township_en), reasons, x, y)


def _reason(reason: Reason) -> Both:
    return _in_both(lambda language: words.sentence_of(reason, language))


def _place(
    lon: float | None, lat: float | None, to_metres: ToMetres
) -> tuple[float, float] | tuple[None, None]:
    if lon is None or lat is None:
        return None, None
    x, y = to_metres(lon, lat)
    return (round(x, 1), round(y, 1)) if np.isfinite(x) and np.isfinite(y) else (None, None)


def _warned(story: Story, county: Twin, to_metres: ToMetres) -> Warned:
    lon, lat = story.lon, story.lat
    if lon is None and story.region_code and story.region_code in county.regions.attrs["rows"]:
        region = county.regions.iloc[county.position(story.region_code)]
        lon, lat = float(region["lon"]), float(region["lat"])
    x, y = _place(lon, lat, to_metres)
    return Warned(
        story.id, story.level,
        _in_both(lambda language: title_of(story, language)),
        _in_both(lambda language: place_of(story, county, language) or story.subject),
        story.opened, _in_both(lambda language: why_words(story, language)), doing(story), x, y,
    )  # fmt: skip


def doing(story: Story) -> Both:
    """Return what is being done about an alert: who has taken it up, to whom it was passed on."""
    said = []
    if story.acknowledged is not None:
        said.append(Both.of("taken up by {who}", who=story.acknowledged.who))
    if story.escalated:
        to = str(story.escalated[-1].detail.get("to", ""))
        said.append(Both.of("passed on to {who}", who=Both.of(to) if to else NOTHING))
    if not said:
        return Both.of("not taken up by anybody yet")
    return Both("，".join(s.zh for s in said), ", ".join(s.en for s in said))


# ---------------------------------------------------------------- sources


def _sources(
    db: Session, county: Twin, figures: tuple[Figure, ...], visitor: str
) -> Iterable[Source]:
    """Yield the data sets of the printed figures, in the order of the catalogue."""
    wanted = {name for figure in figures for name in figure.sources}
    live = any(figure.id == "alerts" for figure in figures)
    for row in db.execute(select(Dataset).order_by(Dataset.position, Dataset.id)).scalars():
        open_to = may_see(visitor, row.data_class)
        if row.id in wanted or (live and open_to and row.kind in _LIVE):
            day = row.as_of or (county.date if row.kind == "population" else None)
            yield Source(row.id, _both(row.title, row.title_en), row.department, day)
