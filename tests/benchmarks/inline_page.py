"""The plain way to the same map: shapes, colours and table inline, sent anew at every run."""

from __future__ import annotations

import json

import pandas as pd
import pydeck
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.answers.layers import region_layer
from cockpit.answers.twin import twin
from cockpit.indicators import INDICATORS
from cockpit.store.session import engine


@st.cache_data
def county() -> tuple[dict[str, object], pd.DataFrame, float, float]:
    """Return the grids as GeoJSON, the figures as a table and the middle of the county."""
    with Session(engine()) as db:
        whole = twin(db)
        assert whole is not None
        layer = region_layer(db, whole, "grid", 0, visitor="备用", small_count=10)
    rows = whole.below(0, "grid")
    table = whole.regions.iloc[rows][["code", "name"]].reset_index(drop=True)
    for indicator in whole.indicators():
        table[indicator.id] = whole.values(indicator, rows)
    middle = whole.regions.loc[rows, ["lon", "lat"]].mean()
    return json.loads(layer), table, float(middle["lon"]), float(middle["lat"])


layer, table, lon, lat = county()
names = [name for name in table.columns if name not in ("code", "name")]
asked = st.query_params.get("indicator", "people")
indicator = st.selectbox("Indicator", names, index=names.index(asked) if asked in names else 0)
for column, name in zip(st.columns(4), names[:4], strict=True):
    column.metric(INDICATORS[name].title, f"{table[name].sum():,.0f}")
steps = pd.qcut(table[indicator].fillna(0).rank(method="first"), 5, labels=False)
colours = [[247 - 40 * s, 251 - 30 * s, 255 - 20 * s, 220] for s in steps]
by_code = dict(zip(table["code"], colours, strict=True))
for feature in layer["features"]:
    feature["properties"]["colour"] = by_code[feature["properties"]["id"]]
shapes = pydeck.Layer(
    "GeoJsonLayer", layer, id="grids", get_fill_color="properties.colour", pickable=True
)
view = pydeck.ViewState(longitude=lon, latitude=lat, zoom=9)
st.pydeck_chart(pydeck.Deck([shapes], initial_view_state=view, map_provider=None), key="map")
st.dataframe(table[["code", "name", indicator]])
