"""Plan and bound while a search runs: figures with their unit, and how they close in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from cockpit.answers.siting import UNREACHED_MINUTES
from cockpit.placement.plan import CLOSED
from cockpit.ui import charts, theme
from cockpit.ui.words import NO_FIGURE, compact, number, percent, say

CONFIG = {"displayModeBar": False, "responsive": True}
UNIT_TITLES = {
    "person-minutes": "person-minutes",
    "minutes": "minutes",
    "people": "persons",
    "sites": "sites",
    "money": "cost units",
    "share": "",
    "gini": "",
}
_HEIGHT = 190
_SHOWN = (
    0.25  # of the plan's figure above and below it: the first, bad plans would flatten the rest
)

Point = tuple[float, float, float]  # seconds, objective, bound


def figure(value: float | None, unit: str) -> tuple[str, str]:
    """Return a figure of an objective as text, and the name of its unit."""
    if value is None or not math.isfinite(value):
        return NO_FIGURE, ""
    if unit == "share":
        return percent(value, 1), ""
    title = say(UNIT_TITLES[unit]) if UNIT_TITLES[unit] else ""
    if unit == "gini":
        return number(value, 3), title
    if unit == "minutes" and value >= UNREACHED_MINUTES:  # counted as that many, however far
        return f"≥ {number(UNREACHED_MINUTES)}", title
    if unit in ("minutes", "money"):
        whole = float(value).is_integer()
        return number(value, 0 if whole and unit == "money" else 1), title
    return number(value), title  # exact: what is proven is no round figure


def amount(value: float | None, unit: str) -> str:
    """Return a figure of an objective with its unit."""
    return " ".join(part for part in figure(value, unit) if part)


def apart(gap: float) -> str:
    """Return how far plan and bound are apart, as a percentage with enough digits."""
    if not math.isfinite(gap) or gap > 9.99:
        return NO_FIGURE
    if CLOSED < gap < 0.00005:
        return "< 0.01%"
    return percent(gap, 2 if gap < 0.1 else 0)


def tiles(
    objective: float | None,
    bound: float | None,
    gap: float | None,
    seconds: float,
    unit: str,
    *,
    ended: bool = False,
) -> str:
    """Return plan, bound, their distance and the seconds as tiles (HTML)."""
    cards = [
        ("plan", say("This plan") if ended else say("Best plan so far"), *figure(objective, unit)),
        ("bound", say("Proven bound"), *figure(bound, unit)),
        ("gap", say("Gap to the bound"), NO_FIGURE if gap is None else apart(gap), ""),
        ("seconds", say("Searched"), number(seconds, 1 if seconds < 10 else 0), say("seconds")),
    ]
    told = {"plan": objective, "bound": bound}
    return (
        '<div class="ct-tiles" tabindex="0" role="group">'
        + "".join(_tile(*card, exact=_exact(told.get(card[0]))) for card in cards)
        + "</div>"
    )


def _exact(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else number(value, 3)


def _tile(name: str, title: str, value: str, unit: str, *, exact: str) -> str:
    return (
        f'<div class="ct-tile" data-figure="{name}" title="{exact}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{escape(value)}</div>'
        f'<div class="ct-quiet ct-small">{escape(unit) or "&nbsp;"}</div></div>'
    )


def chart(points: Sequence[Point], unit: str) -> dict[str, Any] | None:
    """
    Return plan and bound against seconds as steps, labelled at their ends.

    None before there are two moments of plan and bound to draw.
    """
    seen = [p for p in points if math.isfinite(p[1]) and math.isfinite(p[2])]
    if len(seen) < 2:
        return None
    seconds, plans, bounds = (list(values) for values in zip(*seen, strict=True))
    tokens = theme.now()
    colours = (tokens.accent, theme.series(tokens)[1])
    low, high = _range(plans, bounds)
    ticks = _ticks(low, high)
    layout = charts.layout(_HEIGHT, right=84)
    layout |= {
        "margin": {"l": 8, "r": 84, "t": 26, "b": 8},
        "xaxis": {
            **charts.axis(),
            "title": _title(say("seconds")),
            "range": [0, max(seconds[-1], 0.1) * 1.02],
            "nticks": 6,
        },
        "yaxis": {
            **charts.axis(),
            "range": [low, high],
            "tickvals": ticks,
            "ticktext": [_tick(value, ticks, unit) for value in ticks],
        },
        "annotations": [*_labels(plans[-1], bounds[-1], low, high, colours), *_unit(unit)],
    }
    lines = ((plans, colours[0], "solid"), (bounds, colours[1], "dash"))
    return {"data": [_line(seconds, *line) for line in lines], "layout": layout}


def _range(plans: Sequence[float], bounds: Sequence[float]) -> tuple[float, float]:
    """Return the part of the axis that tells something: around the plan, both ends in it."""
    last, every = plans[-1], [*plans, *bounds]
    reach = max(abs(last) * _SHOWN, 1.5 * abs(last - bounds[-1]))
    low, high = max(min(every), last - reach), min(max(every), last + reach)
    room = (high - low) * 0.12 or max(abs(last) * 1e-3, 1e-9)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Return two to five round figures within a range."""
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _tick(value: float, ticks: Sequence[float], unit: str) -> str:
    """Return a figure of the axis with as many digits as tell it from the next."""
    if unit == "share":
        return percent(value, 1)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    if decimals or abs(value) < 10_000:
        return number(value, decimals)
    for decimals in (0, 1):
        if len({compact(tick, decimals) for tick in ticks}) == len(ticks):
            return compact(value, decimals)
    return number(value)


def _line(seconds: Sequence[float], values: Sequence[float], colour: str, dash: str) -> Any:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [round(s, 2) for s in seconds],
        "y": list(values),
        "line": {"color": colour, "width": 2.5, "shape": "hv", "dash": dash},
        "hoverinfo": "x+y",
    }


def _labels(
    plan: float, bound: float, low: float, high: float, colours: tuple[str, str]
) -> list[dict[str, Any]]:
    """Return the names of the two lines, kept apart where the lines meet."""
    places = [(value - low) / (high - low) for value in (plan, bound)]
    gap = 24 / _HEIGHT
    if abs(places[0] - places[1]) < gap:
        middle, side = sum(places) / 2, 1 if plan >= bound else -1
        middle = min(max(middle, gap / 2), 1 - gap / 2)
        places = [middle + side * gap / 2, middle - side * gap / 2]
    return [
        {
            "xref": "paper",
            "yref": "paper",
            "x": 1.01,
            "y": place,
            "xanchor": "left",
            "yanchor": "middle",
            "showarrow": False,
            "text": name,
            "font": {"color": colour, "size": charts.FONT},
        }
        for place, name, colour in zip(places, (say("plan"), say("bound")), colours, strict=True)
    ]


def _unit(unit: str) -> list[dict[str, Any]]:
    """Return the unit above the axis, as it is read: Chinese signs do not lie on their side."""
    if not UNIT_TITLES[unit]:
        return []
    return [
        {
            "xref": "paper",
            "yref": "paper",
            "x": 0,
            "y": 1,
            "yshift": 4,
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "text": say(UNIT_TITLES[unit]),
            "font": {"size": charts.FONT, "color": theme.now().quiet},
        }
    ]


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": charts.FONT, "color": theme.now().quiet}, "standoff": 6}
