"""A small model that tells the topic of an appeal: short strings, a linear rule, a confidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array, hstack
from sklearn.linear_model import LogisticRegression

from cockpit.appeals.grams import Vocabulary, codes_of, learn, weigh
from geodata.errors import DataFileError, InputError

Floats = NDArray[np.float64]
Scheme = Mapping[str, Sequence[str]]

SUBJECT_WEIGHT = 0.5
"""A subject line counts half of the text, though it is a twentieth of its length: on the labelled
petitions more made it worse, for subjects are full of places."""
SCHEME_WEIGHT = 0.15
"""How much the likeness to the scheme's own words counts; flat between 0.1 and 0.3 there."""
STRENGTH = 10.0
"""Inverse of the penalty; flat between 3 and 30 there."""
UNSURE_BELOW = 0.6
"""Below this confidence a person decides."""
_TEXT_SIZES, _SCHEME_SIZES = (1, 2), (2, 3)
_LEAST_CLASSES = 2
_FORMAT = 1


@dataclass(frozen=True)
class Predicted:
    """Topics of some texts, in their order."""

    topic: NDArray[np.intp]  # (n,) which of the model's classes
    confidence: Floats  # (n,) 0 to 1, calibrated
    second: NDArray[np.intp]  # (n,) the next likely class
    sure: NDArray[np.bool_]  # (n,) confident enough to go without a person


@dataclass(frozen=True)
class TopicModel:
    """What was learned; plain arrays, so that it can be looked at and kept without code in it."""

    classes: tuple[str, ...]
    text: Vocabulary
    subject: Vocabulary
    words: Vocabulary  # strings of the scheme's words
    word_vectors: Floats  # (n_classes, n strings): the scheme's words as a text each
    word_scale: Floats  # (2 x n_classes,)
    weights: Floats  # (n_classes, n_features)
    bias: Floats  # (n_classes,)
    temperature: float = 1.0
    unsure_below: float = UNSURE_BELOW
    facts: dict[str, Any] = field(default_factory=dict)

    def scores(self, texts: Sequence[str], subjects: Sequence[str] | None = None) -> Floats:
        """Return the linear scores of texts for each class, shape (n, n_classes)."""
        return self._scored(self._features(texts, subjects))

    def _scored(self, features: csr_array) -> Floats:
        return np.asarray(features @ self.weights.T + self.bias)

    def predict(self, texts: Sequence[str], subjects: Sequence[str] | None = None) -> Predicted:
        """
        Return the likeliest topic of each text and how sure that is.

        A text without any known string gets the confidence 0: nothing in it tells.
        """
        features = self._features(texts, subjects)
        shares = softmax(self._scored(features) / self.temperature)
        order = np.argsort(-shares, axis=1, kind="stable")
        confidence = np.take_along_axis(shares, order[:, :1], axis=1)[:, 0]
        strings = len(self.text.codes) + len(self.subject.codes)
        nothing = np.diff(features[:, :strings].indptr) == 0
        confidence = np.where(nothing, 0.0, confidence)
        return Predicted(
            order[:, 0].astype(np.intp),
            confidence,
            order[:, 1].astype(np.intp),
            np.asarray(confidence >= self.unsure_below),
        )

    def _features(self, texts: Sequence[str], subjects: Sequence[str] | None) -> csr_array:
        subjects = _subjects(texts, subjects)
        likeness = _likeness(self.words, self.word_vectors, texts, subjects) * self.word_scale
        return csr_array(
            hstack(
                [
                    weigh(self.text, texts),
                    weigh(self.subject, subjects) * SUBJECT_WEIGHT,
                    csr_array(likeness),
                ],
                format="csr",
            )
        )


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    subjects: Sequence[str] | None = None,
    scheme: Scheme | None = None,
) -> TopicModel:
    """
    Return a model of labelled texts.

    Strings of one and two characters of the text (those in two texts or more) and of the subject,
    weighed by how rare they are; beside them the likeness of text and subject to the words that the
    scheme itself uses for each class. A multinomial logistic regression, each class of the same
    weight. The same input gives the same model.

    Parameters
    ----------
    texts, labels
        One label a text; cleaned texts.
    subjects
        Subject lines, if there are any.
    scheme
        Words of the scheme for each class: names of sub-classes, keywords. Classes without words
        and words of other classes are allowed.

    Raises
    ------
    InputError
        If labels and texts differ in number, or fewer than two classes are there.

    References
    ----------
    Wang, S. and Manning, C. (2012), "Baselines and bigrams: simple, good sentiment and topic
    classification", ACL: linear models on short strings as a baseline that is hard to beat.
    """
    if len(texts) != len(labels):
        raise InputError("{n} texts have {m} labels.", n=len(texts), m=len(labels))
    classes = tuple(sorted(set(labels)))
    if len(classes) < _LEAST_CLASSES:
        raise InputError("A model of topics needs two topics or more; found {n}.", n=len(classes))
    subjects = _subjects(texts, subjects)
    docs = ["，".join((scheme or {}).get(c, ())) for c in classes]
    everything = [f"{s}，{t}" for s, t in zip(subjects, texts, strict=True)]
    words = learn([*everything, *docs], _SCHEME_SIZES, only=codes_of(docs, _SCHEME_SIZES))
    vectors = weigh(words, docs).toarray()
    spread = _likeness(words, vectors, texts, subjects).std(axis=0)
    draft = TopicModel(
        classes,
        learn(texts, _TEXT_SIZES, min_docs=2),
        learn(subjects, _TEXT_SIZES),
        words,
        vectors,
        SCHEME_WEIGHT / np.where(spread > 0, spread, np.inf),
        np.empty(0),
        np.empty(0),
    )
    weights, bias = _fitted(draft._features(texts, subjects), labels)
    return _with(draft, weights=weights, bias=bias)


def _fitted(features: csr_array, labels: Sequence[str]) -> tuple[Floats, Floats]:
    rule = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=500)
    rule.fit(features, np.asarray(labels))
    weights, bias = np.asarray(rule.coef_), np.asarray(rule.intercept_)
    if len(weights) == 1:  # two classes have one row; half to each side is the same rule
        return np.vstack([-weights[0], weights[0]]) / 2, np.array([-bias[0], bias[0]]) / 2
    return weights, bias


def _subjects(texts: Sequence[str], subjects: Sequence[str] | None) -> Sequence[str]:
    if subjects is None:
        return [""] * len(texts)
    if len(subjects) != len(texts):
        raise InputError("{n} texts have {m} subjects.", n=len(texts), m=len(subjects))
    return subjects


def _likeness(
    words: Vocabulary, vectors: Floats, texts: Sequence[str], subjects: Sequence[str]
) -> Floats:
    """Return how like texts and subjects are to each class's words, less the mean of the text."""
    parts = [np.asarray(weigh(words, some) @ vectors.T) for some in (texts, subjects)]
    return np.hstack([p - p.mean(axis=1, keepdims=True) for p in parts])


def softmax(scores: Floats) -> Floats:
    """Return scores as shares of 1 in each row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def temperature_of(scores: Floats, true: NDArray[np.intp]) -> float:
    """
    Return what scores are divided by so that confidence tells how often the model is right.

    ``scores`` are of texts the model had not seen. The temperature that makes the true labels most
    likely; 0.05 to 20.

    References
    ----------
    Guo, C. et al. (2017), "On calibration of modern neural networks", ICML: temperature scaling.
    """

    def unlikely(log_t: float) -> float:
        shares = softmax(scores / np.exp(log_t))
        return -float(np.log(shares[np.arange(len(true)), true] + 1e-12).mean())

    found = minimize_scalar(unlikely, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def calibrated(model: TopicModel, temperature: float, **facts: Any) -> TopicModel:
    """Return the model with a temperature and facts about it."""
    return _with(model, temperature=temperature, facts={**model.facts, **facts})


def _with(model: TopicModel, **changed: Any) -> TopicModel:
    return replace(model, **changed)


# ---------------------------------------------------------------- as a file

_VOCABULARIES = ("text", "subject", "words")


def save(model: TopicModel, path: Path) -> None:
    """Write a model as arrays and JSON (``.npz``): nothing in it can run when it is read."""
    plain: dict[str, Any] = {
        "format": _FORMAT,
        "classes": model.classes,
        "temperature": model.temperature,
        "unsure_below": model.unsure_below,
        "facts": model.facts,
        "sizes": {name: getattr(model, name).sizes for name in _VOCABULARIES},
    }
    arrays = {f"{n}_{part}": getattr(getattr(model, n), part) for n in _VOCABULARIES
              for part in ("codes", "idf")}  # fmt: skip
    told = np.frombuffer(json.dumps(plain, ensure_ascii=False).encode(), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            plain=told,
            word_vectors=model.word_vectors,
            word_scale=model.word_scale,
            weights=model.weights,
            bias=model.bias,
            **arrays,
        )


def load(path: Path) -> TopicModel:
    """
    Read a model that ``save`` wrote.

    Raises
    ------
    DataFileError
        If the file is missing or is no such model.
    """
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as kept:
            plain = json.loads(kept["plain"].tobytes())
            if plain["format"] != _FORMAT:
                raise ValueError(plain["format"])
            several = {
                n: Vocabulary(kept[f"{n}_codes"], kept[f"{n}_idf"], tuple(plain["sizes"][n]))
                for n in _VOCABULARIES
            }
            arrays = {n: kept[n] for n in ("word_vectors", "word_scale", "weights", "bias")}
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise DataFileError("{file}: not a model of topics.", file=path.name) from error
    return TopicModel(
        tuple(plain["classes"]),
        several["text"],
        several["subject"],
        several["words"],
        **arrays,
        temperature=float(plain["temperature"]),
        unsure_below=float(plain["unsure_below"]),
        facts=plain["facts"],
    )
