"""Save the map as a picture: format and ground to choose, and the links."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from cockpit.answers.layers import stamp
from cockpit.answers.map import MapAnswer
from cockpit.answers.twin import Twin
from cockpit.picture import FORMATS
from cockpit.ui import state, theme
from cockpit.ui.map_choices import Choice
from cockpit.ui.words import language, say

FORM_TITLES = {"slide": "Slide 16:9", "a4": "Sheet A4"}
THEME_TITLES = {"light": "Light ground", "dark": "Dark ground"}


def save(twin: Twin, answer: MapAnswer, choice: Choice) -> None:
    """Show the button that opens the choice of pictures of the map as it stands."""
    with st.popover(say("Save picture"), icon=":material/image:", width="content"):
        form = st.segmented_control(
            say("For"),
            list(FORMATS),
            format_func=lambda k: say(FORM_TITLES[k]),
            required=True,
            **state.remembered("map.form", "slide", allowed=list(FORMATS)),
        )
        ground = st.segmented_control(
            say("Ground"),
            list(THEME_TITLES),
            format_func=lambda k: say(THEME_TITLES[k]),
            required=True,
            **state.remembered("map.ground", theme.now().name, allowed=list(THEME_TITLES)),
        )
        links = " · ".join(
            f'<a href="{escape(address(twin, answer, choice, str(form), str(ground), kind))}" '
            f"download>{kind.upper()}</a>"
            for kind in ("png", "svg", "pdf")
        )
        st.html(f'<div class="ct-files">{links}</div>')
        st.caption(
            say(
                "The map as it stands, with title, legend, scale and source. "
                "Columns and relief stay here."
            )
        )


def address(
    twin: Twin, answer: MapAnswer, choice: Choice, form: str, ground: str, ending: str
) -> str:
    """Return the address of the map's picture: all that the page's choice says of it."""
    query = {
        "lang": language(),
        "form": form,
        "theme": ground,
        "classes": choice.scheme,
        "n": choice.n_classes,
        "limits": " ".join(f"{limit:g}" for limit in choice.manual),
        "ramp": choice.ramp,
        "few": choice.few,
        "layer": choice.layers,
        "pick": choice.picked,
    }
    asked = urlencode({k: v for k, v in query.items() if v not in ("", ())}, doseq=True)
    parts = (stamp(twin.version), "picture", answer.level, choice.code)
    return f"/download/{'/'.join(parts)}/{answer.indicator.id}.{ending}?{asked}"
