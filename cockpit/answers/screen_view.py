"""Who a screen is drawn for: class of data, language, theme, published figures alone or all."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

from cockpit.access.classes import CLASSES
from cockpit.answers import screen_words as words
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.look import tokens
from geodata.errors import CockpitError

Json = dict[str, Any]


class SceneError(CockpitError):
    """There is no such scene, or it cannot be shown to this visitor."""


@dataclass(frozen=True)
class View:
    """
    One way of drawing the screen.

    ``public``: nobody has signed in, or the lobby mode; then nothing but published releases and
    data sets of class 公开 is read, whatever ``data_class`` says.
    """

    data_class: str
    language: str
    public: bool = False
    theme: str = "dark"
    select: str = ""  # code of a region that a wall follows
    now: dt.datetime | None = field(default=None, compare=False)  # local time of the data, a test's

    @property
    def seen(self) -> str:
        """The class that figures are asked with."""
        return CLASSES[0] if self.public else self.data_class

    @property
    def tokens(self) -> tokens.Tokens:
        """Colours of the theme."""
        return tokens.of(self.theme)

    def say(self, template: str, **values: object) -> str:
        """Return a sentence in the view's language."""
        return translate(template, self.language, **values)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Return a figure with grouped thousands."""
        return words.number(value, decimals)

    def unit(self, unit: str) -> str:
        """Return a unit in words."""
        return words.unit_word(unit, self.language)

    def with_unit(self, value: float | None, unit: str, decimals: int = 0) -> str:
        """Return a figure and its unit."""
        return words.with_unit(value, unit, self.language, decimals)

    def version(self, version: str) -> str:
        """
        Return what stands for the data in addresses: other bytes, another address.

        Browsers keep what they got there for a year, so the class is in it: "open" for the public,
        else "own" and the number of the class (``own2``).
        """
        kind = "open" if self.public else f"own{CLASSES.index(self.data_class)}"
        return f"{version}.{self.language}.{kind}"


def known(value: float | None) -> float | None:
    """Return a figure as JSON can hold it: None for NaN and infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def name_of(twin: Twin, row: int, language: str) -> str:
    """Return a region's name; without an English name the original."""
    regions = twin.regions
    english = str(regions["name_en"].iat[row] or "")
    return english if language == "en" and english else str(regions["name"].iat[row])


def problem(title: str, text: str) -> Json:
    """Return a panel that says in place what cannot be shown."""
    return {"type": "problem", "title": title, "text": text}
