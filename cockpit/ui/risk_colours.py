"""The colours of the page Risk: red for more, blue for less, hatched or faint for not sure."""

from __future__ import annotations

from cockpit.answers.risk_answer import Answer, Key
from cockpit.answers.risk_picture import FAINT, FULL, RAMPS
from cockpit.ui.theme import Tokens

_ROLES = {
    "light": {
        "hot": "#C9202F", "cold": "#1F6FB2", "island high": "#A0388C", "island low": "#3F8F8A",
        "em new": "#7A0177", "em consecutive": "#D4145A", "em intensifying": "#B30000",
        "em persistent": "#E34A33", "em diminishing": "#FC8D59", "em sporadic": "#FDBB84",
        "em oscillating": "#B58A2C", "em historical": "#9A8478",
    },
    "dark": {
        "hot": "#FF5A52", "cold": "#4DA3FF", "island high": "#E58AD8", "island low": "#5FC7C0",
        "em new": "#F472D0", "em consecutive": "#FF4D88", "em intensifying": "#FF3B30",
        "em persistent": "#FF7A5C", "em diminishing": "#C96A48", "em sporadic": "#A05C40",
        "em oscillating": "#D9B44A", "em historical": "#8C7B72",
    },
}  # fmt: skip
_QUIET = {"too little": 0.3, "even": 0.16}
Paint = tuple[str, float]


def paint(role: str, tokens: Tokens) -> Paint:
    """Return colour and opacity of what a class means."""
    if role in _QUIET:
        return tokens.no_data, _QUIET[role]
    faint = role.startswith(("unsure", "maybe"))
    plain = role.removeprefix("unsure ").removeprefix("maybe ")
    ramp = "ramp 2" if plain == "unsure" else plain
    colours = {f"ramp {k}": colour for k, colour in enumerate(RAMPS[tokens.name])}
    colour = (colours | _ROLES[tokens.name])[ramp]
    return colour, FAINT if faint else FULL


HATCHED = ("maybe hot", "maybe cold", "unsure", "too little")
"""Roles that are drawn with lines across: too little is known, or chance may do it."""


def hatched(role: str) -> bool:
    """Tell whether a class is drawn with lines across."""
    return role in HATCHED or role.startswith("unsure")


def roles(found: Answer) -> tuple[str, ...]:
    """Return the role of each of the ten classes of a map."""
    made = ["even"] * 10
    for key in found.keys:
        made[key.code] = key.role
    if any(key.role == "unsure" for key in found.keys):
        for step in range(4):  # unsure ones keep their own colour, faint
            made[5 + step] = f"unsure ramp {step}"
    return tuple(made)


def swatch(key: Key, tokens: Tokens) -> str:
    """Return the look of a legend's swatch as CSS: with lines across for what is not sure."""
    colour, alpha = paint(key.role, tokens)
    share = round(100 * alpha)
    ground = f"color-mix(in srgb, {colour} {share}%, {tokens.map_ground})"
    if not hatched(key.role):
        return f"background:{ground};border:1px solid {tokens.line}"
    line = f"color-mix(in srgb, {tokens.text} 45%, {ground})"
    return (
        f"background:repeating-linear-gradient(45deg,{ground} 0 4px,{line} 4px 5px);"
        f"border:1px solid {tokens.line}"
    )
