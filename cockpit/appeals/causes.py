"""What disputes are about: words that tell them from other appeals, and causes named after 因."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.appeals.phrases import distinct, find, whole

Floats = NDArray[np.float64]

LEAST = 4
MOST = 20
_STRONG = 10.83  # chi-squared of one degree of freedom, 0.1 %
_TOGETHER = 0.8

_CAUSE = re.compile(
    r"(?:因为?|由于|为了|为)(?P<why>[\u4e00-\u9fff]{2,12}?)"
    r"(?:等?(?:问题|原因|一事|之事))?(?:而|多次|再次|长期)?"
    r"(?:发生|产生|引发|引起|起了|起|导致)?(?:争执|纠纷|矛盾|冲突|口角|争吵|打架|打斗|互殴|斗殴|吵架|不和)"
)


@dataclass(frozen=True)
class CauseWord:
    """A phrase that is more frequent among disputes than elsewhere."""

    phrase: str
    inside: int  # disputes that have it
    outside: int  # other appeals that have it
    strength: float  # log-likelihood ratio G²


def cause_words(texts: Sequence[str], mine: NDArray[np.bool_]) -> tuple[CauseWord, ...]:
    """
    Return the phrases that tell some texts from the others, the strongest first, at most 20.

    Of phrases in the same texts one stands for all. Nothing when either side is empty.

    References
    ----------
    Dunning, T. (1993), "Accurate methods for the statistics of surprise and coincidence",
    Computational Linguistics 19(1).
    """
    inside, outside = int(mine.sum()), int((~mine).sum())
    if not inside or not outside:
        return ()
    different, place = distinct(texts)
    weights = np.column_stack(
        [np.bincount(place[part], minlength=len(different)) for part in (mine, ~mine)]
    ).astype(float)
    phrases = find(different, weights, least=LEAST)
    strength = likelihood_ratio(phrases.counts, inside, outside)
    found: list[CauseWord] = []
    taken: list[NDArray[np.float64]] = []
    for k in np.argsort(-strength, kind="stable").tolist():
        if strength[k] < _STRONG or len(found) == MOST:
            break
        having = phrases.there[:, [k]].toarray()[:, 0] * weights[:, 0]
        n = having.sum()
        if any(np.minimum(having, t).sum() >= _TOGETHER * min(n, t.sum()) for t in taken):
            continue
        taken.append(having)
        name = whole(phrases.texts[k], different, weights[:, 0])
        a, b = (int(v) for v in phrases.counts[k])
        found.append(CauseWord(name, a, b, float(strength[k])))
    return tuple(found)


def likelihood_ratio(counts: Floats, inside: int, outside: int) -> Floats:
    """
    Return G² of phrases found in ``counts`` texts of either side; 0 where they are rarer inside.

    By hand: 10 of 100 beside 10 of 900 gives 2 (10 ln(10/2) + 10 ln(10/18)) = 20.4.
    """
    total = counts.sum(axis=1)
    expected = np.column_stack([total * inside, total * outside]) / (inside + outside)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(counts > 0, counts * np.log(counts / expected), 0.0)
    return np.where(counts[:, 0] > expected[:, 0], 2 * parts.sum(axis=1), 0.0)


def named_causes(texts: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return what texts name as the cause of a quarrel (因排水沟产生矛盾), most frequent first."""
    found: Counter[str] = Counter()
    for text in texts:
        for hit in _CAUSE.finditer(text):
            found[hit.group("why")] += 1
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST])
