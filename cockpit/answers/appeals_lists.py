"""What the page Appeals asks: counts over time and place, rising topics, cases, texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from cockpit.access.classes import may_see
from cockpit.answers.appeals import Appeals
from cockpit.answers.twin import Twin
from cockpit.appeals.causes import CauseWord, cause_words, named_causes
from cockpit.appeals.masks import mask
from cockpit.appeals.rising import Rising, Topic, rising
from cockpit.appeals.urgency import Found
from cockpit.risk.rates import empirical_bayes
from geodata.errors import InputError

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

PERIODS = (28, 91, 182, 364, 0)
"""Days back from the newest appeal, in whole weeks; 0: all that is stored."""
DOUBTED_FROM = 0.9
"""The model's confidence from which a registered topic is doubted."""
_DAY = np.timedelta64(1, "D")
_LOOKED_AT, _STAYS = 50, 0.9
"""Texts with a phrase that are masked, and the share of them that must still have it."""


@dataclass(frozen=True)
class Asked:
    """Which appeals are meant."""

    unit: str  # code of a region
    days: int = 364  # one of ``PERIODS``
    channels: tuple[int, ...] = ()  # places in ``Appeals.channels``; none: all
    topic: int = -1  # -1: all


@dataclass(frozen=True)
class Counts:
    """Headline figures of a question."""

    n: int
    before: int | None  # appeals of the same number of days before; None: not all of it is stored
    urgent: int
    urgent_open: int
    soon: int
    repeated: int  # appeals in repeat cases
    cases: int
    person: int
    people: float  # residents of the unit; NaN where not known
    first: np.datetime64  # of the period
    last: np.datetime64


@dataclass(frozen=True)
class Weeks:
    """Appeals a week by topic."""

    starts: NDArray[np.datetime64]  # (n_weeks,) days
    topics: Rows  # (n,) the most frequent ones
    counts: NDArray[np.int64]  # (n, n_weeks)
    others: NDArray[np.int64]  # (n_weeks,)
    total: NDArray[np.int64]  # (n_weeks,)


@dataclass(frozen=True)
class Places:
    """Appeals of regions of one level below a unit, beside their residents."""

    level: str
    rows: Rows  # of twin.regions
    counts: NDArray[np.int64]
    people: Floats  # NaN where not known or not open to the visitor
    raw: Floats  # appeals per 10,000 residents in the period; NaN without residents
    rate: Floats  # the same, small places drawn towards the county's mean
    without_place: int  # appeals of the unit that are known to a larger region only


@dataclass(frozen=True)
class Line:
    """One appeal as a visitor may read it."""

    id: str
    time: np.datetime64
    channel: str
    topic: str
    department: str
    region: int  # row of twin.regions, -1: unknown
    text: str
    level: int
    signs: tuple[Found, ...]
    suggested: str
    confidence: float
    stated: bool
    repeats: int  # appeals in its group, 1 when it stands alone
    open: bool  # not yet closed


@dataclass(frozen=True)
class Case:
    """A matter reported more than once."""

    lines: tuple[Line, ...]
    first: np.datetime64
    last: np.datetime64
    n: int
    alike: float  # least likeness to the first
    same_words: bool
    same_village: bool
    farthest_m: float
    open: int  # not yet closed


def require_asked(known: Appeals, asked: Asked) -> None:
    """Refuse a question about what the county does not have; ``InputError``."""
    if asked.unit not in known.happenings.twin.regions.attrs["rows"]:
        raise InputError("The county has no region {code}.", code=asked.unit)
    if asked.days not in PERIODS:
        raise InputError("There is no period of {days} days.", days=asked.days)
    if not -1 <= asked.topic < len(known.topics):
        raise InputError("There is no topic {topic}.", topic=asked.topic)
    if any(not 0 <= c < len(known.channels) for c in asked.channels):
        raise InputError("There is no channel {channel}.", channel=max(asked.channels))


def picked(known: Appeals, asked: Asked, *, all_times: bool = False) -> Flags:
    """Return which appeals are meant; of all times when the past is needed as well."""
    require_asked(known, asked)
    chosen = inside(known, asked.unit)
    if asked.topic >= 0:
        chosen &= known.topic == asked.topic
    if asked.channels:
        chosen &= np.isin(known.channel, asked.channels)
    if asked.days and not all_times and len(known):
        chosen &= known.time >= first_day(known, asked.days)
    return chosen


def first_day(known: Appeals, days: int) -> np.datetime64:
    """Return the day a period of whole days begins with; its last is the newest appeal's."""
    newest: np.datetime64 = known.time.max().astype("datetime64[D]")
    return newest - (days - 1) * _DAY


def inside(known: Appeals, unit: str) -> Flags:
    """Return which appeals lie in a region; the county also has those of no known place."""
    twin = known.happenings.twin
    row = twin.position(unit)
    if row == 0:
        return np.ones(len(known), dtype=np.bool_)
    paths = twin.regions["path"].str.startswith(twin.path(row)).to_numpy()
    region = known.happenings.region[known.at]
    return np.asarray((region >= 0) & paths[region])


def counts(known: Appeals, asked: Asked) -> Counts:
    """Return the headline figures of a question."""
    chosen = picked(known, asked)
    urgent = chosen & (known.level == 2)
    group = known.repeats.group_of[chosen]
    open_ = known.happenings.open[known.at]
    twin = known.happenings.twin
    people = float(twin.measures["people"][twin.position(asked.unit)])
    last = known.time.max() if len(known) else np.datetime64("NaT", "s")
    first, before = last, None
    if len(known):
        first = known.time.min()
        before = _before(known, asked)
        if asked.days:  # no longer than what is stored
            first = max(first_day(known, asked.days).astype(first.dtype), first)
    return Counts(
        int(chosen.sum()),
        before,
        int(urgent.sum()),
        int((urgent & open_).sum()),
        int((chosen & (known.level == 1)).sum()),
        int((group >= 0).sum()),
        len(np.unique(group[group >= 0])),
        len(for_a_person(known, chosen)),
        people,
        first,
        last,
    )


def _before(known: Appeals, asked: Asked) -> int | None:
    """Return the appeals of as many days before; None when not all of these are stored."""
    if not asked.days:
        return None
    end = first_day(known, asked.days)
    start = end - asked.days * _DAY
    if known.time.min().astype("datetime64[D]") > start:
        return None
    earlier = (known.time >= start) & (known.time < end)
    return int((picked(known, asked, all_times=True) & earlier).sum())


def weeks(known: Appeals, chosen: Flags, *, top: int = 4) -> Weeks | None:
    """Return the appeals a week, the most frequent topics apart; None without any."""
    if not chosen.any():
        return None
    day, topic = known.time[chosen].astype("datetime64[D]"), known.topic[chosen]
    end = known.time.max().astype("datetime64[D]")
    week = ((end - day) // (7 * _DAY)).astype(np.intp)  # 0: seven whole days up to the newest
    n = int(week.max()) + 1
    oldest = known.time.min().astype("datetime64[D]")
    if n > 1 and day.min() == oldest and oldest > end - (7 * n - 2) * _DAY:
        n -= 1  # the first week is not whole
    week, topic = week[week < n], topic[week < n]
    table = np.zeros((len(known.topics), n), dtype=np.int64)
    np.add.at(table, (topic, n - 1 - week), 1)
    sums = table.sum(axis=1)
    shown = np.argsort(-sums, kind="stable")[:top]
    shown = shown[sums[shown] > 0]
    starts = end + _DAY - 7 * np.arange(n, 0, -1) * _DAY
    total = table.sum(axis=0)
    return Weeks(starts, shown, table[shown], total - table[shown].sum(axis=0), total)


def topic_counts(known: Appeals, chosen: Flags) -> list[tuple[int, int, int]]:
    """Return (topic, appeals, of these urgent), the most frequent first."""
    n = np.bincount(known.topic[chosen], minlength=len(known.topics))
    urgent = np.bincount(known.topic[chosen & (known.level == 2)], minlength=len(known.topics))
    order = np.argsort(-n, kind="stable")
    return [(int(k), int(n[k]), int(urgent[k])) for k in order if n[k]]


def places(known: Appeals, chosen: Flags, unit: str, level: str, visitor: str) -> Places:
    """
    Return the regions of a level below a unit with their appeals per 10,000 residents.

    Rates of small places are drawn towards the county's (``empirical_bayes``): a single appeal of a
    hamlet of twelve is no wave. All regions of the level decide how far, whichever are shown.
    """
    twin = known.happenings.twin
    everywhere = twin.below(0, level)
    region = known.happenings.at(level)[known.at]
    counts = np.bincount(region[chosen & (region >= 0)], minlength=len(twin.regions))[everywhere]
    people = _people(twin, everywhere, visitor)
    rate = np.full(len(everywhere), np.nan)
    counted = np.isfinite(people)
    if counted.any():
        rate[counted] = 1e4 * empirical_bayes(counts[counted].astype(float), people[counted])
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(people > 0, 1e4 * counts / people, np.nan)
    mine = np.isin(everywhere, twin.below(twin.position(unit), level))
    rate = np.where(people > 0, rate, np.nan)
    told = region[chosen]
    return Places(
        level,
        everywhere[mine],
        counts[mine],
        people[mine],
        raw[mine],
        rate[mine],
        int((told < 0).sum()),
    )


def _people(twin: Twin, rows: Rows, visitor: str) -> Floats:
    if not may_see(visitor, twin.classes["people"]):
        return np.full(len(rows), np.nan)
    return twin.measures["people"][rows].astype(float)


def rising_topics(known: Appeals, asked: Asked) -> Rising:
    """Return what rises among the appeals of a unit and its channels, each repeat counted once."""
    mine = np.flatnonzero(picked(known, asked, all_times=True))
    once = known.repeats.first_only()[mine]
    texts = [known.plain[k] for k in mine.tolist()]
    end = known.time.max() if len(known) else None
    found = rising(texts, known.time[mine], counted=once, now=end)
    topics = [_without_personal(topic, texts) for topic in found.topics]
    return replace(found, topics=tuple(topic for topic in topics if topic is not None))


def _without_personal(topic: Topic, texts: list[str]) -> Topic | None:
    """Return a topic with the phrases that masking leaves; None when it leaves none."""
    kept = [text for text in (topic.phrase, *topic.words) if _survives(text, texts)]
    return replace(topic, phrase=kept[0], words=tuple(kept[1:])) if kept else None


def _survives(phrase: str, texts: list[str]) -> bool:
    """Tell whether a phrase is no part of a name or a number: masked texts still have it."""
    having = islice((text for text in texts if phrase in text), _LOOKED_AT)
    left = [phrase in mask(text).text for text in having]
    return sum(left) >= _STAYS * len(left)


def disputes(known: Appeals, chosen: Flags) -> tuple[tuple[CauseWord, ...], list[tuple[str, int]]]:
    """Return the words that tell disputes from other appeals, and the causes that texts name."""
    of_topic = known.happenings.of("disputes")[known.at]
    mine = np.flatnonzero(chosen)
    plain = [known.plain[k] for k in mine.tolist()]
    is_dispute = of_topic[mine]
    told = [mask(t).text for t, d in zip(plain, is_dispute.tolist(), strict=True) if d]
    words = [w for w in cause_words(plain, is_dispute) if _survives(w.phrase, plain)]
    return tuple(words), list(named_causes(told))


# ------------------------------------------------------------ lists of appeals


def line(known: Appeals, row: int, visitor: str) -> Line:
    """Return one appeal as a visitor may read it."""
    event = int(known.at[row])
    topic, told = int(known.topic[row]), int(known.suggested[row])
    group = int(known.repeats.group_of[row])
    return Line(
        known.id(row),
        known.happenings.time[event],
        known.channels[known.channel_at(row)],
        known.topics[topic],
        known.department(topic),
        int(known.happenings.region[event]),
        known.said(row, visitor),
        int(known.level[row]),
        known.urgency[row].found,
        known.topics[told] if told >= 0 else "",
        float(known.confidence[row]),
        bool(known.stated[row]),
        len(known.repeats.groups[group].rows) if group >= 0 else 1,
        bool(known.happenings.open[event]),
    )


def lines(known: Appeals, rows: Iterable[int], visitor: str) -> list[Line]:
    """Return several appeals as a visitor may read them."""
    return [line(known, int(row), visitor) for row in rows]


def newest(chosen: Flags, most: int) -> Rows:
    """Return the newest of the chosen appeals, the newest first."""
    return np.flatnonzero(chosen)[::-1][:most]


def urgent_rows(known: Appeals, chosen: Flags, most: int) -> Rows:
    """Return the urgent ones: open before closed, then by points, then the newest."""
    rows = np.flatnonzero(chosen & (known.level == 2))
    points = np.array([known.urgency[k].points for k in rows.tolist()], dtype=np.int64)
    closed = ~known.happenings.open[known.at[rows]]
    return rows[np.lexsort((-rows, -points, closed))][:most]


def for_a_person(known: Appeals, chosen: Flags) -> Rows:
    """
    Return the appeals whose topic a person should look at, the newest first.

    Those registered without a topic that the model is not sure of, and those registered under a
    topic that it doubts: it is sure (0.9 and more) of another.
    """
    doubted = known.stated & (known.suggested >= 0) & (known.suggested != known.topic)
    with np.errstate(invalid="ignore"):
        doubted &= known.confidence >= DOUBTED_FROM
    unsure = ~known.stated & ~known.sure
    return np.flatnonzero(chosen & (doubted | unsure))[::-1]


def cases(known: Appeals, chosen: Flags, visitor: str, *, most: int) -> tuple[list[Case], int]:
    """Return the repeat cases with one of the chosen appeals in them, and how many there are."""
    groups = np.unique(known.repeats.group_of[chosen & (known.repeats.group_of >= 0)])
    order = groups[:most]  # groups are numbered from the largest down
    return [_case(known, int(k), visitor) for k in order], len(groups)


def _case(known: Appeals, group: int, visitor: str) -> Case:
    found = known.repeats.groups[group]
    time = known.time[found.rows]
    return Case(
        tuple(lines(known, found.rows.tolist(), visitor)),
        time[0],
        time[-1],
        len(found.rows),
        float(found.alike.min()),
        found.same_words,
        found.same_village,
        found.farthest_m,
        int(known.happenings.open[known.at[found.rows]].sum()),
    )
