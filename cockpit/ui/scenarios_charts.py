"""Charts of the page Scenarios: winners and losers as bars, the front of cost and coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from cockpit.answers.siting_figures import Balance
from cockpit.answers.siting_front import FrontPoint, FrontState
from cockpit.ui import charts, theme
from cockpit.ui.words import compact, number, percent, say

CONFIG = {"displayModeBar": False, "responsive": True}
_ROW = 26


@dataclass(frozen=True)
class Bars:
    """One plan's winners and losers, part by part."""

    name: str
    balances: Sequence[Balance]


def diverging(
    names: Sequence[str], plans: Sequence[Bars], figure: str, tokens: theme.Tokens
) -> dict[str, Any]:
    """
    Return winners to the right, losers to the left, the net change as a line, plan beside plan.

    ``figure``: "minutes" or "people". All plans share one scale.
    """
    ramp = theme.ramp("change", 7, tokens)
    blue, orange = ramp[0], ramp[6]
    values = [[_pair(b, figure) for b in plan.balances] for plan in plans]
    most = max((won for rows in values for won, _ in rows), default=0.0)
    least = -max((lost for rows in values for _, lost in rows), default=0.0)
    room = 0.06 * (most - least) or 1.0
    ticks = _ticks(least, most, few=len(plans) > 2)
    data: list[dict[str, Any]] = []
    layout = charts.layout(_ROW * len(names) + 64, right=16)
    layout |= {"barmode": "relative", "bargap": 0.3, "margin": {"l": 8, "r": 16, "t": 32, "b": 8}}
    layout["yaxis"] = {
        **charts.axis(),
        "autorange": "reversed",
        "tickvals": list(range(len(names))),
        "ticktext": [escape(name, quote=False) for name in names],
        "ticklabelstandoff": 8,
    }
    notes = []
    width = 1 / len(plans)
    for k, (plan, rows) in enumerate(zip(plans, values, strict=True)):
        axis = "x" if k == 0 else f"x{k + 1}"
        start, end = k * width, (k + 1) * width - (0.03 if k < len(plans) - 1 else 0)
        layout[f"xaxis{'' if k == 0 else k + 1}"] = {
            **charts.axis(),
            "domain": [start, end],
            "range": [least - room, most + room],
            "zeroline": True,
            "zerolinecolor": tokens.quiet,
            "tickvals": ticks,
            "ticktext": [compact(abs(tick)) for tick in ticks],
        }
        notes.append(_head(plan.name, (start + end) / 2))
        rest = {"type": "bar", "orientation": "h", "y": list(range(len(names))), "xaxis": axis}
        for sign, colour, title in ((1, blue, say("won")), (-1, orange, say("lost"))):
            side = [pair[0 if sign > 0 else 1] for pair in rows]
            data.append(
                {
                    **rest,
                    "x": [sign * v for v in side],
                    "marker": {"color": colour},
                    "customdata": [[number(v), title] for v in side],
                    "hovertemplate": "%{y}: %{customdata[0]} %{customdata[1]}<extra></extra>",
                }
            )
        data.append(_net(rows, axis, tokens))
    return {"data": data, "layout": {**layout, "annotations": notes}}


def _ticks(least: float, most: float, *, few: bool) -> list[float]:
    """Return round figures from one end to the other, with zero among them."""
    wide = (most - least) / (2 if few else 4)
    if not wide > 0:
        return [0.0]
    size = 10.0 ** math.floor(math.log10(wide))
    step = max(k * size for k in (1, 2, 5) if k * size <= wide)
    first, last = math.ceil(least / step), math.floor(most / step)
    return [k * step for k in range(first, last + 1)]


def _pair(balance: Balance, figure: str) -> tuple[float, float]:
    pair = (
        (balance.minutes_won, balance.minutes_lost)
        if figure == "minutes"
        else (balance.winners, balance.losers)
    )
    return tuple(0.0 if math.isnan(v) else v for v in pair)  # type: ignore[return-value]


def _net(rows: Sequence[tuple[float, float]], axis: str, tokens: theme.Tokens) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [won - lost for won, lost in rows],
        "y": list(range(len(rows))),
        "xaxis": axis,
        "marker": {
            "symbol": "line-ns",
            "size": 15,
            "line": {"width": 3, "color": tokens.text},
        },
        "hoverinfo": "skip",
    }


def _head(text: str, x: float) -> dict[str, Any]:
    short = text if len(text) <= 22 else text[:21] + "…"
    return {
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": 1,
        "yanchor": "bottom",
        "yshift": 6,
        "showarrow": False,
        "text": f"<b>{escape(short, quote=False)}</b>",
        "font": {"size": charts.FONT},
    }


# ---------------------------------------------------------------- the front


@dataclass(frozen=True)
class Beside:
    """A plan drawn beside the front: today, or a saved scenario."""

    name: str
    cost: float
    share: float


def front(
    found: FrontState, chosen: str, beside: Sequence[Beside], *, height: int = 520
) -> dict[str, Any]:
    """Return cost against covered share, coloured by the share of the worst-served township."""
    tokens = theme.now()
    points = found.points
    layout = charts.layout(height, right=96)
    layout |= {
        "clickmode": "event+select",
        "margin": {"l": 8, "r": 8, "t": 16, "b": 8},
        "xaxis": {
            **charts.axis(),
            "title": {"text": cost_title(found), "font": {"size": charts.FONT}},
            "range": _range([*(p.cost for p in points), *(one.cost for one in beside)]),
            **_marks(found),
        },
        "yaxis": {
            **charts.axis(),
            "title": {"text": say("% of the people covered"), "font": {"size": charts.FONT}},
            "showgrid": True,
            "gridcolor": tokens.line,
            "nticks": 6,
        },
        "annotations": _named(beside, tokens),
    }
    return {
        "data": [_edge(points, tokens), _dots(found, chosen, tokens), _others(beside, tokens)],
        "layout": layout,
    }


def cost_title(found: FrontState) -> str:
    """Return what the cost of a front is counted in."""
    return say("new sites") if found.unit == "sites" else say("cost by the rules")


def _edge(points: Sequence[FrontPoint], tokens: theme.Tokens) -> dict[str, Any]:
    """Return the line through the plans that cover most for their cost."""
    best: list[FrontPoint] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.share)):
        if not best or point.share > best[-1].share:
            best.append(point)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [p.cost for p in best],
        "y": [100 * p.share for p in best],
        "line": {"color": tokens.quiet, "width": 1.4, "shape": "hv"},
        "hoverinfo": "skip",
    }


def _dots(found: FrontState, chosen: str, tokens: theme.Tokens) -> dict[str, Any]:
    points = found.points
    lows = [None if math.isnan(p.lowest) else 100 * p.lowest for p in points]
    known = [low for low in lows if low is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [p.cost for p in points],
        "y": [None if math.isnan(p.share) else 100 * p.share for p in points],
        "ids": [p.id for p in points],
        "customdata": [[p.id, cost_text(found, p), percent(p.share, 1), percent(p.lowest, 1)]
                       for p in points],
        "hovertemplate": "%{customdata[1]}<br>" + say("covered") + " %{customdata[2]}<br>"
        + say("worst-served township") + " %{customdata[3]}<extra></extra>",
        "marker": {
            "size": [18 if p.id == chosen else 12 for p in points],
            "symbol": ["circle" if p.proven else "diamond-open" for p in points],
            "color": [0.0 if low is None else low for low in lows],
            "colorscale": _scale(tokens),
            "cmin": min(known, default=0.0),
            "cmax": max(known, default=1.0),
            "line": {
                "width": [3 if p.id == chosen else 1 for p in points],
                "color": [tokens.mark if p.id == chosen else tokens.text for p in points],
            },
            "colorbar": {
                "title": {"text": "<br>".join((say("worst-served township"), "%")),
                          "font": {"size": charts.FONT}},
                "thickness": 14,
                "outlinewidth": 0,
                "tickfont": {"size": charts.FONT, "color": tokens.quiet},
            },
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _scale(tokens: theme.Tokens) -> list[list[Any]]:
    """Return cividis from low to high: told apart in every kind of colour blindness."""
    colours = theme.ramp("cividis", 7, theme.LIGHT)[::-1]  # dark is low on either ground
    colours = colours if tokens.name == "dark" else colours[::-1]
    return [[k / 6, colour] for k, colour in enumerate(colours)]


def _others(beside: Sequence[Beside], tokens: theme.Tokens) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "x": [one.cost for one in beside],
        "y": [100 * one.share for one in beside],
        "marker": {
            "symbol": "square-open",
            "size": 15,
            "color": tokens.text,
            "line": {"width": 2.5, "color": tokens.text},
        },
        "customdata": [[one.name, percent(one.share, 1)] for one in beside],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def _range(costs: Sequence[float]) -> list[float]:
    """Return the costs with room for the signs at both ends."""
    low, high = min(costs, default=0.0), max(costs, default=1.0)
    room = 0.04 * (high - low) or 0.5
    return [low - room, high + 2 * room]


def _marks(found: FrontState) -> dict[str, Any]:
    """Return the marks of the axis: where new sites are counted, the numbers that were searched."""
    if found.unit != "sites" or not found.costs:
        return {}
    return {"tickmode": "array", "tickvals": list(found.costs),
            "ticktext": [number(cost) for cost in found.costs]}  # fmt: skip


def _named(beside: Sequence[Beside], tokens: theme.Tokens) -> list[dict[str, Any]]:
    """Return the names of plans beside the front; the highest of one cost has its name above."""
    named = []
    last = max((one.cost for one in beside), default=0.0)
    for one in beside:
        here = [other for other in beside if abs(other.cost - one.cost) < 1e-9]
        top = len(here) > 1 and one == max(here, key=lambda other: other.share)
        rank = sorted(here, key=lambda other: -other.share).index(one)
        named.append(
            {
                "x": one.cost,
                "y": 100 * one.share,
                # At the right end the scale of colours stands: the name goes to the other side.
                "xanchor": "right" if one.cost == last > 0 else "left",
                "yanchor": "bottom" if top else "top",
                "xshift": -12 if one.cost == last > 0 else 10,
                # Of several the names stand apart, however near the plans are.
                "yshift": 4 if top else 6 - 18 * max(rank, 0),
                "showarrow": False,
                "text": escape(one.name, quote=False),
                "font": {"color": tokens.text, "size": charts.FONT},
            }
        )
    return named


def cost_text(found: FrontState, point: FrontPoint) -> str:
    """Return what a plan of the front costs and changes."""
    told = say("{n} new sites", n=number(point.n_new))
    if point.n_closed:
        told = say("{n} new sites, {closed} closed", n=number(point.n_new),
                   closed=number(point.n_closed))  # fmt: skip
    if found.unit == "money":
        whole = float(point.cost).is_integer()
        told = say("cost {cost}: {plan}", cost=number(point.cost, 0 if whole else 1), plan=told)
    return told
