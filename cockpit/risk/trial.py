"""Judge alarms by what happened after them, and try a rule on the past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.rules import LEVELS, Rule, Track, follow
from geodata.errors import InputError

Times = NDArray[np.datetime64]

TRUE, FALSE, UNDECIDED = 1, 0, -1
_YEAR_HOURS = 365.25 * 24
_HOUR = np.timedelta64(3600, "s")


@dataclass(frozen=True)
class Outcome:
    """
    The harm that a warning is for: a window's value that reaches a threshold.

    Stretches of harm that lie at most ``apart_hours`` from each other are one episode.
    """

    threshold: float
    aggregate: str = "last"
    window_hours: float = 0.0
    within_hours: float = 24.0  # a warning is right if harm follows within so many hours
    above: bool = True
    least: int = 1  # readings that a window needs
    apart_hours: float | None = None  # None: as long as ``within_hours``

    def __post_init__(self) -> None:
        self.as_rule()  # refuses what is no rule
        spans = [self.within_hours, *([] if self.apart_hours is None else [self.apart_hours])]
        if not all(np.isfinite(hours) and hours >= 0 for hours in spans) or self.within_hours == 0:
            raise InputError(
                "Harm is looked for within {hours} h of a warning; expected above 0.",
                hours=", ".join(f"{hours:g}" for hours in spans),
            )

    def as_rule(self) -> Rule:
        """Return the rule that is blue while there is harm."""
        return Rule(
            (self.threshold, None, None, None), above=self.above, aggregate=self.aggregate,
            window_hours=self.window_hours, least=self.least,
        )  # fmt: skip

    @property
    def merge_hours(self) -> float:
        """Longest quiet stretch inside one episode."""
        return self.within_hours if self.apart_hours is None else self.apart_hours


@dataclass(frozen=True)
class Spans:
    """Stretches of time, oldest first: warnings that stood, or episodes of harm."""

    begin: Times  # (n,) datetime64[s]
    end: Times  # (n,) NaT: not ended yet

    def __len__(self) -> int:
        """Return how many."""
        return len(self.begin)


@dataclass(frozen=True)
class Judged:
    """Warnings beside the harm."""

    alarms: Spans
    episodes: Spans
    verdict: NDArray[np.int8]  # (n alarms,) TRUE, FALSE or UNDECIDED
    episode: NDArray[np.intp]  # (n alarms,) of which episode it told; -1 none
    late: NDArray[np.bool_]  # (n alarms,) the episode had begun already
    lead_hours: NDArray[np.float64]  # (n episodes,) NaN: no warning stood when it began

    @property
    def repeats(self) -> int:
        """Right warnings that told of an episode for a second time or more."""
        told = self.episode[self.episode >= 0]
        return len(told) - len(np.unique(told))


@dataclass(frozen=True)
class Trial:
    """How a rule did, for one series or several taken together."""

    judged: tuple[Judged, ...]
    years: float  # years of readings, gaps left out, all series together
    years_open: float  # of these under a warning

    def _verdicts(self, verdict: int) -> int:
        return sum(int((one.verdict == verdict).sum()) for one in self.judged)

    @property
    def alarms(self) -> int:
        """Warnings raised."""
        return sum(len(one.alarms) for one in self.judged)

    @property
    def hits(self) -> int:
        """Warnings that harm followed, or that came while it went on."""
        return self._verdicts(TRUE)

    @property
    def false_alarms(self) -> int:
        """Warnings that no harm followed."""
        return self._verdicts(FALSE)

    @property
    def undecided(self) -> int:
        """Warnings whose following hours have too few readings to tell."""
        return self._verdicts(UNDECIDED)

    @property
    def late(self) -> int:
        """Right warnings that came after the harm had begun."""
        return sum(int(one.late.sum()) for one in self.judged)

    @property
    def repeats(self) -> int:
        """Right warnings that told of the same episode again."""
        return sum(one.repeats for one in self.judged)

    @property
    def episodes(self) -> int:
        """Episodes of harm."""
        return sum(len(one.episodes) for one in self.judged)

    @property
    def missed(self) -> int:
        """Episodes that began without a warning."""
        return sum(int(np.isnan(one.lead_hours).sum()) for one in self.judged)

    @property
    def precision(self) -> float:
        """Right warnings over those that can be judged; NaN without any."""
        decided = self.hits + self.false_alarms
        return self.hits / decided if decided else float("nan")

    @property
    def recall(self) -> float:
        """Episodes that began under a warning over all; NaN without any."""
        return 1 - self.missed / self.episodes if self.episodes else float("nan")

    @property
    def lead_hours(self) -> float:
        """Median hours from warning to harm, of the episodes that were warned of; NaN without."""
        leads = np.concatenate([np.empty(0), *(one.lead_hours for one in self.judged)])
        leads = leads[~np.isnan(leads)]
        return float(np.median(leads)) if len(leads) else float("nan")

    @property
    def alarms_a_year(self) -> float:
        """Warnings a year and series; NaN without readings."""
        return self.alarms / self.years if self.years else float("nan")

    @property
    def false_a_year(self) -> float:
        """False alarms a year and series; NaN without readings."""
        return self.false_alarms / self.years if self.years else float("nan")

    @property
    def open_share(self) -> float:
        """Share of the time under a warning, 0 to 1; NaN without readings."""
        return self.years_open / self.years if self.years else float("nan")


def judge(
    alarms: Spans, episodes: Spans, *, within_hours: float, watched: Times | None = None
) -> Judged:
    """
    Judge each warning by the harm after it, and each episode by the warning before it.

    A warning is right if an episode begins within ``within_hours`` after it was raised (exactly at
    the end counts) or while it stands, or was going on when it was raised: then it is right but
    late. An episode was warned of if a warning stood when it began or was raised within
    ``within_hours`` before. Its lead time runs from the oldest such warning and is never taken as
    longer than ``within_hours``. What a rule gains by warnings that hardly ever end shows in
    ``Trial.open_share``.

    Parameters
    ----------
    alarms, episodes
        In the order of time, each without overlaps.
    within_hours
        Longest time from warning to harm, above 0.
    watched
        Times at which harm could have been seen. A warning without harm is undecided, not false,
        if fewer than half the usual number of them lie in the ``within_hours`` after it: the record
        ends or has a gap there. None: all was seen.
    """
    within = np.timedelta64(round(within_hours * 3600), "s")
    episode, late = _told(alarms, episodes, within)
    verdict = np.where(episode >= 0, TRUE, FALSE).astype(np.int8)
    if watched is not None:
        verdict[(verdict == FALSE) & ~_seen(alarms.begin, watched, within)] = UNDECIDED
    return Judged(alarms, episodes, verdict, episode, late, _leads(alarms, episodes, within))


def _told(
    alarms: Spans, episodes: Spans, within: np.timedelta64
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the episode of each warning (-1: none) and whether it had begun before."""
    n = len(episodes)
    following = np.searchsorted(episodes.begin, alarms.begin, side="left")
    previous = following - 1
    ends = np.append(_ends(episodes), np.datetime64("NaT"))  # row -1 and row n: no episode
    begins = np.append(episodes.begin, np.datetime64("NaT"))
    late = np.where(previous >= 0, ends[previous] > alarms.begin, False)
    first = begins[following]
    soon = (first - alarms.begin <= within) | (first < _ends(alarms))
    comes = np.where(following < n, soon, False)
    episode = np.where(late, previous, np.where(comes, following, -1))
    return episode.astype(np.intp), late.astype(bool)


def _ends(spans: Spans) -> Times:
    """Return the ends; what has not ended ends after everything."""
    far = np.datetime64("9999-01-01T00:00:00", "s")
    return np.where(np.isnat(spans.end), far, spans.end)


def _leads(alarms: Spans, episodes: Spans, within: np.timedelta64) -> NDArray[np.float64]:
    """Return hours from the oldest warning that stood or was raised shortly before, to the harm."""
    leads = np.full(len(episodes), np.nan)
    ends = _ends(alarms)
    for k, begin in enumerate(episodes.begin):
        counts = (alarms.begin <= begin) & ((ends > begin) | (begin - alarms.begin <= within))
        if counts.any():
            lead = begin - alarms.begin[counts][0]
            leads[k] = min(lead, within) / _HOUR
    return leads


def _seen(begins: Times, watched: Times, within: np.timedelta64) -> NDArray[np.bool_]:
    """Tell of each time whether half the usual readings lie in the stretch after it."""
    if len(watched) < 2:
        return np.zeros(len(begins), bool)
    usual = within / np.median(np.diff(watched))
    first, last = (np.searchsorted(watched, t, side="right") for t in (begins, begins + within))
    seen: NDArray[np.bool_] = (last - first) >= usual / 2
    return seen


def alarms_of(track: Track, level: int = 1) -> Spans:
    """
    Return the stretches at ``level`` or above.

    Raises
    ------
    InputError
        If ``level`` is not 1 (blue) to 4 (red).
    """
    if not 1 <= level < len(LEVELS):
        raise InputError("The level is {level}; expected 1 (blue) to 4 (red).", level=level)
    return _stretches(track.times, track.level >= level)


def _stretches(times: Times, inside: NDArray[np.bool_]) -> Spans:
    """Return where ``inside`` holds: from its first time to the first time after it."""
    edges = np.diff(inside.astype(np.int8), prepend=0)
    begin, end = times[edges == 1], times[edges == -1]
    open_end = np.full(len(begin) - len(end), np.datetime64("NaT"), "datetime64[s]")
    return Spans(begin, np.concatenate([end, open_end]))


def episodes_of(track: Track, merge_hours: float) -> Spans:
    """Return the stretches of harm; those at most ``merge_hours`` apart are one."""
    found = _stretches(track.times, track.level > 0)
    if len(found) < 2:
        return found
    apart = (found.begin[1:] - found.end[:-1]) / _HOUR > merge_hours
    return Spans(
        found.begin[np.concatenate([[True], apart])], found.end[np.concatenate([apart, [True]])]
    )


def try_rule(
    times: NDArray[np.generic],
    values: NDArray[np.generic],
    rule: Rule,
    outcome: Outcome,
    *,
    level: int = 1,
    harm: tuple[NDArray[np.generic], NDArray[np.generic]] | None = None,
) -> Trial:
    """
    Run a rule over the past and judge its warnings by what then happened.

    Parameters
    ----------
    times, values
        Readings, shape ``(n,)``; NaN: no reading.
    rule, outcome
        The rule to try and the harm it is meant to warn of.
    level
        Warnings of this colour or above: 1 blue to 4 red.
    harm
        Times and values in which harm shows; None: the readings themselves. Rain may so be judged
        by the water level downstream.

    Returns
    -------
    Trial
        Without readings: no warnings, and NaN for each share.

    Raises
    ------
    InputError
        If the shapes disagree, a time is missing or the level is unknown.
    """
    track = follow(rule, times, values)
    seen = follow(outcome.as_rule(), *(harm if harm is not None else (times, values)))
    alarms = alarms_of(track, level)
    episodes = episodes_of(seen, outcome.merge_hours)
    judged = judge(alarms, episodes, within_hours=outcome.within_hours, watched=seen.times)
    step = _usual_step_hours(times, values)
    watched = int(np.isfinite(np.asarray(values, float)).sum()) * step / _YEAR_HOURS
    return Trial((judged,), watched, int((track.level >= level).sum()) * step / _YEAR_HOURS)


def _usual_step_hours(times: NDArray[np.generic], values: NDArray[np.generic]) -> float:
    told = np.asarray(times)[np.isfinite(np.asarray(values, float))].astype("datetime64[s]")
    steps: NDArray[Any] = np.diff(np.sort(told))
    return float(np.median(steps / _HOUR)) if len(steps) else 0.0


def pooled(trials: Iterable[Trial]) -> Trial:
    """Return several series as one: counts are added, lead times put together, rates a series."""
    parts = tuple(trials)
    return Trial(
        tuple(one for part in parts for one in part.judged),
        sum(part.years for part in parts),
        sum(part.years_open for part in parts),
    )
