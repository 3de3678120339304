"""The map: regions by any indicator, from the county down to the grid and back."""

import streamlit as st

from cockpit.ui import cache, map_choices, map_panels, maps
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

twin = cache.twin()
if twin is None:
    st.info(say("No county has been loaded yet."))
    st.stop()
visitor = cache.visitor_class()

unit = map_choices.unit_of(twin)
map_choices.where(twin, unit)
tiles = st.container()
choice = map_choices.choose(twin, unit, visitor)
with tiles:
    map_panels.tiles(twin, choice, visitor)
try:
    answer = map_choices.answer_of(twin, choice, visitor)
except CockpitError as error:
    st.error(say_error(error))
    st.stop()

picture, lists, card = st.columns([0.55, 0.25, 0.20], gap="medium")
sentence = map_panels.sentence(twin, answer, choice.few)
with picture:
    st.write(sentence)
    with st.container(key="ct-map"):
        maps.show(
            map_choices.scene_of(twin, choice, answer, visitor),
            key="map.deck",
            on_pick=map_choices.on_click(choice),
            alt=sentence,
        )
        map_panels.legend(answer, choice)
    map_panels.left_out(twin, answer, choice)
with lists:
    map_panels.ranking(twin, answer, choice)
    map_panels.table(twin, answer, choice)
with card:
    map_panels.profile(twin, unit, visitor)
