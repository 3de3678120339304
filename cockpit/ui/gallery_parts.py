"""Parts of the component gallery as markup, each in one theme and one language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from typing import Any

from cockpit.locale import translate
from cockpit.look import charts, eyes
from cockpit.look.tokens import (
    ALERT,
    ALERT_ON,
    COVERED,
    FONT_STACK,
    LIGHTS,
    NOT_COVERED,
    RAMPS,
    SCREEN_TYPE,
    WORK_TYPE,
    Tokens,
    css_variables,
    ramp,
    series,
)
from cockpit.ui import theme

TOKENS = (
    "ground", "panel", "line", "text", "quiet", "accent", "on_accent", "good", "bad", "watch",
    "edge", "map_ground", "map_road", "map_water", "map_border", "no_data", "masked", "mark",
)  # fmt: skip
EYES: Mapping[str, str] = {
    "": "As it is",
    "protan": "Without red cones",
    "deutan": "Without green cones",
    "tritan": "Without blue cones",
}
"""An eye of ``look.eyes`` to its name (a msgid)."""
LEVELS: Mapping[str, str] = {"blue": "Blue", "yellow": "Yellow", "orange": "Orange", "red": "Red"}
CLASSES = 7


def frame(tokens: Tokens, markup: str) -> str:
    """Return markup on the ground of a theme, with that theme's style sheet for it alone."""
    return (
        f"<style>{_own_rules(tokens)}</style>"
        f'<div class="gal-{tokens.name}" style="{escape(css_variables(tokens))}'
        f"background:{tokens.ground};color:{tokens.text};padding:16px;border-radius:8px;"
        f'border:1px solid {tokens.line};font-family:{escape(FONT_STACK)}">{markup}</div>'
    )


def _own_rules(tokens: Tokens) -> str:
    """Return the rules of our own classes from the pages' style sheet, for one frame."""
    sheet = re.sub(r"</?style>|@media.*", "", theme.css(tokens), flags=re.DOTALL)
    made = []
    for rule in sheet.split("}"):
        names, _, body = rule.strip().partition("{")
        if body and names.startswith(".ct-"):
            own = ",".join(f".gal-{tokens.name} {name.strip()}" for name in names.split(","))
            made.append(f"{own}{{{body}}}")
    return "".join(made)


def colours(tokens: Tokens, language: str) -> str:
    """Return every colour of a theme with its name, value and contrast to the panel."""
    rows = [_swatch(name, getattr(tokens, name), tokens, language) for name in TOKENS]
    rows += [_swatch(f"series {k}", c, tokens, language) for k, c in enumerate(series(tokens), 1)]
    rows += [_swatch(name, c, tokens, language) for name, c in _covered()]
    columns = "repeat(auto-fill,minmax(min(21rem,100%),1fr))"
    grid = f"display:grid;grid-template-columns:{columns};gap:4px 16px"
    return f'<div style="{grid}">{"".join(rows)}</div>'


def _covered() -> Iterable[tuple[str, str]]:
    return ("covered", COVERED), ("not covered", NOT_COVERED)


def _swatch(name: str, colour: str, tokens: Tokens, language: str) -> str:
    ratio = f"{eyes.contrast(colour, tokens.panel):.1f}"
    told = translate("{ratio} : 1 on the panel", language, ratio=ratio)
    return (
        f'<div class="ct-key"><span class="ct-swatch" style="background:{colour};'
        f'box-shadow:inset 0 0 0 1px {tokens.edge}"></span><code style="color:{tokens.text};'
        f'background:none">{name} {colour}</code>'
        f'<span class="ct-quiet ct-small">{told}</span></div>'
    )


def sizes(language: str) -> str:
    """Return every size of type, on work pages and on screens."""
    words = translate("480,000 residents", language)
    lines = []
    for place, scale in (("work", WORK_TYPE), ("screen", SCREEN_TYPE)):
        for name in ("headline", "title", "body", "small"):
            size = getattr(scale, name)
            lines.append(
                f'<div style="font-size:{size}px;line-height:1.3;white-space:nowrap">{words} '
                f'<span class="ct-quiet ct-small">{place} {name} {size}</span></div>'
            )
    return f'<div style="overflow:hidden">{"".join(lines)}</div>'


def tiles(language: str) -> str:
    """Return figures as tiles: with a unit, with a change, and one that is not known."""
    shown = (
        (translate("Residents in all", language), "480,000", translate("persons", language), ""),
        (translate("Within reach", language), "87.4", "%", "good"),
        (translate("Open alerts", language), "3", "", "bad"),
        (translate("Not counted", language), "–", "", "none"),
    )
    made = "".join(_tile(*one, language) for one in shown)
    return f'<div class="ct-tiles">{made}</div>'


def _tile(title: str, value: str, unit: str, light: str, language: str) -> str:
    words = {
        "good": translate("better than a year before", language),
        "bad": translate("worse than a year before", language),
        "none": translate("no data", language),
    }
    note = words.get(light, "")
    colour = f"var(--{LIGHTS.get(light, 'quiet')})"
    return (
        f'<div class="ct-tile"><div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{value} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-small" style="color:{colour}">{escape(note)}&nbsp;</div></div>'
    )


def card(language: str) -> str:
    """Return a card with facts, and a table."""
    facts = (
        (translate("Township", language), translate("Example town", language)),
        (translate("Residents in all", language), "38,687"),
    )
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts)
    cells = "".join(
        f'<tr><td style="text-align:left;padding:4px 0">{escape(k)}</td>'
        f'<td style="text-align:right;padding:4px 0">{escape(v)}</td></tr>'
        for k, v in facts
    )
    return (
        f'<div class="ct-card"><div class="ct-head">{escape(facts[0][1])}</div>'
        f'<dl class="ct-facts">{rows}</dl></div>'
        f'<table style="width:100%;margin-top:8px;border-top:1px solid var(--line)">{cells}</table>'
    )


def legend(tokens: Tokens, language: str) -> str:
    """Return a map's legend, with what is hidden and what is not known."""
    found = list(zip(ramp("blue", 5, tokens), ("< 100", "100", "300", "900", "2,700"), strict=True))
    found += [
        (tokens.masked, translate("too few to be shown", language)),
        (tokens.no_data, translate("no data", language)),
    ]
    keys = "".join(
        f'<span class="ct-key"><span class="ct-swatch" style="background:{colour}"></span>'
        f"{escape(words)}</span>"
        for colour, words in found
    )
    title = escape(translate("Residents in all", language))
    return f'<div class="ct-legend"><b>{title}</b>{keys}</div>'


def alerts(language: str) -> str:
    """Return the four levels of an alert: the colour, and the word beside it."""
    made = "".join(
        f'<span style="background:{ALERT[name]};color:{ALERT_ON[name]};padding:4px 12px;'
        f'border-radius:8px;font-weight:600">{escape(translate(LEVELS[name], language))}</span>'
        for name in ALERT
    )
    return f'<div style="display:flex;gap:8px;flex-wrap:wrap">{made}</div>'


def palettes(tokens: Tokens, language: str) -> str:
    """Return every palette of the map as everybody sees it, and as the colour-blind do."""
    made = []
    for name in (*RAMPS, "change"):
        rows = "".join(_strip(ramp(name, CLASSES, tokens), eye, language) for eye in EYES)
        made.append(f'<div style="margin-bottom:12px"><b>{name}</b>{rows}</div>')
    return "".join(made)


def _strip(colours: tuple[str, ...], eye: str, language: str) -> str:
    seen = [eyes.seen(colour, eye) for colour in colours]
    least = min(eyes.difference(a, b) for a, b in pairwise(seen))
    boxes = "".join(f'<span style="background:{c};flex:1;height:20px"></span>' for c in seen)
    told = translate("{eye}: steps of {least} or more", language,
                     eye=translate(EYES[eye], language), least=f"{least:.0f}")  # fmt: skip
    return (
        f'<div style="display:flex;max-width:24rem;margin-top:4px">{boxes}</div>'
        f'<div class="ct-quiet ct-small">{escape(told)}</div>'
    )


def figure(tokens: Tokens, language: str) -> dict[str, Any]:
    """Return the chart template with two series and their names beside the ends."""
    made = charts.layout(tokens, 220, right=90)
    made |= {
        "paper_bgcolor": tokens.panel,
        "xaxis": charts.axis(tokens),
        "yaxis": charts.axis(tokens),
    }
    names = (translate("This year", language), translate("Last year", language))
    lines = [
        {
            "type": "scatter", "mode": "lines+text", "x": [1, 2, 3, 4, 5],
            "y": [3 + k, 4 - k, 6 - k, 5, 7 - 2 * k], "line": {"color": series(tokens)[k]},
            "text": ["", "", "", "", name], "textposition": "middle right",
            "textfont": {"color": series(tokens)[k]}, "cliponaxis": False,
        }
        for k, name in enumerate(names)
    ]  # fmt: skip
    return {"data": lines, "layout": made}
