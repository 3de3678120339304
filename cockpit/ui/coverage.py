"""The page Coverage put together: what stands where, and what it says when there is nothing."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import streamlit as st

from cockpit.answers.coverage import Summary
from cockpit.answers.layers import stamp
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.ui import (
    cache,
    coverage_cache,
    coverage_choices,
    coverage_health,
    coverage_maps,
    coverage_panels,
    coverage_shown,
    coverage_tabs,
    way,
)
from cockpit.ui.coverage_choices import Choice
from cockpit.ui.coverage_parts import notes
from cockpit.ui.words import language, say

TABLE_TITLES = {"village": "Villages", "cell": "Cells"}


def ready(twin: Twin | None) -> bool:
    """Tell whether there is something to ask; say what to do when there is not."""
    if twin is None:
        st.info(say("No county has been loaded yet."))
        return False
    reach = coverage_cache.reach()
    if reach is None or not len(reach.rows):
        st.info(say("The county has no cells yet. Load regions, then reload this page."))
        return False
    return True


def missing(choice: Choice, found: Summary) -> None:
    """Say what is missing and what to do; without a facility there is nothing else to show."""
    service = say(SERVICES[choice.asked.service].title)
    if not found.n_facilities:
        st.warning(
            say(
                "No facility of this kind is stored: {service}. Load a table of facilities, or "
                "choose another service.",
                service=service,
            )
        )
        coverage_panels.styles()
        coverage_panels.light(coverage_health.of_service(choice))
        st.stop()
    if found.total == 0:
        st.warning(
            say("Nobody of this group is counted here. Choose another group or another unit.")
        )


def top(twin: Twin, choice: Choice, found: Summary) -> str:
    """Show tiles and the sentence; return the sentence."""
    coverage_panels.styles()
    coverage_panels.tiles(choice, found)
    sentence = coverage_panels.sentence(twin, choice, found)
    st.markdown(way.plain(sentence))
    return sentence


def picture(twin: Twin, choice: Choice, found: Summary, sentence: str) -> None:
    """Show the map with its legend."""
    cuts, lowest = coverage_shown.score_cuts(choice)
    several = coverage_shown.classes(choice, found, cuts, lowest)
    cell = coverage_cache.cell(choice.asked, choice.cell) if choice.cell else None
    with st.container(key="ct-map"):
        coverage_maps.show(
            coverage_maps.Scene(
                twin,
                choice.asked,
                cache.box(twin.version, choice.asked.unit),
                choice.colour,
                method=choice.method,
                cuts=cuts,
                extras=choice.layers,
                cell=choice.cell,
                village=choice.village,
                facility=choice.facility,
                rings=choice.rings,
                way=cell.way if cell else (),
                n_facilities=found.n_facilities,
                clicks=coverage_choices.clicks(),
                cut=choice.colour == "score" or any(c.hatched and c.cells for c in several),
            ),
            key="coverage.deck",
            on_pick=coverage_choices.picked,
            alt=f"{sentence} {coverage_shown.sentence(choice, found, several)}",
        )
        coverage_panels.legend(choice, several)


def beside(twin: Twin, choice: Choice, found: Summary) -> None:
    """Show the standards' lights, the map's figures as a table, what was clicked, facilities."""
    coverage_panels.light(coverage_health.of_service(choice))
    several = coverage_shown.classes(choice, found, *coverage_shown.score_cuts(choice))
    st.markdown(way.plain(coverage_shown.sentence(choice, found, several)))
    if choice.colour == "catchments":  # one row an area, instead of a class
        if found.n_facilities:
            coverage_tabs.catchments(choice, found)
    else:
        coverage_shown.table(choice, found, several)
    cell = coverage_cache.cell(choice.asked, choice.cell) if choice.cell else None
    coverage_panels.card(twin, choice, cell)
    coverage_panels.rings(choice)
    if found.n_facilities and choice.colour != "catchments":
        coverage_tabs.facilities(choice)
    files(twin, choice)


def files(twin: Twin, choice: Choice) -> None:
    """Show the files to take away: villages and cells as tables, areas as GeoJSON."""
    asked = choice.asked
    version = stamp(twin.version)
    limit = f"{asked.minutes:g}"
    question = (asked.service, asked.mode, limit, asked.group, asked.decay, asked.unit)
    tables = "/".join((f"/download/{version}/coverage", *question))
    areas = f"/download/{version}/catchments/{asked.service}/{asked.mode}/{asked.unit}.geojson"
    links = [
        _link(f"{tables}/{level}.{ending}", f"{say(title)} {ending.upper()}")
        for level, title in TABLE_TITLES.items()
        for ending in ("csv", "xlsx")
    ]
    links.append(_link(areas, f"{say('Catchments')} GeoJSON"))
    if choice.facility and choice.rings:
        minutes = "-".join(f"{m:g}" for m in choice.rings)
        place = quote(choice.facility, safe="")
        address = f"/download/{version}/isochrone/{place}/{asked.mode}/{minutes}.geojson"
        links.append(_link(address, f"{say('Isochrones')} GeoJSON"))
    st.html(f'<div class="ct-small ct-files">{escape(say("Take away:"))} {" · ".join(links)}</div>')


def _link(address: str, text: str) -> str:
    return f'<a href="{address}?lang={language()}" download>{escape(text)}</a>'


def remarks(found: Summary) -> None:
    """Show what was assumed, in plain words."""
    notes(found.notes)
