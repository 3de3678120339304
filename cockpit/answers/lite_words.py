"""How figures, ways and dates of public pages are put into words, in a language that is given."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from cockpit.answers.open_county import Figure
from cockpit.answers.open_village import Rule, Way
from cockpit.locale import translate
from cockpit.memo import words as plain

MODE_TITLES = {
    "walk": "on foot",
    "older": "on foot, slowly",
    "ebike": "by e-bike",
    "car": "by car",
    "ambulance": "with siren",
}
LACKING_TITLES = {
    "facilities": "No list of services is public yet.",
    "roads": "No roads are public yet.",
    "place": "The border of this village is not public.",
}
LEVEL_TITLES = {"county": "County", "township": "Townships", "village": "Villages", "grid": "Grids"}
FORMAT_TITLES = {
    "csv": "CSV",
    "xlsx": "Excel",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "parquet": "Parquet",
    "datapackage": "Data package",
    "zip": "All in one (ZIP)",
}
READING_TITLES = {
    "reading": "Reading aloud. Press Escape to stop.",
    "stopped": "Reading has stopped.",
    "done": "Read to the end.",
    "none": "This browser has no voice for this language, so it cannot read aloud.",
    "broken": "The browser stopped reading.",
    "about": "give or take",
    "sign": "plus or minus",
    "to": "to",
}
"""What the bar says that reads a page aloud (msgids), and how signs are said."""
HOTLINE = "12345"
"""The government's service line: the same number in every county of the country."""
_UNITS = ("B", "kB", "MB", "GB")
# A telephone number as people write it: with a code, blanks or hyphens; at least seven digits,
# and no date.
_TELEPHONE = re.compile(r"(?<![\w-])(?!\d{4}-\d\d?-\d\d?(?!\d))\+?\d(?:[ -]?\d){6,14}(?![\w-])")


@dataclass(frozen=True)
class Words:
    """Sentences and figures in one language, as a reader of that language writes them."""

    language: str

    @property
    def zh(self) -> bool:
        """Whether the language is Chinese: no blanks between sentences, times after their means."""
        return self.language == "zh"

    def say(self, template: str, **values: object) -> str:
        """Return a sentence of the catalogue, filled with values."""
        return translate(template, self.language, **values)

    def joined(self, sentences: Iterable[str]) -> str:
        """Return sentences one after the other."""
        return ("" if self.zh else " ").join(one for one in sentences if one)

    def either(self, chinese: str, english: str) -> str:
        """Return the text of the language; the Chinese one where there is no English one."""
        return chinese if self.zh or not english else english

    def name_of(self, region: Any) -> str:
        """Return what a region (with items ``name`` and ``name_en``) is called."""
        return self.either(str(region["name"]), str(region["name_en"] or ""))

    def date(self, day: dt.date | None) -> str:
        """Return a date: 2025年11月1日, 1 Nov 2025; a dash for None."""
        return plain.date(day, self.language)

    def figure(self, figure: Figure) -> str:
        """Return a released figure with its ±: "1,360 ±12"; words where it is hidden."""
        if figure.count is None:
            return self.say("not shown")
        told = plain.number(figure.count)
        return told if figure.margin is None else f"{told} ±{plain.number(figure.margin)}"

    def share(self, figure: Figure, whole: Figure) -> str:
        """Return which share of a whole a figure is; words where too few people are meant."""
        if figure.is_lost or (figure.count is not None and whole.is_lost):
            return self.say("too few people for a share")
        share = figure.share_of(whole)
        return "" if math.isnan(share) else plain.percent(share, 0)

    def minutes(self, minutes: float) -> str:
        """
        Return a time, rounded up: who needs 15.2 minutes does not keep a limit of 15.

        From two hours on, hours and whole tens of minutes.
        """
        if math.isinf(minutes):
            return self.say("no way")
        whole = math.ceil(round(minutes, 4))
        if whole < 120:
            return self.say("{n} min", n=plain.number(whole))
        hours, rest = divmod(math.ceil(whole / 10) * 10, 60)
        if not rest:
            return self.say("{n} h", n=plain.number(hours))
        return self.say("{h} h {m} min", h=plain.number(hours), m=rest)

    def metres(self, metres: float) -> str:
        """Return a distance, rounded up: metres, or kilometres from one on."""
        if math.isinf(metres):
            return self.say("no way")
        if metres < 1000:
            return self.say("{n} m", n=plain.number(math.ceil(metres)))
        kilometres = math.ceil(round(metres / 100, 4)) / 10
        decimals = 0 if kilometres.is_integer() else 1
        return self.say("{n} km", n=plain.number(kilometres, decimals))

    def by(self, mode: str, minutes: float) -> str:
        """Return a time with its means: 步行12分钟, 12 min on foot."""
        means, time = self.say(MODE_TITLES[mode]), self.minutes(minutes)
        return f"{means}{time}" if self.zh else f"{time} {means}"

    def way(self, way: Way) -> str:
        """Return how long a way is, by which means, and by car where it is long on foot."""
        if math.isinf(way.minutes):
            return self.say("no way there")
        time, mode = self.minutes(way.minutes), self.say(MODE_TITLES[way.service.mode])
        told = f"{mode}{time}" if self.zh else f"{time}, {mode}"
        if math.isfinite(way.by_car):
            told += self.say("; {time} by car", time=self.minutes(way.by_car))
        return told

    def rule(self, rule: Rule) -> str:
        """
        Return what a standard asks and what was found: "at most 500 m, here 719 m".

        Of two limits of which the second is kept, what was found by the second is told.
        """
        standard = rule.standard
        if standard.rule == "metres":
            asked, found = self.metres(standard.limit), self.metres(rule.found)
            if standard.or_minutes is not None:
                either = self.minutes(standard.or_minutes)
                asked = self.say("{one} or {other}", one=asked, other=either)
        else:
            asked, found = self.minutes(standard.limit), self.minutes(rule.found)
        if math.isfinite(rule.instead):
            found = self.by(standard.or_mode or standard.mode, rule.instead)
        return self.say("at most {limit}, here {found}", limit=asked, found=found)

    def size(self, n_bytes: int) -> str:
        """Return a file's size in the unit that keeps it below a thousand: 812 B, 1.4 MB."""
        size, unit = float(n_bytes), 0
        while size >= 1000 and unit < len(_UNITS) - 1:
            size, unit = size / 1000, unit + 1
        return f"{plain.number(size, 0 if unit == 0 or size >= 100 else 1)} {_UNITS[unit]}"

    def kept(self, judged: int, kept: int) -> str:
        """Return in a sentence or two how many standards there are to keep, and are kept."""
        if not judged:
            return self.say("No standard of the list fits this village.")
        told = self.say("Standards that apply to this village: {n}.", n=judged)
        if kept == judged:
            return self.joined([told, self.say("All of them are kept.")])
        missed = self.say("Kept: {kept}. Not kept: {missed}.", kept=kept, missed=judged - kept)
        return self.joined([told, missed])


def inside(title: str) -> str:
    """Return a title as it stands inside a sentence: English ones begin small there."""
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == "-" else title


def telephones(text: str) -> str:
    """Return somebody's words as HTML in which a telephone number can be called with a touch."""
    parts, last = [], 0
    for found in _TELEPHONE.finditer(text):
        digits = re.sub(r"[^\d+]", "", found[0])
        parts += [escape(text[last : found.start()])]
        parts += [f'<a href="tel:{digits}">{escape(found[0])}</a>']
        last = found.end()
    return "".join([*parts, escape(text[last:])])


def reading_bar(words: Words, ways: str) -> str:
    """Return the bar that reads a page aloud (``web/lite_files/speak.js``), with ``ways`` on."""
    say = words.say
    told = "".join(
        f' data-{name}="{escape(say(text), quote=True)}"' for name, text in READING_TITLES.items()
    )
    return (
        f'<div class="op op-help" lang="{words.language}" data-speak="{words.language}"{told}>'
        f'<button type="button" value="start">{escape(say("Read aloud"))}</button>'
        f'<button type="button" value="stop">{escape(say("Stop reading"))}</button>'
        f'{ways}<span role="status"></span></div>'
    )


def call(words: Words) -> str:
    """Return the link that calls a person."""
    told = escape(words.say("Ask a person: call {number}", number=HOTLINE))
    return f'<a class="op-call" href="tel:{HOTLINE}">{told}</a>'
