"""What page and picture of a map say alike: limits of classes, what lines mean, the sentence."""

from __future__ import annotations

import math

from cockpit.answers import map as maps
from cockpit.answers.map import MapAnswer
from cockpit.answers.twin import Twin
from cockpit.indicators import MEASURES
from cockpit.locale import translate
from cockpit.memo.words import NO_FIGURE, date, number

PARTS = {"township": "townships", "village": "villages", "grid": "grids", "county": "counties"}


def limits(answer: MapAnswer) -> list[str]:
    """Return each class's limits as the legend prints them: "12 – 40"."""
    breaks, decimals = answer.breaks, answer.indicator.decimals
    texts = []
    for k, upper in enumerate(breaks.uppers):
        lower = breaks.lowest if k == 0 else breaks.uppers[k - 1]
        if k > 0 and decimals == 0 and answer.indicator.additive and not breaks.diverging:
            lower = min(math.floor(lower) + 1, upper)
        low, high = number(lower, decimals), number(upper, decimals)
        texts.append(high if low == high else f"{low} – {high}")
    return texts


def case_unit(answer: MapAnswer) -> str:
    """Return the unit of what the figures rest on (msgid); "" for a plain count."""
    measures = maps.case_measures(answer.indicator)
    return MEASURES[measures[0]].unit if measures else ""


def few_words(answer: MapAnswer, few: int, language: str) -> str:
    """Return what lines across a colour say: "under 30 persons"."""
    unit = translate(case_unit(answer), language)
    return translate("under {n} {unit}", language, n=few, unit=unit)


def named(twin: Twin, row: int, language: str) -> str:
    """Return a region's name in a language; without an English one the name as it is."""
    region = twin.regions.iloc[row]
    english = str(region["name_en"] or "") if language == "en" else ""
    return english or str(region["name"])


def sentence(twin: Twin, answer: MapAnswer, few: int, language: str) -> str:
    """Return what the map shows in words: the unit's figure, the most, the least, the unsure."""
    indicator, breaks = answer.indicator, answer.breaks

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    def figure(value: float) -> str:
        text = number(value, indicator.decimals)
        if text == NO_FIGURE:
            return text
        return f"{text}%" if indicator.unit == "%" else f"{text} {say(indicator.unit)}"

    parts = [
        say(
            "{unit}, {date}: {title} {value}.",
            unit=named(twin, answer.unit, language),
            date=date(twin.date, language),
            title=say(indicator.title),
            value=figure(answer.total),
        )
    ]
    if breaks.n > 1 and answer.best is not None and answer.least is not None:
        high, low = answer.order[0], answer.order[breaks.n - 1]
        parts.append(
            say(
                "Of {n} {parts}, {best} has the highest figure ({most}) "
                "and {last} the lowest ({least}).",
                n=number(breaks.n),
                parts=say(PARTS[answer.level]),
                best=named(twin, answer.best, language),
                most=figure(float(answer.values[high])),
                last=named(twin, answer.least, language),
                least=figure(float(answer.values[low])),
            )
        )
    hidden, n_few = int(answer.masked.sum()), int(answer.few(few).sum())
    if hidden:
        parts.append(say("{n} have a small count that is not shown.", n=number(hidden)))
    if breaks.n_missing - hidden:
        parts.append(say("{n} have no data.", n=number(breaks.n_missing - hidden)))
    if n_few:
        parts.append(
            say(
                "{n} rest on fewer than {few} {unit} and say little.",
                n=number(n_few), few=few, unit=say(case_unit(answer)),
            )
        )  # fmt: skip
    return ("" if language == "zh" else " ").join(parts)
