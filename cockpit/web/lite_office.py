"""The simple page of the office: Overview's figures, villages to look at, open alerts."""

from __future__ import annotations

from html import escape

from cockpit.access import audit
from cockpit.access.classes import TITLES
from cockpit.access.rules import may_open
from cockpit.access.visitor import Visitor
from cockpit.answers import overview as answers
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_tables import level_word, place_of, title_of
from cockpit.answers.current import current_twin
from cockpit.answers.overview_parts import Attention, Headline, Overview
from cockpit.look.tokens import LIGHT
from cockpit.memo.words import number
from cockpit.web.errors import RefusedError
from cockpit.web.lite_page import Page, panel, said, table

_PAGE = "overview"
_LIGHTS = {
    "good": LIGHT.good,
    "watch": LIGHT.watch,
    "bad": LIGHT.bad,
    "none": LIGHT.line,
}
_MOST_ALERTS = 50


def require(who: Visitor) -> None:
    """
    Refuse whoever may not open Overview.

    Raises
    ------
    RefusedError
        If the role, or the lack of one, does not reach it.
    """
    if not may_open(who, _PAGE):
        raise RefusedError("Your account is not allowed to see this.")


def trace(who: Visitor) -> None:
    """Write down who looked at the figures: once an hour, before they are shown."""
    audit.read_once(who, "lite office", data_class=who.data_class, detail={"path": "/lite/office"})


def office(page: Page, who: Visitor) -> tuple[str, str]:
    """Return what the visitor may see of Overview: title and page."""
    title = page.say("For the office")
    found = answers.overview(who.data_class, who.territory)
    if found is None:
        return title, panel(title, said(page, page.say("No county has been loaded yet.")))
    day = page.words.date(found.as_of)
    told = said(
        page,
        page.say("As of {date}.", date=f"{day} {found.as_of:%H:%M}"),
        page.say("Data class: {name}.", name=page.words.say(TITLES[found.data_class])),
        quiet=True,
    )
    parts = [told, _headlines(page, found), _villages(page, found), _alerts(page, found)]
    if found.gaps:
        gaps = "".join(f"<li>{_gap(page, *gap)}</li>" for gap in found.gaps)
        parts.append(panel(page.say("What cannot be told here"), f"<ul>{gaps}</ul>"))
    return title, "".join(parts)


def _gap(page: Page, template: str, values: object) -> str:
    found = dict(values) if isinstance(values, dict) else {}
    names = found.get("names")
    if isinstance(names, list | tuple):  # titles of services
        found["names"] = ("、" if page.words.zh else ", ").join(
            page.words.say(str(n)) for n in names
        )
    return page.say(template, **found)


def _headlines(page: Page, found: Overview) -> str:
    rows = [
        (
            page.say(one.title),
            escape(answers.shown(one, page.words.language)),
            _light(page, one),
            escape(answers.change_of(one, "week", page.words.language)) if one.changes else "",
        )
        for one in found.headlines
    ]
    head = [page.say(one) for one in ("Measure", "Value", "Target", "Change")]
    title = page.say("Figures as of now")
    if not rows:
        return panel(title, said(page, page.say("There are no figures that you may see.")))
    return panel(title, table(page, head, rows, caption=title, numbers=(1,), under_heading=True))


def _light(page: Page, one: Headline) -> str:
    if one.target is None:
        return ""
    language = page.words.language
    dot = f'<span class="light" style="background:{_LIGHTS[one.light]}" aria-hidden="true"></span>'
    word, target = answers.light_of(one, language), answers.target_of(one, language)
    return f'{dot}{escape(word)}<br><span class="op-quiet">{escape(target)}</span>'


def _villages(page: Page, found: Overview) -> str:
    title = page.say("Villages to look at first")
    if not found.villages:
        return panel(title, said(page, page.say("No village stands out now.")))
    return panel(title, "".join(_village(page, one) for one in found.villages))


def _village(page: Page, one: Attention) -> str:
    words = page.words
    town = words.either(one.township, one.township_en)
    name = words.either(one.name, one.name_en)
    called = (f"{name}（{town}）" if words.zh else f"{name} ({town})") if town else name
    reasons = "".join(
        f"<li>{escape(answers.sentence_of(reason, words.language))}</li>" for reason in one.reasons
    )
    return f"<h3>{escape(called)}</h3><ul>{reasons}</ul>"


def _alerts(page: Page, found: Overview) -> str:
    title = page.say("Open alerts ({n})", n=number(len(found.alerts)))
    if not found.alerts:
        return panel(title, said(page, page.say("No alert is open now.")))
    rows = [_alert(page, one) for one in found.alerts[:_MOST_ALERTS]]
    head = [page.say(one) for one in ("Alert", "Level", "Place", "Since")]
    html = table(page, head, rows, caption=page.say("The gravest first"))
    left = len(found.alerts) - len(rows)
    if left > 0:
        html += said(page, page.say("{n} more stand on the page Early warning.", n=number(left)))
    return panel(title, html)


def _alert(page: Page, one: Story) -> tuple[str, str, str, str]:
    language = page.words.language
    since = f"{page.words.date(one.opened)} {one.opened:%H:%M}"
    return (
        escape(title_of(one, language)),
        escape(level_word(one.level, language)),
        escape(place_of(one, current_twin(), language)) or "—",
        escape(since),
    )
