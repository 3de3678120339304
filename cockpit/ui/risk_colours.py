"""The colours of the page Risk: red for more, blue for less, hatched or faint for not sure."""

from __future__ import annotations

from cockpit.answers.risk_answer import Answer, Key
from cockpit.answers.risk_picture import FAINT, FULL
from cockpit.look.marks import HEAT, SPOTS
from cockpit.ui.theme import Tokens

_QUIET = {"too little": 0.3, "even": 0.16}
Paint = tuple[str, float]


def paint(role: str, tokens: Tokens) -> Paint:
    """Return colour and opacity of what a class means."""
    if role in _QUIET:
        return tokens.no_data, _QUIET[role]
    faint = role.startswith(("unsure", "maybe"))
    plain = role.removeprefix("unsure ").removeprefix("maybe ")
    ramp = "ramp 2" if plain == "unsure" else plain
    colours = {f"ramp {k}": colour for k, colour in enumerate(HEAT[tokens.name])}
    colour = {**colours, **SPOTS[tokens.name]}[ramp]
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
