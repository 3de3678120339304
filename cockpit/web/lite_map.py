"""The simple page with the map: a drawing with a link a region, and a table that says the same."""

from __future__ import annotations

from html import escape

from cockpit.answers import lite, open_county
from cockpit.answers.lite import Choice, Seen
from cockpit.answers.lite_words import LEVEL_TITLES
from cockpit.memo.words import number
from cockpit.web.lite_page import Page, panel, pick, said, table


def county_map(page: Page, there: Seen) -> tuple[str, str]:
    """Return the map with its choices: title and page."""
    asked = page.asked
    choice = lite.choice(there, *(asked.get(key, "") for key in ("figures", "who", "level", "in")))
    title = page.say("Map")
    if choice is None:
        return title, _unreleased(page)
    return title, _choices(page, there, choice) + panel(
        escape(_place(page, there, choice)), _shown(page, there, choice)
    )


def first(page: Page, there: Seen) -> str:
    """Return the map that the first page shows, with the way to the others."""
    choice = lite.choice(there)
    if choice is None:
        return _unreleased(page)
    others = f'<p><a href="{page.link("/lite/map")}">{page.say("Other figures on the map")}</a></p>'
    return panel(page.say("On the map"), _shown(page, there, choice) + others)


def _unreleased(page: Page) -> str:
    told = page.say("Nothing has been released that a map could show.")
    return panel(page.say("On the map"), said(page, told))


def _choices(page: Page, there: Seen, choice: Choice) -> str:
    words = page.words
    releases = {r.id: words.either(r.title, r.title_en) for r in lite.usable(there)}
    classes = open_county.map_classes(choice.release)
    if len(choice.release.classes) == 1:  # the class and the sum are the same
        classes = dict(list(classes.items())[-1:])
    titles = {id_: words.say(title) for id_, title in classes.items()}
    there_are = open_county.map_levels(choice.release, there.places.levels)
    levels = {level: words.say(LEVEL_TITLES[level]) for level in there_are}
    # Another release has other classes: what was chosen of this one would be none of that.
    plain = Page(page.words, page.elder, page.path, {
        k: v for k, v in page.asked.items() if k != "who"
    })  # fmt: skip
    html = pick(plain, page.say("Figures"), releases, choice.release.id, "figures")
    html += pick(page, page.say("Who"), titles, choice.class_id, "who")
    if choice.inside is None:
        html += pick(page, page.say("For each"), levels, choice.level, "level")
    else:
        up = page.again(**{"in": "", "level": ""})
        html += f'<div class="ways"><a href="{up}">{page.say("← Whole county")}</a></div>'
    return html


def _place(page: Page, there: Seen, choice: Choice) -> str:
    if choice.inside is None:
        return page.county
    return page.words.name_of(there.places.regions.iloc[choice.inside])


def _shown(page: Page, there: Seen, choice: Choice) -> str:
    told = sentence(page, there, choice)
    svg = lite.drawing(
        there, choice,
        name_of=page.words.either,
        told=lambda k: page.words.figure(lite.figure_of(choice, k)),
        link=lambda code: _down(page, choice, code),
        label=told,
        letters=lite.LARGE_LETTERS if page.elder else lite.LETTERS,
    )  # fmt: skip
    release = choice.release
    source = page.say(
        "Source: {titles}.", titles=page.words.either(release.title, release.title_en)
    )
    day = page.say("as of {date}", date=page.words.date(release.as_of))
    return (
        f"<p>{escape(told)}</p>{svg}{_legend(page, choice)}"
        f'<p class="op-quiet">{source}</p><p class="op-quiet">{day}</p>{_table(page, choice)}'
    )


def _down(page: Page, choice: Choice, code: str) -> str:
    """Return where a region leads: a township to its villages, a village to its own page."""
    if choice.level == "village":
        return _raw(page.link("/lite/village", village=code))
    levels = choice.release.levels
    if "village" not in levels:
        return _raw(page.link("/lite/map", figures=choice.release.id, who=choice.class_id))
    asked = {"figures": choice.release.id, "who": choice.class_id, "in": code}
    return _raw(page.link("/lite/map", **asked))


def _raw(address: str) -> str:
    """Return an address that whoever puts it into HTML escapes himself."""
    return address.replace("&amp;", "&")


def sentence(page: Page, there: Seen, choice: Choice) -> str:
    """Return what the map shows in words, as plain text."""
    words, shown = page.words, choice.shown
    title = words.say(shown.class_title)
    if choice.inside is None:
        figure = words.figure(shown.county)
        parts = [words.say("{title}: {figure} in the whole county.", title=title, figure=figure)]
    else:
        name = _place(page, there, choice)
        parts = [words.say("{title} in {place}, village by village.", title=title, place=name)]
    known = [k for k in choice.rows if lite.figure_of(choice, k).count is not None]
    if len(known) > 1:
        most, least = known[0], known[-1]
        parts.append(
            words.say(
                "Most are in {most} ({n_most}), fewest in {least} ({n_least}).",
                most=words.either(*shown.names[most]),
                n_most=words.figure(lite.figure_of(choice, most)),
                least=words.either(*shown.names[least]),
                n_least=words.figure(lite.figure_of(choice, least)),
            )
        )
    if hidden := len(choice.rows) - len(known):
        parts.append(words.say("{n} are not shown.", n=number(hidden)))
    return words.joined(parts)


def _legend(page: Page, choice: Choice) -> str:
    rows = lite.legend(choice)
    items = "".join(
        f'<span><i style="background:{colour}"></i>'
        f"{number(low) if low == high else f'{number(low)} – {number(high)}'} ({n})</span>"
        for colour, low, high, n in rows
    )
    title = f"{page.say(choice.shown.class_title)} ({page.say(choice.release.unit)})"
    note = page.say("In brackets: number of regions.")
    return f'<div class="op-legend"><b>{title}</b>{items}<span class="op-quiet">{note}</span></div>'


def _table(page: Page, choice: Choice) -> str:
    names = choice.shown.names
    rows = [
        (
            f'<a href="{escape(_down(page, choice, choice.shown.codes[k]))}">'
            f"{escape(page.words.either(*names[k]))}</a>",
            escape(page.words.figure(lite.figure_of(choice, k))),
        )
        for k in choice.rows
    ]
    head = (page.say(LEVEL_TITLES[choice.level]), page.say(choice.shown.class_title))
    return table(page, head, rows, caption=page.say("From the most to the fewest"), numbers=(1,))
