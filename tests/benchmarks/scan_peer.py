"""
A scan statistic as the textbook writes it: window after window, nothing left out.

It is there to be equal to, in plain Python; how long it takes says nothing about any program.
"""

from __future__ import annotations

from math import hypot, log

import numpy as np


def plain_ratio(n: float, mu: float, total: float) -> float:
    """Return the log likelihood ratio of one window."""
    if n <= mu or mu <= 0:
        return 0.0
    outside = (total - n) * log((total - n) / (total - mu)) if n < total else 0.0
    return n * log(n / mu) + outside


def plain_circles(x, y, at_risk, most):
    """Yield (centre, members, radius) of each circle."""
    for centre in range(len(x)):
        away = [hypot(x[k] - x[centre], y[k] - y[centre]) for k in range(len(x))]
        for radius in sorted(set(away)):
            members = [k for k in range(len(x)) if away[k] <= radius]
            if sum(at_risk[k] for k in members) <= most * sum(at_risk) + 1e-9:
                yield centre, members, radius


def plain_scan(cases, expected, x, y, *, at_risk=None, most=0.5, longest, alive=False, least=2):
    """Return the best window: (ratio, members, first, last, observed, expected)."""
    total, periods = cases.sum(), cases.shape[1]
    expected = expected * (total / expected.sum())
    at_risk = expected.sum(axis=1) if at_risk is None else at_risk
    best = (0.0, (), 0, 0, 0, 0.0)
    for _, members, _ in plain_circles(x, y, at_risk, most):
        counts, means = cases[members].sum(axis=0), expected[members].sum(axis=0)
        for first in range(periods):
            for last in range(first, min(first + longest, periods)):
                if alive and last != periods - 1:
                    continue
                n, mu = counts[first : last + 1].sum(), means[first : last + 1].sum()
                ratio = plain_ratio(n, mu, total) if n >= least else 0.0
                if ratio > best[0] + 1e-12:
                    best = (ratio, tuple(sorted(members)), first, last, int(n), float(mu))
    return best


def quicker_maximum(cases, expected, x, y, *, most=0.5, longest, least=2):
    """Return the highest ratio, with all intervals of a circle at once: fit for a whole county."""
    total, periods = cases.sum(), cases.shape[1]
    expected = expected * (total / expected.sum())
    at_risk = expected.sum(axis=1)
    first, past = np.triu_indices(periods + 1, 1)
    held = past - first <= longest
    first, past = first[held], past[held]
    best = 0.0
    for centre in range(len(x)):
        order = np.argsort(np.hypot(x - x[centre], y - y[centre]), kind="stable")
        counts, means = np.zeros(periods + 1), np.zeros(periods + 1)
        risk = 0.0
        for region in order:
            risk += at_risk[region]
            if risk > most * at_risk.sum():
                break
            counts[1:] += np.cumsum(cases[region])
            means[1:] += np.cumsum(expected[region])
            n, mu = counts[past] - counts[first], means[past] - means[first]
            raised = (n > mu) & (n >= least)
            n, mu = n[raised], mu[raised]
            if len(n):
                ratio = n * np.log(n / mu) + (total - n) * np.log((total - n) / (total - mu))
                best = max(best, float(ratio.max()))
    return best
