"""Phrases that no dictionary knows: strings counted in two groups of texts, made whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cockpit.appeals.grams import BREAKS, Characters, characters, different

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SHORTEST, LONGEST = 2, 8
_ONE_WAY = 0.9
"""A phrase goes on into a neighbour that stands there in nine of ten cases: it is not whole yet."""
_MOST_LETTERS = 16


@dataclass(frozen=True)
class Phrases:
    """Closed strings (no longer one has the same counts) with the texts that have them."""

    texts: tuple[str, ...]  # the phrases
    counts: Floats  # (n_phrases, 2) weighted texts of each group that have it
    there: csr_array  # (n distinct texts, n_phrases) 1 where a text has it


def distinct(texts: Sequence[str]) -> tuple[list[str], Rows]:
    """Return the different texts and for each text which of them it is."""
    place: dict[str, int] = {}
    rows = [place.setdefault(text, len(place)) for text in texts]
    return list(place), np.array(rows, dtype=np.intp)


def find(texts: Sequence[str], weights: Floats, *, least: float) -> Phrases:
    """
    Return the strings of 2 to 8 characters that ``least`` texts of the first group have.

    Parameters
    ----------
    texts
        Different texts.
    weights
        How often each text stands in either group, shape ``(len(texts), 2)``.
    least
        A string in fewer texts of the first group is nobody's topic.

    References
    ----------
    Zhang, D. and Dong, Y. (2004), "Semantic, hierarchical, online clustering of web search
    results", APWeb: significant strings as those that no longer string replaces.
    """
    chars = characters(texts)
    names: list[str] = []
    counts: list[Floats] = []
    columns: list[tuple[Rows, Rows]] = []
    at = np.flatnonzero(chars.code > 0)
    identity = chars.code[at]  # of the string that starts there, so far one character
    for size in range(SHORTEST, LONGEST + 1):
        at, identity = _longer(chars, at, identity, size)
        at, identity, kept, pairs = _often(chars, at, identity, weights, least)
        if not len(at):
            break
        first = np.empty(len(kept), dtype=np.intp)
        first[identity[::-1]] = at[::-1]  # the last written is where each string stands first
        names += [_letters(chars, int(start), size) for start in first]
        counts += [kept[k] for k in range(len(kept))]
        columns.append((pairs[0], pairs[1] + len(names) - len(kept)))
    return _closed(names, np.array(counts).reshape(-1, 2), columns, len(texts))


def _longer(
    chars: Characters, at: Rows, identity: NDArray[np.int64], size: int
) -> tuple[Rows, NDArray[np.int64]]:
    """Extend each string by the character behind it; a break ends it."""
    fits = at + size - 1 < len(chars.code)
    at, identity = at[fits], identity[fits]
    behind = chars.code[at + size - 1]
    goes_on = behind > 0
    return at[goes_on], (identity[goes_on] << 21) | behind[goes_on]


def _often(
    chars: Characters, at: Rows, identity: NDArray[np.int64], weights: Floats, least: float
) -> tuple[Rows, NDArray[np.int64], Floats, tuple[Rows, Rows]]:
    """Keep the strings that enough texts have; number them anew from 0."""
    number, known = pd.factorize(identity)
    # Most strings stand nowhere in the first group: they go before anything is sorted.
    seen = np.bincount(number, weights=weights[chars.doc[at], 0], minlength=len(known))
    some = (seen >= least)[number]
    at, number = at[some], number[some]
    n = max(chars.n_docs, 1)
    pairs = different(number.astype(np.int64) * n + chars.doc[at])
    string, doc = pairs // n, pairs % n
    counts = np.column_stack(
        [np.bincount(string, weights=weights[doc, k], minlength=len(known)) for k in (0, 1)]
    ).astype(float)
    good = counts[:, 0] >= least
    anew = np.cumsum(good) - 1
    stays = good[number]
    kept = good[string]
    return (
        at[stays],
        anew[number[stays]].astype(np.int64),
        np.asarray(counts[good], dtype=float),
        (doc[kept].astype(np.intp), anew[string[kept]].astype(np.intp)),
    )


def _letters(chars: Characters, start: int, size: int) -> str:
    return "".join(chr(c) for c in chars.code[start : start + size].tolist())


def _closed(
    names: list[str], counts: Floats, columns: list[tuple[Rows, Rows]], n_texts: int
) -> Phrases:
    """Drop each string that one longer by a character replaces, and those without words."""
    place = {name: k for k, name in enumerate(names)}
    keep = np.array([_has_words(name) for name in names], dtype=bool)
    for name, k in place.items():
        for part in (name[1:], name[:-1]):
            shorter = place.get(part)
            if shorter is not None and (counts[shorter] == counts[k]).all():
                keep[shorter] = False
    rows = np.concatenate([c[0] for c in columns]) if columns else np.empty(0, np.intp)
    cols = np.concatenate([c[1] for c in columns]) if columns else np.empty(0, np.intp)
    table = csr_array((np.ones(len(rows)), (rows, cols)), shape=(n_texts, len(names)))
    chosen = np.flatnonzero(keep)
    return Phrases(
        tuple(names[k] for k in chosen.tolist()), counts[chosen], csr_array(table[:, chosen])
    )


def _has_words(text: str) -> bool:
    return sum("\u4e00" <= c <= "\u9fff" for c in text) >= 2


def whole(phrase: str, texts: Sequence[str], weights: Floats) -> str:
    """
    Return the phrase with the neighbours it never stands without, up to 16 characters.

    While nine of ten of its texts go on with the same character on one side, that character belongs
    to it.
    """
    having = [(t, w) for t, w in zip(texts, weights.tolist(), strict=True) if w > 0 and phrase in t]
    while len(phrase) < _MOST_LETTERS:
        for side in (-1, 1):
            letter, share = _neighbour(phrase, having, side)
            if share >= _ONE_WAY and letter:
                phrase = letter + phrase if side < 0 else phrase + letter
                break
        else:
            break
    return phrase


def _neighbour(phrase: str, having: list[tuple[str, float]], side: int) -> tuple[str, float]:
    """Return the most frequent character beside a phrase and its share; "" for a break."""
    found: defaultdict[str, float] = defaultdict(float)
    for text, weight in having:
        at = text.find(phrase)
        if at >= 0:
            place = at - 1 if side < 0 else at + len(phrase)
            letter = text[place] if 0 <= place < len(text) else ""
            found["" if letter in BREAKS else letter] += weight
    if not found:
        return "", 0.0
    letter, most = max(found.items(), key=lambda item: item[1])
    return letter, most / sum(found.values())


def entropy_beside(phrase: str, texts: Sequence[str], weights: Floats) -> float:
    """
    Return how freely a phrase stands, in bits: the lesser of the entropies left and right of it.

    The beginning, the end and marks count as a neighbour of their own each time, for a phrase
    that is set off by them is whole.

    References
    ----------
    Huang, J. and Powers, D. (2003), "Chinese word segmentation based on contextual entropy",
    PACLIC 17.
    """
    sides: list[defaultdict[str, float]] = [defaultdict(float), defaultdict(float)]
    for number, (text, weight) in enumerate(zip(texts, weights.tolist(), strict=True)):
        at = text.find(phrase)
        if weight <= 0 or at < 0:
            continue
        for k, place in enumerate((at - 1, at + len(phrase))):
            letter = text[place] if 0 <= place < len(text) else ""
            key = f"break {number}" if letter in BREAKS else letter
            sides[k][key] += weight
    return min(_bits(side) for side in sides)


def _bits(counts: dict[str, float]) -> float:
    shares = np.array(list(counts.values()), dtype=float)
    if not len(shares):
        return 0.0
    # A single text with a mark on this side: the mark alone says that the phrase ends there.
    if all(key.startswith("break ") for key in counts):
        return float("inf")
    shares = shares / shares.sum()
    return float(-(shares * np.log2(shares)).sum())
