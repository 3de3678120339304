"""Topics that rise: phrases more frequent in the last weeks than in the year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags_array
from scipy.stats import binom

from cockpit.appeals.phrases import Phrases, distinct, find, whole
from geodata.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

WEEKS, WEEKS_BEFORE = 4, 52
LEAST = 6
"""Texts a phrase must be in within the last weeks."""
LEAST_RATIO = 2.0
"""Below twice as many a week, even a certain rise is no news."""
ALPHA = 0.05
"""Chance that any of all phrases tested is shown without a cause (Bonferroni)."""
_TOGETHER = 0.5
"""Phrases that share half of their texts are one topic."""
_MOST_WORDS = 6
_DAY = np.timedelta64(86_400, "s")


@dataclass(frozen=True)
class Topic:
    """One rising topic."""

    phrase: str
    words: tuple[str, ...]  # other phrases that rise with it
    now: int  # texts of the last weeks that have it, repeats once
    before: int
    ratio: float  # texts a week now over texts a week before; inf when it is new
    p: float  # after correction for all phrases tested
    rows: Rows  # texts that have it, of all times
    weekly: NDArray[np.int64]  # (n_weeks,) texts a week, the last week last

    @property
    def new(self) -> bool:
        """True for a phrase that nobody used before."""
        return self.before == 0


@dataclass(frozen=True)
class Rising:
    """What rises, what was looked at, and how long the past is."""

    topics: tuple[Topic, ...]
    tested: int  # phrases
    since: np.datetime64  # the last weeks begin here
    weeks: NDArray[np.datetime64]  # (n_weeks,) first day of each week
    season_known: bool  # the same weeks of the year before are in the data


def rising(
    texts: Sequence[str],
    time: NDArray[np.datetime64],
    *,
    weeks: int = WEEKS,
    alpha: float = ALPHA,
    counted: NDArray[np.bool_] | None = None,
    now: np.datetime64 | None = None,
) -> Rising:
    """
    Return the topics that rise, the most certain first.

    A phrase rises when the last ``weeks`` weeks have more texts with it than its share of the time
    *and* its share of all texts let expect (so that neither a busier line nor a quiet month makes
    a topic), more than the same weeks of the year before where those are known, and at least twice
    as many a week. The p-value is the largest of these binomial tails times the number of phrases
    tested, so that with nothing rising ``alpha`` is the chance to show anything at all. Phrases in
    the same texts are one topic, named by the most certain of them.

    Parameters
    ----------
    texts
        Cleaned, without the names of places.
    time
        When each came, shape (n,).
    counted
        Texts that count; None: all. Repeats of one appeal should count once.
    now
        End of the last week; None: the newest text.

    Raises
    ------
    InputError
        If ``weeks`` is not 1 to 26 or the shapes disagree.

    References
    ----------
    Kleinberg, J. (2003), "Bursty and hierarchical structure in streams", Data Mining and Knowledge
    Discovery 7, for the question; Przyborowski, J. and Wilenski, H. (1940), Biometrika 31, for the
    conditional test of two Poisson rates used here.
    """
    if not 1 <= weeks <= 26:
        raise InputError("The last weeks are 1 to 26; got {weeks}.", weeks=weeks)
    if time.shape != (len(texts),):
        raise InputError("{n} texts have {m} times.", n=len(texts), m=len(time))
    use = np.ones(len(texts), dtype=bool) if counted is None else counted
    if not use.any():
        nothing = np.empty(0, "datetime64[D]")
        return Rising((), 0, np.datetime64("NaT", "s"), nothing, season_known=False)
    end = (time[use].max() if now is None else now).astype("datetime64[s]")
    since = end - weeks * 7 * _DAY
    begin = max(time[use].min(), since - WEEKS_BEFORE * 7 * _DAY)
    recent = use & (time > since) & (time <= end)
    earlier = use & (time >= begin) & (time <= since)
    different, place = distinct(texts)
    weights = np.column_stack(
        [np.bincount(place[part], minlength=len(different)) for part in (recent, earlier)]
    ).astype(float)
    phrases = find(different, weights, least=LEAST)
    last_year = _season(place, time, use, since, end, len(different))
    log_p = _log_p(phrases, weights, float((end - since) / (end - begin)), last_year)
    log_p += np.log(max(len(phrases.texts), 1))
    days = (float((end - since) / _DAY), max(float((since - begin) / _DAY), 1e-9))
    ratio = _ratios(phrases.counts, days)
    good = np.flatnonzero((log_p <= np.log(alpha)) & (ratio >= LEAST_RATIO))
    starts = _week_starts(end, weeks)
    topics = _topics(phrases, good, log_p, ratio, weights, different, place, time, use, starts)
    return Rising(
        topics, len(phrases.texts), since, starts.astype("datetime64[D]"), last_year is not None
    )


def _log_p(
    phrases: Phrases, weights: Floats, time_share: float, last_year: Floats | None
) -> Floats:
    """Return the logarithm of each phrase's largest tail."""
    now, before = phrases.counts[:, 0], phrases.counts[:, 1]
    text_share = float(weights[:, 0].sum() / max(weights.sum(), 1))
    tails = [
        binom.logsf(now - 1, now + before, share)
        for share in (time_share, text_share)
        if 0 < share < 1
    ]
    if not tails:  # nothing before: nothing can rise
        return np.zeros(len(now))
    if last_year is not None:
        then = np.asarray(phrases.there.T @ last_year)
        tails.append(binom.logsf(now - 1, now + then, 0.5))
    return np.asarray(np.max(tails, axis=0))


def _season(
    place: Rows, time: NDArray[np.datetime64], use: NDArray[np.bool_],
    since: np.datetime64, end: np.datetime64, n: int,
) -> Floats | None:  # fmt: skip
    """Return how often each text came in the same weeks a year before; None when not covered."""
    year = 364 * _DAY  # whole weeks, so that the same weekdays are compared
    if time[use].min() > since - year:
        return None
    then = use & (time > since - year) & (time <= end - year)
    return np.bincount(place[then], minlength=n).astype(float)


def _ratios(counts: Floats, days: tuple[float, float]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((counts[:, 0] / days[0]) / (counts[:, 1] / days[1]))


def _week_starts(end: np.datetime64, weeks: int) -> NDArray[np.datetime64]:
    n = max(26, 3 * weeks)
    return end - np.arange(n, 0, -1) * 7 * _DAY


def _topics(
    phrases: Phrases, good: Rows, log_p: Floats, ratio: Floats, weights: Floats,
    different: list[str], place: Rows, time: NDArray[np.datetime64], use: NDArray[np.bool_],
    starts: NDArray[np.datetime64],
) -> tuple[Topic, ...]:  # fmt: skip
    """Put phrases that share their texts together, the most certain first."""
    order = good[np.lexsort((-np.array([len(phrases.texts[k]) for k in good]), log_p[good]))]
    shared = phrases.there[:, order]
    recent = diags_array(weights[:, 0]) @ shared
    both = np.asarray((recent.T @ shared).todense())
    left, found = list(range(len(order))), []
    while left:
        seed = left[0]
        size = np.minimum(both[seed, left], both[left, seed])
        least = np.minimum(both[seed, seed], np.diag(both)[left])
        mine = [k for k, s, m in zip(left, size, least, strict=True) if s >= _TOGETHER * m]
        left = [k for k in left if k not in mine]
        at = int(order[seed])
        name = whole(phrases.texts[at], different, weights[:, 0])
        others = [whole(phrases.texts[order[k]], different, weights[:, 0]) for k in mine[1:]]
        words = _others(name, others)
        having = np.array([name in text for text in different])[place]
        rows = np.flatnonzero(having & use)
        found.append(
            Topic(
                name,
                words,
                int(phrases.counts[at, 0]),
                int(phrases.counts[at, 1]),
                float(ratio[at]),
                float(np.exp(min(log_p[at], 0.0))),
                rows,
                _weekly(time[rows], starts),
            )
        )
    return tuple(found)


def _others(name: str, several: list[str]) -> tuple[str, ...]:
    """Return the phrases that say more than the name and each other, at most six."""
    kept: list[str] = []
    for text in sorted(dict.fromkeys(several), key=len, reverse=True):
        if not any(text in other or other in text for other in (name, *kept)):
            kept.append(text)
    return tuple(sorted(kept, key=several.index)[:_MOST_WORDS])


def _weekly(time: NDArray[np.datetime64], starts: NDArray[np.datetime64]) -> NDArray[np.int64]:
    week = np.searchsorted(starts, time, side="left") - 1  # a week does not hold its first moment
    return np.bincount(week[week >= 0], minlength=len(starts)).astype(np.int64)
