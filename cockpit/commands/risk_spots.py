"""``risk`` over areas: where more lies together than chance explains, and how that went on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.commands.risk_cases import Case, Found, Periods, periods_of
from cockpit.commands.risk_places import PERMUTATIONS, by_area, found_by, weights_of
from cockpit.risk.discoveries import confirmed, q_values
from cockpit.risk.emerging import LEAST_PERIODS, emerging
from cockpit.risk.hotspots import getis_ord, local_moran
from cockpit.risk.poisson import dispersion, poisson_local, quantile_scores
from cockpit.risk.strata import strata_of, usual_counts
from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]
_QUADRANTS = ("-", "high among high", "low among high", "low among low", "high among low")


@dataclass(frozen=True)
class Unusual:
    """How unusual the count of each area is."""

    expected: Floats  # (n_areas,) events
    basis: str  # what they are expected by: "residents", or "areas", all alike
    dispersion: float  # variance over mean beyond hot spots, 1 or more
    scores: Floats  # of the standard normal distribution when nothing is unusual


def unusual_of(
    case: Case, weights: Weights, given: argparse.Namespace, rng: np.random.Generator
) -> Unusual:
    """
    Compare each area with the usual rate of its kind; without residents, with the mean area.

    Raw counts of few events lie far from the normal distribution that the local statistics ask
    for, and pure chance then has hot spots; scores of the counts do not.
    """
    counts = case.counts().astype(float)
    expected, basis = usual_of(case, counts, weights, given)
    scatter = dispersion(counts, expected, weights)
    scores = quantile_scores(counts, expected, dispersion=scatter, rng=rng)
    return Unusual(expected, basis, scatter, scores)


def usual_of(
    case: Case, counts: Floats, weights: Weights, given: argparse.Namespace
) -> tuple[Floats, str]:
    """Return the events to be expected of each area, and what they are expected by."""
    people = case.people
    if people is None:
        return np.full(len(counts), counts.mean()), "areas"
    kinds = strata_of(case.require_areas().ids, people, shapely.area(case.shapes) / 1e6)
    return usual_counts(counts, people, kinds, weights, alpha=given.alpha), "residents"


def gi(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``gi``: hot and cold spots by Gi*, false discoveries held below ``alpha``."""
    rng, weights = np.random.default_rng(given.seed), weights_of(case)
    unusual = unusual_of(case, weights, given, rng)
    n = given.permutations or PERMUTATIONS
    found = getis_ord(unusual.scores, weights, permutations=n, rng=rng)
    p = confirmed(found.two_sided, found.p_sim, given.alpha)
    q = q_values(p)
    certain = q <= given.alpha
    kind = np.where(certain & (found.z > 0), "hot", np.where(certain, "cold", "not significant"))
    rows = by_area(
        case, expected=unusual.expected, score=unusual.scores, z=found.z, p=p, p_sim=found.p_sim,
        q=q, spot=kind,
    )  # fmt: skip
    return found_by(
        "{hot} hot and {cold} cold spots among {n} areas, at most {share} of them by chance.",
        _spots(kind, given), rows, case, "q", expected_by=unusual.basis,
        dispersion=unusual.dispersion,
    )  # fmt: skip


def moran(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``moran``: areas like their neighbours or unlike them."""
    rng, weights = np.random.default_rng(given.seed), weights_of(case)
    unusual = unusual_of(case, weights, given, rng)
    n = given.permutations or PERMUTATIONS
    found = local_moran(unusual.scores, weights, permutations=n, rng=rng)
    p = confirmed(found.two_sided, found.p_sim, given.alpha)
    q = q_values(p)
    certain = q <= given.alpha
    kind = np.where(certain, np.array(_QUADRANTS)[found.quadrant], "not significant")
    rows = by_area(
        case, expected=unusual.expected, score=unusual.scores, i=found.i, z=found.z, p=p,
        p_sim=found.p_sim, q=q, kind=kind,
    )  # fmt: skip
    return found_by(
        "{n} of {all} areas are like or unlike their neighbours beyond chance.",
        {"n": int(certain.sum()), "all": len(kind)}, rows, case, "q", expected_by=unusual.basis,
        dispersion=unusual.dispersion,
    )  # fmt: skip


def hot(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``hotspots``: areas with more events around them than people of their kind explain."""
    case.require_people()
    counts, weights = case.counts().astype(float), weights_of(case)
    expected, _ = usual_of(case, counts, weights, given)
    scatter = dispersion(counts, expected, weights)
    found = poisson_local(counts, expected, weights, dispersion=scatter)
    q_hot, q_cold = q_values(found.p_high), q_values(found.p_low)
    kind = np.where(
        q_hot <= given.alpha, "hot", np.where(q_cold <= given.alpha, "cold", "not significant")
    )
    rows = by_area(
        case, expected=expected, observed_near=found.observed_near,
        expected_near=found.expected_near, ratio=found.ratio, q_hot=q_hot, q_cold=q_cold, spot=kind,
    )  # fmt: skip
    return found_by(
        "{hot} areas with more and {cold} with fewer events around them than people explain, "
        "among {n}; at most {share} of either by chance.",
        _spots(kind, given), rows, case, "q_hot", dispersion=scatter,
    )  # fmt: skip


def _spots(kind: NDArray[Any], given: argparse.Namespace) -> dict[str, object]:
    return {
        "hot": int((kind == "hot").sum()), "cold": int((kind == "cold").sum()), "n": len(kind),
        "share": f"{given.alpha:.0%}",
    }  # fmt: skip


def histories(case: Case, given: argparse.Namespace) -> Found:
    """Answer ``emerging``: how areas came to be hot or cold, period by period."""
    periods = periods_of(case.events, given.period or "week")
    _require_periods(periods)
    counts, weights = case.counts_by(periods).astype(float), weights_of(case)
    expected = None
    if case.people is not None:
        usual, _ = usual_of(case, counts.sum(axis=1), weights, given)
        expected = usual[:, None] * counts.sum(axis=0) / counts.sum()
    found = emerging(counts, weights, expected=expected, alpha=given.alpha)
    rows = by_area(case, history=found.classes, trend=found.trend, p=found.p)
    names, n = np.unique(found.classes, return_counts=True)
    told = {str(a): int(b) for a, b in zip(names, n, strict=True) if a != "none"}
    return found_by(
        "{n} of {all} areas have a history as hot or cold spots over {periods} periods.",
        {"n": sum(told.values()), "all": len(rows), "periods": counts.shape[1]},
        rows.assign(order=(found.classes == "none").astype(float)), case, "order",
        from_day=periods.name(0), periods=counts.shape[1], classes=told,
        expected_by="areas" if expected is None else "residents",
    )  # fmt: skip


def _require_periods(periods: Periods) -> None:
    if len(periods.starts) < LEAST_PERIODS:
        raise InputError(
            "A history needs {least} periods or more; the events cover {n}. Choose a shorter "
            "--period, or events of a longer time.", least=LEAST_PERIODS, n=len(periods.starts),
        )  # fmt: skip
