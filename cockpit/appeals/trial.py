"""How good a model of topics is: folds it has not seen, beside a list of keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.appeals.grams import LONGEST_GRAM, learn, presence
from cockpit.appeals.model import Scheme, softmax, temperature_of, train
from geodata.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

FOLDS = 5
KEYWORDS = 40
"""Strings a class that the baseline takes from its training texts."""
BINS = 10


@dataclass(frozen=True)
class Trial:
    """What cross-validation found; every text was told by a model that had not seen it."""

    classes: tuple[str, ...]
    true: Rows  # (n,)
    told: Rows  # (n,)
    confidence: Floats  # (n,) after calibration
    macro_f1: Floats  # (n_folds,)
    baseline_f1: Floats  # (n_folds,) of the keyword list on the same folds
    class_f1: Floats  # (n_classes,) over all folds
    temperature: float

    @property
    def calibration_error(self) -> float:
        """Mean distance between confidence and how often it was right, 0 to 1."""
        rows = self.reliability()
        n = sum(row[2] for row in rows)
        return sum(abs(row[0] - row[1]) * row[2] for row in rows) / n if n else float("nan")

    def reliability(self) -> list[tuple[float, float, int]]:
        """Return (mean confidence, share right, texts) of each tenth of confidence in use."""
        bins = np.minimum((self.confidence * BINS).astype(int), BINS - 1)
        right = self.true == self.told
        return [
            (float(self.confidence[at].mean()), float(right[at].mean()), int(at.sum()))
            for at in (bins == k for k in range(BINS))
            if at.any()
        ]


def folds_of(labels: Sequence[str], folds: int, rng: np.random.Generator) -> Rows:
    """Return the fold of each text: every class spread over the folds as evenly as can be."""
    fold = np.empty(len(labels), dtype=np.intp)
    array = np.asarray(labels)
    start = 0
    for name in sorted(set(labels)):
        rows = rng.permutation(np.flatnonzero(array == name))
        fold[rows] = (start + np.arange(len(rows))) % folds
        start += len(rows)
    return fold


def cross_validate(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    rng: np.random.Generator,
    subjects: Sequence[str] | None = None,
    scheme: Scheme | None = None,
    folds: int = FOLDS,
    together: Sequence[str] | None = None,
) -> Trial:
    """
    Tell every text by a model trained without its fold, and by keywords of the same fold's rest.

    Parameters
    ----------
    together
        Texts with the same value here stay in one fold, so that no wording is in both; None: texts
        are spread one by one.

    Raises
    ------
    InputError
        If a class has fewer texts than there are folds, or fewer than two texts are left to learn.
    """
    names = tuple(sorted(set(labels)))
    array = np.asarray(labels)
    least = min((int((array == n).sum()) for n in names), default=0)
    if least < folds:
        raise InputError(
            "A topic has {n} texts; cross-validation needs {folds} of each.", n=least, folds=folds
        )
    fold = _folds(labels, folds, rng, together)
    scores = np.full((len(texts), len(names)), -50.0)
    by_keyword = np.zeros(len(texts), dtype=np.intp)
    for k in range(folds):
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if not len(held) or len(set(array[seen])) < 2:
            continue
        own = np.array([names.index(c) for c in sorted(set(array[seen]))], dtype=np.intp)
        model = train(
            _pick(texts, seen), array[seen].tolist(), subjects=_some(subjects, seen), scheme=scheme
        )
        found = model.scores(_pick(texts, held), _some(subjects, held))
        scores[np.ix_(held, own)] = found
        told = by_keywords(
            _joined(texts, subjects, seen), array[seen].tolist(), _joined(texts, subjects, held),
            scheme=scheme,
        )  # fmt: skip
        by_keyword[held] = [names.index(t) for t in told]
    return _trial(names, array, fold, scores, by_keyword)


def _trial(
    names: tuple[str, ...], labels: NDArray[np.str_], fold: Rows, scores: Floats, keyword: Rows
) -> Trial:
    true = np.searchsorted(np.array(names), labels).astype(np.intp)
    told = scores.argmax(axis=1).astype(np.intp)
    temperature = temperature_of(scores, true)
    several = [fold == k for k in np.unique(fold)]
    return Trial(
        names,
        true,
        told,
        softmax(scores / temperature).max(axis=1),
        np.array([macro_f1(true[at], told[at], len(names)) for at in several]),
        np.array([macro_f1(true[at], keyword[at], len(names)) for at in several]),
        f1_by_class(true, told, len(names)),
        temperature,
    )


def _folds(
    labels: Sequence[str], folds: int, rng: np.random.Generator, together: Sequence[str] | None
) -> Rows:
    if together is None:
        return folds_of(labels, folds, rng)
    _, first, wording = np.unique(np.asarray(together), return_index=True, return_inverse=True)
    return folds_of([labels[i] for i in first], folds, rng)[wording]


def _pick(texts: Sequence[str], rows: Rows) -> list[str]:
    return [texts[i] for i in rows.tolist()]


def _some(texts: Sequence[str] | None, rows: Rows) -> list[str] | None:
    return None if texts is None else _pick(texts, rows)


def _joined(texts: Sequence[str], subjects: Sequence[str] | None, rows: Rows) -> list[str]:
    if subjects is None:
        return _pick(texts, rows)
    return [f"{subjects[i]}，{texts[i]}" for i in rows.tolist()]


def f1_by_class(true: Rows, told: Rows, n_classes: int) -> Floats:
    """Return F1 of each class; NaN for one that neither is nor was told."""
    hit = np.bincount(true[true == told], minlength=n_classes)
    both = np.bincount(true, minlength=n_classes) + np.bincount(told, minlength=n_classes)
    return np.where(both > 0, 2 * hit / np.maximum(both, 1), np.nan)


def macro_f1(true: Rows, told: Rows, n_classes: int) -> float:
    """Return the mean F1 of the classes that are there or were told."""
    found = f1_by_class(true, told, n_classes)
    return float(np.nanmean(found)) if (~np.isnan(found)).any() else float("nan")


# ---------------------------------------------------------------- the keyword list


def by_keywords(
    texts: Sequence[str],
    labels: Sequence[str],
    asked: Sequence[str],
    *,
    scheme: Scheme | None = None,
    keywords: int = KEYWORDS,
) -> list[str]:
    """
    Tell topics by a list of keywords: the class most of whose words a text has.

    The list has for each class the ``keywords`` strings of two and three characters that tell it
    best in the training texts (chi-squared, more often there than elsewhere), and every term of the
    scheme. A text with no keyword, or a tie, goes to the class with most training texts.
    """
    classes = sorted(set(labels))
    array = np.asarray(labels)
    codes = learn(texts, (2, LONGEST_GRAM), min_docs=3).codes
    there = presence(codes, texts, (2, LONGEST_GRAM))
    size = np.array([(array == c).sum() for c in classes], dtype=float)
    best = np.vstack([_chi_squared(there, array == c) for c in classes])
    count = np.zeros((len(asked), len(classes)))
    asked_there = presence(codes, asked, (2, LONGEST_GRAM))
    for k in range(len(classes)):
        top = np.argsort(-best[k], kind="stable")[:keywords]
        top = top[best[k][top] > 0]
        count[:, k] = np.asarray(asked_there[:, top].sum(axis=1)).ravel()
    for k, name in enumerate(classes):
        terms = {t for t in (scheme or {}).get(name, ()) if len(t) >= 2}
        count[:, k] += [sum(t in text for t in terms) for text in asked]
    told = (count + 1e-6 * size / size.sum()).argmax(axis=1)
    return [classes[k] for k in told.tolist()]


def _chi_squared(there: object, mine: NDArray[np.bool_]) -> Floats:
    """Return chi-squared of each string with a class; below zero where it speaks against it."""
    inside = np.asarray(there[mine].sum(axis=0)).ravel()  # type: ignore[index]
    total = np.asarray(there.sum(axis=0)).ravel()  # type: ignore[attr-defined]
    n, m = len(mine), int(mine.sum())
    gap = inside * n - total * m
    below = total * (n - total) * m * (n - m)
    return np.where(below > 0, np.sign(gap) * gap**2 / np.maximum(below, 1), 0.0)


def wordings(texts: Sequence[str]) -> list[str]:
    """Return texts without digits, letters and marks: two with the same rest say the same."""
    return ["".join(c for c in text if "\u4e00" <= c <= "\u9fff") for text in texts]
