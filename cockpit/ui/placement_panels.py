"""What stands around the map of the page Placement: tiles, the sentence, tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st

from cockpit.answers.siting_fairness import WIDEST, group_gap
from cockpit.answers.siting_figures import Balance, Figures, Totals
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.ui import cache, theme
from cockpit.ui.coverage_choices import MODE_PHRASE_TITLES
from cockpit.ui.coverage_parts import in_sentence, plain_number, table, words_table
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_shown import Shown, close_up, people_text, people_words
from cockpit.ui.way import plain
from cockpit.ui.words import (
    NO_FIGURE,
    language,
    number,
    percent,
    say,
    say_terms,
    signed,
)

CHANGE_TITLES = {"added": "{n} new", "closed": "{n} closed", "moved": "{n} moved"}
TODAY_TITLES = {
    "facility": "{unit}: today {covered} of {total} people ({group}) reach {service} within "
    "{n} minutes {mode}.",
    "people": "{unit}: today help from {service} reaches {covered} of {total} people ({group}) "
    "within {n} minutes {mode}.",
}
COVERED_TITLES = {  # by whether anybody is newly covered, and anybody no longer
    (False, False): "nobody more and nobody less is within {n} minutes {mode};",
    (True, False): "{newly} people more are within {n} minutes {mode};",
    (False, True): "{no_longer} people are no longer within {n} minutes {mode};",
    (True, True): "{newly} people more are within {n} minutes {mode}, {no_longer} no longer;",
}
WAY_TITLES = {  # by whether anybody wins, and anybody loses
    (False, False): "nobody's way changes.",
    (True, False): "{winners} have a shorter way, nobody a longer one.",
    (False, True): "{losers} have a longer way, nobody a shorter one.",
    (True, True): "{winners} have a shorter way, {losers} a longer one.",
}
GAP_TITLES = {
    "today": "Between the group covered best and the one covered least lie {now} points; least "
    "covered: {name} ({share}).",
    "plan": "Between the group covered best and the one covered least lie {now} points today and "
    "{then} with the plan; least covered then: {name} ({share}).",
    "widened": "This plan leaves a group behind: {name} ({share} covered). The gap between groups "
    "widens from {now} to {then} points, by more than {most}.",
}
_Term = tuple[str, dict[str, object]]


# ---------------------------------------------------------------- tiles


def tiles(found: Figures, standing: tuple[str, str, str]) -> None:
    """Show the headline figures; ``standing`` is value, unit and note of how good the plan is."""
    balance = found.balance
    group = say(MEASURES[found.q.group].title)
    limit = plain_number(found.q.minutes)
    cards = [
        _tile("share", say("Within {n} minutes", n=limit), _covered(found), "", _more(found)),
        _tile("mean", say("Mean minutes"), *_mean(found)),
        _tile("newly", say("Newly covered"), _count(balance.newly_covered), say("persons"),
              _quiet(group)),
        _tile("no_longer", say("No longer covered"), _count(balance.no_longer), say("persons"),
              _coloured(balance.no_longer, _part(balance.no_longer, found.now.people), good=False)),
        _tile("sites", say("Sites"), _arrow(number(found.n_now), number(found.n_then)), "",
              _quiet(_changes(found))),
        _tile("standing", say("Against the best"), *standing[:2], _quiet(standing[2])),
    ]  # fmt: skip
    # Two figures and an arrow need more room than one, where tiles stand in a row to be swiped.
    st.html(
        '<div class="ct-tiles" style="grid-auto-columns:15.5rem" tabindex="0" role="group">'
        f"{''.join(cards)}</div>"
    )


def _tile(name: str, title: str, value: str, unit: str, note: str) -> str:
    unit = "" if value == NO_FIGURE else unit
    return (
        f'<div class="ct-tile" data-figure="{name}" title="{escape(value)}">'
        f'<div class="ct-quiet ct-small">{escape(title)}</div>'
        f'<div class="ct-value">{escape(value)} <span class="ct-unit">{escape(unit)}</span></div>'
        f'<div class="ct-small">{note or "&nbsp;"}</div></div>'
    )


def _quiet(text: str) -> str:
    return f'<span class="ct-quiet">{escape(text)}</span>' if text else ""


def _coloured(change: float, text: str, *, good: bool) -> str:
    """Return a note in the colour of good or bad news; quiet where nothing changes."""
    if not change or math.isnan(change):
        return _quiet(text) if change else ""
    tokens = theme.now()
    return (
        f'<span style="color:{tokens.good if good else tokens.bad};font-weight:600">'
        f"{escape(text)}</span>"
    )


def _arrow(now: str, then: str) -> str:
    return now if now == then else f"{now} → {then}"


def _count(people: float) -> str:
    return NO_FIGURE if math.isnan(people) else number(people)


def _part(people: float, of_all: float) -> str:
    if not people > 0 or not of_all > 0:
        return ""
    return say("{share} of the group", share=percent(people / of_all, 1))


def ends(now: float, then: float) -> tuple[str, str, float]:
    """
    Return both ends of a change with as many digits as tell it, and the change as they show it.

    The change is that of the figures shown, so that the three never contradict each other.
    """
    decimals = 1 if not abs(then - now) < 0.1 else 2
    before, after = round(now, decimals), round(then, decimals)
    if before == after:
        return number(now, 1), number(now, 1), 0.0
    return number(now, decimals), number(then, decimals), round(after - before, decimals)


def _signed(change: float) -> str:
    return signed(change, 1 if round(change, 1) == change else 2)


def _share(found: Figures) -> tuple[str, str, float]:
    now, then, points = ends(found.now.share * 100, found.then.share * 100)
    return *(t if t == NO_FIGURE else f"{t}%" for t in (now, then)), points  # type: ignore[return-value]


def _covered(found: Figures) -> str:
    return _arrow(*_share(found)[:2])


def _more(found: Figures) -> str:
    if not found.layout:
        return _quiet(_persons(found.then.covered))
    points, more = _share(found)[2], found.then.covered - found.now.covered
    if math.isnan(points) or math.isnan(more):
        return _quiet(_persons(found.then.covered))
    if not points and not more:
        return _quiet(say("no change"))
    text = say("{points} points · {n} persons", points=_signed(points), n=signed(more))
    return _coloured(more, text, good=more > 0)


def _persons(people: float) -> str:
    return say("not shown") if math.isnan(people) else say("{n} persons", n=number(people))


def _mean(found: Figures) -> tuple[str, str, str]:
    now, then, change = ends(found.now.mean, found.then.mean)
    value = _arrow(now, then)
    if not found.layout or math.isnan(change):
        return value, say("minutes"), _quiet(say("to the nearest site"))
    if not change:
        return value, say("minutes"), _quiet(say("no change"))
    text = say("{n} minutes", n=_signed(change))
    return value, "", _coloured(change, text, good=change < 0)


def _changes(found: Figures) -> str:
    """Return how many sites open, close and move."""
    layout = found.layout
    parts = [
        say(title, n=number(len(getattr(layout, name))))
        for name, title in CHANGE_TITLES.items()
        if getattr(layout, name)
    ]
    between = "，" if language() == "zh" else ", "
    return between.join(parts) or say("as today")


# ---------------------------------------------------------------- the sentence


def sentence(twin: Twin, choice: Choice, found: Figures) -> str:
    """Return in words what the plan changes; without one, how things stand and what to do."""
    values = _values(twin, choice, found)
    if not found.n_now and not found.layout:
        return say(
            "There is no site of this kind yet: {service}. Click a cell to put the first one "
            "there.",
            **values,
        )
    if not found.layout:
        return close_up(
            say_terms(
                [
                    (TODAY_TITLES[SERVICES[choice.asked.service].towards], values),
                    ("Click a cell to put a site there, or take the next best move.", {}),
                ]
            )
        )
    return close_up(
        say_terms([("{unit}, with this plan ({changes}):", values), *_gains(found, values)])
    )


def marked(text: str) -> str:
    """Return the sentence as markup in which names are no markup."""
    return plain(text)


def _values(twin: Twin, choice: Choice, found: Figures) -> dict[str, object]:
    asked = choice.asked
    return {
        "unit": cache.names(twin.version, language())[twin.position(asked.unit)],
        "group": say(MEASURES[asked.group].title),
        "service": in_sentence(say(SERVICES[asked.service].title)),
        "mode": say(MODE_PHRASE_TITLES.get(asked.mode, asked.mode)),
        "n": plain_number(asked.minutes),
        "covered": people_words(found.now.covered),
        "total": people_words(found.now.people),
        "changes": _changes(found),
    }


def _gains(found: Figures, values: dict[str, object]) -> list[_Term]:
    """Return what a plan brings as sentences; whoever is nobody is left out of them."""
    balance = found.balance
    before, after, _ = ends(found.now.mean, found.then.mean)
    told = {
        **values,
        "newly": people_words(balance.newly_covered),
        "no_longer": people_words(balance.no_longer),
        "winners": people_words(balance.winners),
        "losers": people_words(balance.losers),
        "before": before,
        "after": after,
    }
    covered = COVERED_TITLES[balance.newly_covered != 0, balance.no_longer != 0]
    ways = WAY_TITLES[balance.winners != 0, balance.losers != 0]
    terms: list[_Term] = [(covered, told), (ways, told)]
    if before != after:
        terms.append(("The mean way goes from {before} to {after} minutes.", told))
    return terms


# ---------------------------------------------------------------- tables


def classes_table(shown: Shown) -> None:
    """Show the map's colours as a table."""
    name = say("Colour of the map")
    words_table(
        {
            name: [one.text for one in shown.classes],
            say("People"): [people_text(one.people) for one in shown.classes],
            say("Cells"): [number(one.cells) for one in shown.classes],
        },
        words=(name,),
    )


def townships(twin: Twin, found: Figures) -> None:
    """Show who wins and who loses in each township; the last row is the net change."""
    names = cache.names(twin.version, language())
    parts = sorted(found.townships, key=lambda p: _weight(p.balance), reverse=True)
    rows = [(names[part.row], part.now, part.then, part.balance) for part in parts]
    rows.append((say("All together"), found.now, found.then, found.balance))
    _parts(say("Township"), rows, say("Table of the townships: winners, losers, covered"))
    if not found.layout:
        st.caption(say("Nothing is changed yet: the table shows how things stand today."))
    elif any(math.isnan(p.balance.net_minutes) for p in found.townships):
        st.caption(say("Where too few people live to be shown, figures are left out."))


def _weight(balance: Balance) -> float:
    moved = balance.minutes_won + balance.minutes_lost
    return -1.0 if math.isnan(moved) else moved


def groups(found: Figures) -> None:
    """Show what the plan changes for each group of people, and whom it leaves behind."""
    _gap(found)
    rows = [(say(part.title), part.now, part.then, part.balance) for part in found.groups]
    _parts(say("Group"), rows, say("Table of the groups of people: winners, losers, covered"))
    st.caption(
        say("Uneven: 0 where everybody has the same way, 1 where one person has all the minutes "
            "(Gini). The groups overlap, so they do not add up.")
    )  # fmt: skip


def _gap(found: Figures) -> None:
    """Say how far groups are apart in coverage; flag a plan that leaves one behind."""
    gap = group_gap(found)
    least = gap.least_then if found.layout else gap.least_now
    if least is None or (found.layout and math.isnan(gap.now)):
        return
    share = least.then.share if found.layout else least.now.share
    told = {
        "now": number(gap.now * 100, 1),
        "then": number(gap.then * 100, 1),
        "name": in_sentence(say(least.title)),
        "share": percent(share, 1),
        "most": number(WIDEST * 100),
    }
    if not found.layout:
        st.markdown(say(GAP_TITLES["today"], **told))
    elif gap.widened:
        st.warning(say(GAP_TITLES["widened"], **told), icon=":material/warning:")
    else:
        st.markdown(say(GAP_TITLES["plan"], **told))


def _parts(title: str, rows: Sequence[tuple[str, Totals, Totals, Balance]], alt: str) -> None:
    columns: dict[str, list[str]] = {
        title: [name for name, *_ in rows],
        say("People"): [people_text(now.people) for _, now, _, _ in rows],
        say("Covered"): [
            _arrow(percent(now.share, 1), percent(then.share, 1)) for _, now, then, _ in rows
        ],
        say("Newly covered"): [people_text(b.newly_covered) for *_, b in rows],
        say("No longer covered"): [people_text(b.no_longer) for *_, b in rows],
        say("Shorter for"): [people_text(b.winners) for *_, b in rows],
        say("Longer for"): [people_text(b.losers) for *_, b in rows],
        say("Person-minutes, net"): [_net(b) for *_, b in rows],
        say("Mean minutes"): [
            _arrow(number(now.mean, 1), number(then.mean, 1)) for _, now, then, _ in rows
        ],
        say("Uneven (Gini)"): [
            _arrow(number(now.gini, 3), number(then.gini, 3)) for _, now, then, _ in rows
        ],
    }
    table(columns, words=(title,), alt=alt, most_rows=24)


def _net(balance: Balance) -> str:
    net = balance.net_minutes
    return say("not shown") if math.isnan(net) else signed(round(net, 6))
