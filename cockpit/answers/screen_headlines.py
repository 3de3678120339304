"""Headlines of the overview on the screen: page, briefing and wall say the same figures."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.answers import overview as answers
from cockpit.answers import overview_services
from cockpit.answers.overview_parts import Change, Headline, Overview
from cockpit.answers.overview_words import parts_of
from cockpit.answers.screen_panels import figures
from cockpit.answers.screen_view import Json, View, known, problem
from cockpit.answers.twin import Twin

PEOPLE = ("residents", "aged")
EVENTS = ("events", "events_open", "events_late", "appeals")
SERVICES = ("care", "school", "ambulance", "fire")


PATIENCE_S = 6.0
"""How long a scene waits for the check of the services, which is made once for a version."""


def of(view: View, code: str = "") -> Overview | None:
    """Return the overview of the county, or of one of its regions; the public has none."""
    return None if view.public else answers.overview(view.data_class, code)


def services(view: View, county: Twin, code: str, title: str) -> Json:
    """Return the services as the overview has them: its figures, its names and its targets."""
    if not view.public:
        unit = county.position(code) if code else 0
        overview_services.asked(county.version, view.data_class, unit, patience_s=PATIENCE_S)
    return panel(view, SERVICES, title, code)


def tiles(view: View, ids: Sequence[str], code: str = "") -> list[Json]:
    """Return headlines of the overview as tiles, in the order of their ids; those there are."""
    found = of(view, code)
    lines = {} if found is None else {line.id: line for line in found.headlines}
    return [_tile(view, lines[name]) for name in ids if name in lines]


def panel(view: View, ids: Sequence[str], title: str, code: str = "") -> Json:
    """Return headlines as a panel; what cannot be told says why."""
    shown = tiles(view, ids, code)
    if shown:
        return figures(title, shown)
    found = of(view, code)
    told = [answers.gap_of(gap, view.language) for gap in found.gaps] if found else []
    return problem(title, " ".join(told[:2]) or view.say("No figures yet."))


def _tile(view: View, line: Headline) -> Json:
    text, unit = parts_of(line, view.language)
    week = line.change("week") or line.change("year")
    told = week is not None and week.difference is not None
    return {
        "id": line.id, "label": view.say(line.title), "value": known(line.value),
        "decimals": line.decimals, "text": f"{text}%" if unit == "%" else text,
        "unit": "" if unit == "%" else unit, "target": answers.target_of(line, view.language),
        "change": _change(view, line, week) if told and week is not None else "",
        "mood": answers.mood_of(week), "light": line.light,
    }  # fmt: skip


def _change(view: View, line: Headline, week: Change) -> str:
    """Return a change as the overview tells it; none at all is 较前7日持平."""
    told = answers.change_of(line, week.period, view.language)
    if week.difference:
        return told
    against = told.removeprefix("±0").strip()
    return view.say("{against}: no change", against=against)


def villages(view: View, title: str) -> Json:
    """Return the villages that need attention, and the gravest reason of each."""
    found = of(view)
    told = title or view.say("Villages that need attention")
    if found is None:
        return problem(told, view.say("No figures yet."))
    return {
        "type": "list", "title": told, "empty": view.say("No village stands out."),
        "rows": [
            {
                "text": f"{_name(view, one.name, one.name_en)} · "
                f"{_name(view, one.township, one.township_en)}",
                "note": answers.sentence_of(one.reasons[0], view.language) if one.reasons else "",
                "figure": "", "unit": "", "light": "watch", "alert": 0, "code": one.code,
            }
            for one in found.villages
        ],
    }  # fmt: skip


def _name(view: View, name: str, english: str) -> str:
    return english if view.language == "en" and english else name
