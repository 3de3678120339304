"""Figures and reasons of the overview in the language of whoever reads."""

from __future__ import annotations

import datetime as dt
import math

from cockpit.answers.overview_parts import Change, Gap, Headline, Reason
from cockpit.locale import translate
from cockpit.memo.words import date as day_in
from cockpit.memo.words import inside, number, signed
from cockpit.overview.lights import LIGHT_WORDS

NO_FIGURE = "—"
PERIOD_TITLES = {"day": "Yesterday", "week": "Last week", "year": "Same time last year"}
_AGAINST = {
    "day": "vs the day before",
    "week": "vs the 7 days before",
    "year": "vs the same 7 days last year",
}
_AGAINST_STANDING = {
    "day": "vs a day earlier",
    "week": "vs a week earlier",
    "year": "vs 52 weeks earlier",
}


def shown(headline: Headline, language: str) -> str:
    """Return a headline's value with its unit: 56.8%, 1,360 人, 48.0 万人; a dash for none."""
    value, unit = parts_of(headline, language)
    if value == NO_FIGURE or not unit:
        return value
    close = unit == "%" or (language == "zh" and value[-1:] in "万亿")
    return f"{value}{unit}" if close else f"{value} {unit}"


def parts_of(headline: Headline, language: str) -> tuple[str, str]:
    """Return a headline's value and its unit, each ready to be shown."""
    unit = headline.unit if headline.unit == "%" else translate(headline.unit, language)
    return figure(headline.value, headline.decimals, language), unit


def figure(value: float | None, decimals: int, language: str) -> str:
    """Return a figure grouped; from 100,000 on in 万 and from 100 million on in 亿 in Chinese."""
    if value is None or not math.isfinite(value):
        return NO_FIGURE
    if language == "zh" and abs(value) >= 1e8:
        return f"{number(value / 1e8, 2)} 亿"
    if language == "zh" and abs(value) >= 1e5:
        return f"{number(value / 1e4, 1)} 万"
    return number(value, decimals)


def sentence_of(reason: Reason, language: str) -> str:
    """Return why a village needs attention as a sentence."""
    return filled((reason.template, reason.values), language)


def note_of(headline: Headline, language: str) -> str:
    """Return what more there is to say of a headline's value; "" for nothing."""
    return filled(headline.note, language) if headline.note[0] else ""


def filled(told: Gap, language: str) -> str:
    """Return a template and its values as a sentence: msgids, dates and figures as read there."""
    template, values = told
    return translate(template, language, **{k: _said(v, language) for k, v in values.items()})


def _said(value: object, language: str) -> object:
    if type(value) is str:  # a ``Named`` chooses its form itself
        return translate(value, language)
    if isinstance(value, tuple):
        return ("、" if language == "zh" else ", ").join(translate(v, language) for v in value)
    if isinstance(value, dt.date):
        return day_in(value, language)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return number(value, 0 if isinstance(value, int) else 1)


def change_of(headline: Headline, period: str, language: str) -> str:
    """Return a change with what it is against: "+12 vs the 7 days before"."""
    change = headline.change(period)
    if change is None:
        return translate("not followed by days", language)
    if change.difference is None:
        return no_data(headline, language)
    against = (_AGAINST if headline.counted else _AGAINST_STANDING)[period]
    return f"{difference(headline, change)} {translate(against, language)}"


def difference(headline: Headline, change: Change) -> str:
    """Return the difference of a change with its sign; a dash where there is none."""
    found = change.difference
    if found is None:
        return NO_FIGURE
    return signed(found, headline.decimals) if found else "±0"


def no_data(headline: Headline, language: str) -> str:
    """Return the sentence that there is nothing to compare with."""
    return translate("no data before {date}", language, date=day_in(headline.first, language))


def gap_of(gap: Gap, language: str) -> str:
    """Return what cannot be said and why."""
    return filled(gap, language)


def mood_of(change: Change | None) -> str:
    """Return "better", "worse" or "same" for the look of a change."""
    if change is None or change.good is None:
        return "same"
    return "better" if change.good else "worse"


def light_of(headline: Headline, language: str) -> str:
    """Return the word beside a light."""
    return translate(LIGHT_WORDS[headline.light], language)


def target_of(headline: Headline, language: str) -> str:
    """Return the target with who has set it; "" without one."""
    if headline.target is None:
        return ""
    unit = "%" if headline.unit == "%" else ""
    decimals = 0 if headline.target == round(headline.target) else 1
    bound = "≥" if headline.target_higher else "≤"
    return translate(
        "target {bound} {value} ({source})", language, bound=bound,
        value=f"{number(headline.target, decimals)}{unit}",
        source=inside(translate(headline.target_words, language)),
    )  # fmt: skip


def as_of(headline: Headline, language: str) -> str:
    """Return the day or moment of a headline; a dash for none."""
    found = headline.as_of
    if isinstance(found, dt.datetime):
        return f"{day_in(found.date(), language)} {found:%H:%M}"
    return day_in(found, language)
