"""What changed, said by rules: three sentences, and what differs from the issue before."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from cockpit.briefing.facts import LEADING, Both, Facts, Figure, Kind, Move

USUAL_STEPS = 2.0
"""A figure has moved more than its usual when it is farther from where it stood in the issue before
than this many times the median step of its weekly course."""
LEAST_STEPS = 4
"""Steps that a course needs for its usual to be known; without it every printed change is told."""
LEVEL_TITLES = ("", "Blue", "Yellow", "Orange", "Red")

_WHEN = {"daily": "the day before", "weekly": "the week before"}


def sentences(
    kind: Kind, figures: Sequence[Figure], others: Sequence[Figure] = ()
) -> tuple[Both, Both, Both]:
    """
    Return the three sentences of "what changed".

    First the change for the worse, then the one for the better, each the largest of its kind
    against the issue's leading period (the day before, the week before), measured by how large it
    is beside what stood then; of two alike the one that is printed first. Third, how many targets
    are reached and which figure is farthest from its own, measured beside the target: of
    ``others`` too, the figures with a target that have no box.
    """
    when = Both.of(_WHEN[kind])
    moved = [(f, m) for f in figures if (m := f.move(LEADING[kind])) and m.difference is not None]
    return (
        _largest(
            [(f, m) for f, m in moved if m.good is False],
            "For the worse: {title}, {now} ({before} {when}).",
            "No figure got worse against {when}." if moved else _NO_PAST, when,
        ),
        _largest(
            [(f, m) for f, m in moved if m.good is True],
            "For the better: {title}, {now} ({before} {when}).",
            "No figure got better against {when}." if moved else _NO_FUTURE, when,
        ),
        _targets((*figures, *others)),
    )  # fmt: skip


_NO_PAST = "What got worse cannot be told: no data are there for {when}."
_NO_FUTURE = "What got better cannot be told: no data are there for {when}."


def _largest(moved: Sequence[tuple[Figure, Move]], template: str, without: str, when: Both) -> Both:
    if not moved:
        return Both.of(without, when=when)
    figure, move = max(moved, key=lambda pair: _relative(*pair))
    return Both.of(
        template, title=move.named if move.named.en else figure.title, before=move.said_before,
        now=move.said_now, when=move.when if move.when.en else when,
    )  # fmt: skip


def _relative(figure: Figure, move: Move) -> float:
    """Return the size of a change beside what was; a printed step stands in for nought."""
    least = 10.0**-figure.decimals
    return abs(move.difference or 0.0) / max(abs(move.before or 0.0), least)


def aimed_at(figures: Iterable[Figure]) -> list[Figure]:
    """Return the figures that have a value and a target to hold it against."""
    return [f for f in figures if f.target is not None and f.value is not None]


def _targets(figures: Sequence[Figure]) -> Both:
    aimed = aimed_at(figures)
    if not aimed:
        return Both.of("No target is set for these figures.")
    missed = [f for f in aimed if f.light != "good"]
    if not missed:
        return Both.of("Targets reached: all {n}.", n=len(aimed))
    worst = farthest(missed)
    return Both.of(
        "Targets reached: {met} of {n}; farthest from it is {title} with {value}, {target}.",
        met=len(aimed) - len(missed), n=len(aimed), title=worst.title, value=worst.said,
        target=worst.said_target,
    )  # fmt: skip


def farthest(missed: Sequence[Figure]) -> Figure:
    """Return which of figures that miss their target is farthest from it; of two, the first."""
    return max(missed, key=_far)


def _far(figure: Figure) -> float:
    target = figure.target or 0.0
    return abs((figure.value or 0.0) - target) / max(abs(target), 10.0**-figure.decimals)


# ---------------------------------------------------------------- against the issue before


def usual_step(trend: Sequence[float]) -> float | None:
    """Return the median of the steps of a weekly course; None with fewer than four steps."""
    steps = [abs(b - a) for a, b in pairwise(trend)]
    return median(steps) if len(steps) >= LEAST_STEPS else None


def differences(now: Facts, before: Facts | None) -> tuple[Both, ...]:
    """
    Return what differs from the issue before; without one, a sentence that this is the first.

    Alerts that came, went or changed their level; villages that came on the list or left it;
    figures that moved by more than twice their usual step (``USUAL_STEPS``). The gravest first.
    """
    if before is None:
        return (Both.of("First issue: there is none before it to compare with."),)
    found = [*_alerts(now, before), *_villages(now, before), *_figures(now, before)]
    if not found:
        return (
            Both.of("Nothing beyond the usual since the issue of {date}.", date=_day(before.as_of)),
        )
    return tuple(found)


def _day(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _alerts(now: Facts, before: Facts) -> Iterable[Both]:
    old, new = {a.id: a for a in before.alerts}, {a.id: a for a in now.alerts}
    for alert in now.alerts:
        told = {"level": Both.of(LEVEL_TITLES[alert.level]), "title": alert.title,
                "place": alert.place}  # fmt: skip
        was = old.get(alert.id)
        if was is None:
            yield Both.of("New alert: {level}, {title}, {place}.", **told)
        elif was.level != alert.level:
            yield Both.of(
                "Alert now {level}, before {was}: {title}, {place}.",
                was=Both.of(LEVEL_TITLES[was.level]), **told,
            )  # fmt: skip
    for alert in before.alerts:
        if alert.id not in new:
            yield Both.of("Closed or quiet: {title}, {place}.", title=alert.title,
                          place=alert.place)  # fmt: skip


def _villages(now: Facts, before: Facts) -> Iterable[Both]:
    old, new = {v.code for v in before.villages}, {v.code for v in now.villages}
    came = [v.name for v in now.villages if v.code not in old]
    left = [v.name for v in before.villages if v.code not in new]
    if came:
        yield Both.of("New on the list of villages: {names}.", names=_joined(came))
    if left:
        yield Both.of("No longer on the list of villages: {names}.", names=_joined(left))


def _joined(names: Sequence[Both]) -> Both:
    return Both("、".join(n.zh for n in names), ", ".join(n.en for n in names))


def _figures(now: Facts, before: Facts) -> Iterable[Both]:
    old = {f.id: f for f in before.figures}
    for figure in now.figures:
        was = old.get(figure.id)
        if was is None or was.value is None or figure.value is None:
            continue
        step = usual_step(figure.trend)
        least = 0.5 * 10.0**-figure.decimals
        most = least if step is None else max(USUAL_STEPS * step, least)
        if math.isfinite(figure.value - was.value) and abs(figure.value - was.value) > most:
            yield Both.of(
                "{title} moved beyond its usual: {now}, in the issue before {was}.",
                title=figure.title, now=figure.said, was=was.said,
            )  # fmt: skip
