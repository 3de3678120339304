"""Texts as counts of short strings of characters: what a Chinese text has instead of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LONGEST_GRAM = 3
"""Three characters of 21 bits are what fits into a whole number."""

_BITS = 21
# Marks between words end a string: what stands across them is nobody's word.
BREAKS = "\n\r\t ，。！？；：、,.!?;:“”‘’\"'（）()《》<>【】[]—-…·~/\\|*#@&%+="
_BREAK_CODES = np.array(sorted({ord(c) for c in BREAKS}), dtype=np.uint32)


@dataclass(frozen=True)
class Characters:
    """All characters of several texts in a row."""

    code: Ints  # (n_characters,) Unicode, 0 for a break
    doc: NDArray[np.intp]  # (n_characters,) which text
    n_docs: int


@dataclass(frozen=True)
class Vocabulary:
    """The strings that count, sorted by their codes, and how rare each is."""

    codes: Ints  # (n_terms,)
    idf: Floats  # (n_terms,)
    sizes: tuple[int, ...]


def characters(texts: Sequence[str]) -> Characters:
    """Return the characters of texts, a break after each text."""
    joined = "\n".join([*texts, ""])
    code = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    lengths = np.fromiter((len(t) + 1 for t in texts), np.intp, len(texts))
    doc = np.repeat(np.arange(len(texts), dtype=np.intp), lengths)
    plain = np.where(np.isin(code, _BREAK_CODES), 0, code).astype(np.int64)
    return Characters(plain, doc, len(texts))


def strings(chars: Characters, size: int) -> tuple[NDArray[np.intp], Ints]:
    """Return (text, code) of every string of ``size`` characters, 1 to 3, with no break in it."""
    n = len(chars.code) - size + 1
    if n <= 0:
        return np.empty(0, np.intp), np.empty(0, np.int64)
    code = np.zeros(n, dtype=np.int64)
    whole = np.ones(n, dtype=bool)
    for place in range(size):
        part = chars.code[place : place + n]
        code |= part << (_BITS * place)
        whole &= part > 0
    # A break stands after each text, so a string without one lies within a text.
    return chars.doc[:n][whole], code[whole]


def _counted(texts: Sequence[str], sizes: Sequence[int]) -> tuple[NDArray[np.intp], Ints]:
    chars = characters(texts)
    parts = [strings(chars, size) for size in sizes]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def different(values: Ints) -> Ints:
    """Return the different values, sorted; by sorting, which beats hashing for millions."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def learn(
    texts: Sequence[str],
    sizes: tuple[int, ...] = (1, 2),
    *,
    min_docs: int = 1,
    only: Ints | None = None,
) -> Vocabulary:
    """
    Return the strings of some texts that are in ``min_docs`` of them or more.

    ``only`` takes these strings (sorted codes) and nothing else. Rareness is the smoothed inverse
    document frequency, ln((1 + n) / (1 + d)) + 1.

    References
    ----------
    Manning, C., Raghavan, P. and Schütze, H. (2008), "Introduction to Information Retrieval",
    section 6.2.
    """
    doc, code = _counted(texts, sizes)
    at, terms = pd.factorize(code, sort=True)
    pairs = different(at.astype(np.int64) * max(len(texts), 1) + doc)
    docs = np.bincount(pairs // max(len(texts), 1), minlength=len(terms))
    if only is not None:
        known = np.zeros(len(only), dtype=docs.dtype)
        place = np.searchsorted(only, terms).clip(0, max(len(only) - 1, 0))
        same = only[place] == terms if len(only) else np.zeros(len(terms), dtype=bool)
        known[place[same]] = docs[same]
        terms, docs = only, known
    else:
        often = docs >= min_docs
        terms, docs = terms[often], docs[often]
    idf = np.log((1 + len(texts)) / (1 + docs)) + 1
    return Vocabulary(np.asarray(terms), np.asarray(idf, dtype=float), sizes)


def codes_of(texts: Sequence[str], sizes: tuple[int, ...]) -> Ints:
    """Return the sorted codes of all strings in some texts."""
    return np.unique(_counted(texts, sizes)[1])


def weigh(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_array:
    """
    Return texts by strings, (1 + ln count) x idf, each row of length 1 (or 0 without a known one).

    Shape ``(len(texts), len(vocabulary.codes))``.
    """
    n_terms = len(vocabulary.codes)
    doc, code = _counted(texts, vocabulary.sizes)
    if not n_terms or not len(code):
        return csr_array((len(texts), n_terms))
    place = np.searchsorted(vocabulary.codes, code).clip(0, n_terms - 1)
    known = vocabulary.codes[place] == code
    return _weighed(doc[known], place[known], vocabulary.idf, len(texts))


def of_their_own(texts: Sequence[str], sizes: tuple[int, ...] = (1, 2)) -> csr_array:
    """Return texts by all of their strings, weighed as ``weigh(learn(texts, sizes), texts)``."""
    doc, code = _counted(texts, sizes)
    place, terms = pd.factorize(code)
    pairs = different(doc.astype(np.int64) * max(len(terms), 1) + place)
    docs = np.bincount(pairs % max(len(terms), 1), minlength=len(terms))
    idf = np.log((1 + len(texts)) / (1 + docs)) + 1
    return _weighed(doc, place.astype(np.intp), idf, len(texts))


def _weighed(doc: NDArray[np.intp], term: NDArray[np.intp], idf: Floats, n_docs: int) -> csr_array:
    table = csr_array((np.ones(len(doc)), (doc, term)), shape=(n_docs, len(idf)))
    table.sum_duplicates()
    table.data = (1 + np.log(table.data)) * idf[table.indices]
    row = np.repeat(np.arange(n_docs), np.diff(table.indptr))
    length = np.sqrt(np.bincount(row, weights=table.data**2, minlength=n_docs))
    table.data /= length[row]
    return table


def presence(codes: Ints, texts: Sequence[str], sizes: tuple[int, ...]) -> csr_array:
    """Return texts by strings, 1 where a text has it; shape ``(len(texts), len(codes))``."""
    found = weigh(Vocabulary(codes, np.ones(len(codes)), sizes), texts)
    found.data[:] = 1.0
    return found


def spelled(code: int) -> str:
    """Return the string of a code."""
    letters = ""
    while code:
        letters += chr(code & ((1 << _BITS) - 1))
        code >>= _BITS
    return letters
