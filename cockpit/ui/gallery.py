"""The component gallery: what pages are made of, in both themes side by side, for developers."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from cockpit.locale import LANGUAGES
from cockpit.look.tokens import DARK, LIGHT, Tokens
from cockpit.ui import faults, gallery_parts, state
from cockpit.ui.words import LANGUAGE_NAMES, language, say
from geodata.errors import InputError

THEMES = (LIGHT, DARK)


def show() -> None:
    """Show the title, the choice of a language for the parts, and every part in both themes."""
    st.title(say("Component gallery"))
    st.caption(
        say(
            "For whoever builds pages: the parts as pages draw them, from the same functions. "
            "The figures are examples."
        )
    )
    words = st.segmented_control(
        say("Language of the parts"),
        LANGUAGES,
        format_func=lambda code: LANGUAGE_NAMES[code],
        required=True,
        **state.remembered("gallery.language", language(), allowed=LANGUAGES, address="parts"),
    )
    _both(say("Colours of the theme"), lambda t: gallery_parts.colours(t, words))
    _both(say("Sizes of type"), lambda _: gallery_parts.sizes(words))
    _both(say("Tiles"), lambda _: gallery_parts.tiles(words))
    _both(say("Card and table"), lambda _: gallery_parts.card(words))
    _both(say("Legend of a map"), lambda t: gallery_parts.legend(t, words))
    _both(say("Levels of an alert"), lambda _: gallery_parts.alerts(words))
    _charts(words)
    _both(say("Palettes of the map"), lambda t: gallery_parts.palettes(t, words))
    _widgets()


def _both(title: str, part: Callable[[Tokens], str]) -> None:
    st.header(title)
    for column, tokens in zip(st.columns(2), THEMES, strict=True):
        with column:
            st.html(gallery_parts.frame(tokens, part(tokens)))


def _charts(words: str) -> None:
    st.header(say("Chart"))
    for column, tokens in zip(st.columns(2), THEMES, strict=True):
        with column:
            st.plotly_chart(
                gallery_parts.figure(tokens, words),
                theme=None,
                config={"displayModeBar": False},
                key=f"gallery-chart-{tokens.name}",
            )


def _widgets() -> None:
    """Show what Streamlit draws itself; it has one theme at a time, the visitor's."""
    st.header(say("Controls and messages"))
    st.caption(say("In the theme that you see now; change it in the menu at the top right."))
    with st.container(horizontal=True):
        st.button(say("Main action"), type="primary", key="gallery-main")
        st.button(say("Other action"), key="gallery-other")
        st.button(say("Not possible now"), disabled=True, key="gallery-off")
    st.text_input(
        say("Field"), placeholder=say("Word in the title or the text"), key="gallery-text"
    )
    st.selectbox(
        say("Choice"), (say("First"), say("Second")), index=None,
        placeholder=say("Choose one"), key="gallery-choice",
    )  # fmt: skip
    st.dataframe(
        pd.DataFrame({say("Name"): [say("First"), say("Second")], say("Count"): [120, 80]}),
        hide_index=True,
    )
    st.success(say("It is done."))
    st.info(say("Nothing here yet. Choose a township to begin."))
    st.warning(say("Look at this before you go on."))
    faults.show(InputError("The reach is {reach} m; expected above 0.", reach=-1))
