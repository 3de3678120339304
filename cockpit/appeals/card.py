"""What a model of topics is for, how good it is and where it ends: its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cockpit.appeals.model import UNSURE_BELOW, Scheme, TopicModel, calibrated, train
from cockpit.appeals.trial import FOLDS, Trial, cross_validate, wordings
from geodata.errors import InputError

LEAST_LABELLED, LEAST_OF_CLASS = 60, 10
"""Below these there is too little to learn from, and keywords are used instead."""
MOST_OF_CLASS = 150
"""Texts a class that are learned from, the newest: more made the samples slower, not better."""
SEED = 20240501

PURPOSE = (
    "Suggests topic and department of an appeal so that it reaches the right desk sooner. It "
    "decides nothing: what it is unsure of goes to a person, and a person may change everything."
)
LIMITS = (
    "It has seen only this county's labelled appeals and repeats their mistakes.",
    "Topics with few labelled texts are told less well; topics without any cannot be told.",
    "An appeal about two things gets one topic.",
    "Confidence is calibrated on appeals like those it learned from; new kinds of appeals come "
    "with wrong confidence until they are labelled.",
)
FAIRNESS = (
    "Who writes is not known to it: no name, age, sex or telephone is used. Ways to write differ "
    "all the same: compare the F1 of the topics."
)
CONTACT = (
    "The department that runs this platform; labels are corrected where appeals are registered."
)


@dataclass(frozen=True)
class Card:
    """Facts about a model; shares and F1 are 0 to 1."""

    kind: str  # "trained" or "keywords"
    classes: tuple[str, ...]
    n: tuple[int, ...]  # labelled texts learned from, by class
    first: np.datetime64  # of the texts learned from
    last: np.datetime64
    macro_f1: tuple[float, float] = (float("nan"), float("nan"))  # mean and spread of the folds
    baseline_f1: tuple[float, float] = (float("nan"), float("nan"))
    new_wording_f1: float = float("nan")
    """Macro-F1 when no wording of the held texts was learned; NaN where it cannot be told."""
    class_f1: tuple[float, ...] = ()
    calibration_error: float = float("nan")
    reliability: tuple[tuple[float, float, int], ...] = ()
    unsure_below: float = UNSURE_BELOW
    unsure_share: float = float("nan")  # of texts it had not seen
    right_when_sure: float = float("nan")
    n_wordings: int = 0
    """Different texts when the names of places, digits and marks are left out."""


def learn_topics(
    texts: Sequence[str],
    labels: Sequence[str],
    time: NDArray[np.datetime64],
    *,
    scheme: Scheme | None = None,
    subjects: Sequence[str] | None = None,
    nameless: Sequence[str] | None = None,
) -> tuple[TopicModel, Card] | None:
    """
    Return a calibrated model with its card; None when there is too little to learn from.

    Of each class with ``LEAST_OF_CLASS`` different texts or more the newest ``MOST_OF_CLASS`` are
    learned; the same text is learned once. At least two such classes with ``LEAST_LABELLED`` texts
    are needed. The same input gives the same model: all draws have a fixed seed. ``nameless`` are
    the texts without names of places, by which wordings are told apart.
    """
    rows = _learnable(texts, labels, time)
    if rows is None:
        return None
    some = [texts[i] for i in rows.tolist()]
    own = [labels[i] for i in rows.tolist()]
    heads = None if subjects is None else [subjects[i] for i in rows.tolist()]
    trial = cross_validate(
        some, own, subjects=heads, scheme=scheme, rng=np.random.default_rng(SEED)
    )
    model = train(some, own, subjects=heads, scheme=scheme)
    said = wordings(some if nameless is None else [nameless[i] for i in rows.tolist()])
    new = _new_wordings(some, own, heads, scheme, said)
    card = replace(_card(trial, own, time[rows], new), n_wordings=len(set(said)))
    return calibrated(model, trial.temperature), card


def _learnable(
    texts: Sequence[str], labels: Sequence[str], time: NDArray[np.datetime64]
) -> NDArray[np.intp] | None:
    """Return the rows to learn from, by time; None when there are too few."""
    if not len(texts) == len(labels) == len(time):
        raise InputError("{n} texts have {m} labels.", n=len(texts), m=len(labels))
    chosen: dict[str, list[int]] = {}
    seen: set[str] = set()
    for row in np.argsort(time, kind="stable")[::-1].tolist():
        text, label = texts[row], labels[row]
        mine = chosen.setdefault(label, [])
        if label and text and text not in seen and len(mine) < MOST_OF_CLASS:
            seen.add(text)
            mine.append(row)
    kept = [rows for label, rows in chosen.items() if label and len(rows) >= LEAST_OF_CLASS]
    if len(kept) < 2 or sum(len(rows) for rows in kept) < LEAST_LABELLED:
        return None
    return np.sort(np.concatenate(kept)).astype(np.intp)


def _new_wordings(
    texts: Sequence[str], labels: Sequence[str], subjects: Sequence[str] | None,
    scheme: Scheme | None, said: Sequence[str],
) -> float:  # fmt: skip
    """Return the macro-F1 with every wording in one fold only; NaN with too few wordings."""
    of_class: dict[str, set[str]] = {}
    for wording, label in zip(said, labels, strict=True):
        of_class.setdefault(label, set()).add(wording)
    if min(len(found) for found in of_class.values()) < FOLDS:
        return float("nan")
    found = cross_validate(
        texts, labels, subjects=subjects, scheme=scheme, together=said,
        rng=np.random.default_rng(SEED),
    )  # fmt: skip
    return float(found.macro_f1.mean())


def _card(
    trial: Trial, labels: Sequence[str], time: NDArray[np.datetime64], new_wording: float
) -> Card:
    sure = trial.confidence >= UNSURE_BELOW
    right = trial.true == trial.told
    return Card(
        "trained",
        trial.classes,
        tuple(labels.count(name) for name in trial.classes),
        time.min(),
        time.max(),
        _mean_spread(trial.macro_f1),
        _mean_spread(trial.baseline_f1),
        new_wording,
        tuple(trial.class_f1.tolist()),
        trial.calibration_error,
        tuple(trial.reliability()),
        UNSURE_BELOW,
        float((~sure).mean()),
        float(right[sure].mean()) if sure.any() else float("nan"),
    )


def _mean_spread(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and standard deviation of the folds."""
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan")
