"""Colours of single subjects: kinds of places, hot and cold spots, what a closure takes away."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.look.tokens import DARK, DIVERGING, LIGHT

Colours = tuple[str, ...]

PLACES: Mapping[str, tuple[str, str, str]] = {
    "health": ("＋", "#D6336C", "#FF8FAB"),
    "school": ("■", "#6741D9", "#B9A3FF"),
    "care": ("◆", "#C25E00", "#FFC078"),
    "rescue": ("▲", "#C92A2A", "#FF6B6B"),
    "public": ("●", "#0B7285", "#66D9E8"),
}
"""What a facility is for: five kinds a reader can hold in mind. Sign, light and dark ground."""

# ---------------------------------------------------------------- coverage

NO_WAY = "#6D5BA8"
"""Violet beside teal and yellow: told apart in every kind of colour blindness."""
NO_WAY_DARK = "#5F50A8"
NO_WAY_MINUTES = "#C2410C"
"""Rust beside the greens and violets of the minutes."""
FULL, CUT_OFF, NO_FACILITY, NO_PLACE = "#D95F0E", "#C77CB5", "#8D99AE", "#59636F"
"""Why people are not served: the nearest is full, no road, none at all, place not known."""

# ---------------------------------------------------------------- risk

HEAT: Mapping[str, Colours] = {
    "light": ("#FBD3AE", "#F29A5B", "#D9482B", "#8E0F1E"),
    "dark": ("#5B2E2A", "#A03C2C", "#E8613A", "#FFC078"),
}
"""Four steps from a little to much more than elsewhere."""
RAISES = "#D9482B"
"""What makes a figure larger than elsewhere; the accent, what makes it smaller."""
SPOTS: Mapping[str, Mapping[str, str]] = {
    "light": {
        "hot": "#C9202F", "cold": "#1F6FB2", "island high": "#A0388C", "island low": "#3F8F8A",
        "em new": "#7A0177", "em consecutive": "#D4145A", "em intensifying": "#B30000",
        "em persistent": "#E34A33", "em diminishing": "#FC8D59", "em sporadic": "#FDBB84",
        "em oscillating": "#B58A2C", "em historical": "#9A8478",
    },
    "dark": {
        "hot": "#FF5A52", "cold": "#4DA3FF", "island high": "#E58AD8", "island low": "#5FC7C0",
        "em new": "#F472D0", "em consecutive": "#FF4D88", "em intensifying": "#FF3B30",
        "em persistent": "#FF7A5C", "em diminishing": "#C96A48", "em sporadic": "#A05C40",
        "em oscillating": "#D9B44A", "em historical": "#8C7B72",
    },
}  # fmt: skip
"""Spots and islands of the local statistics, and how they emerge, by theme."""

# ---------------------------------------------------------------- closures and plans

LOST: Mapping[str, Colours] = {
    "light": ("#F3D9B8", "#EDB577", "#E28A43", "#B85A12", "#7A3A08"),
    "dark": ("#5B4630", "#8A5A2B", "#BC7430", "#EE9140", "#FFC48A"),
}
"""Minutes that people lose, from few to many."""
UNCHANGED: Mapping[str, str] = {"light": "#FFFFFF", "dark": "#1A2740"}
"""Cells that lose nothing: near the ground, so that losses stand out."""
FLOOD: Mapping[str, str] = {"light": "#2F7FC1", "dark": "#3E8EDB"}
NEWLY: Mapping[str, str] = {"light": LIGHT.accent, "dark": DARK.accent}
NO_LONGER: Mapping[str, str] = {"light": "#C2410C", "dark": "#FF8A4C"}
"""Cells that a plan brings within the standard, and those that it takes out."""

# ---------------------------------------------------------------- paper

ON_PAPER: Colours = (*DIVERGING[:3], "#E1E5EA", *DIVERGING[4:])
"""Change on paper, as on the pages but for a lighter middle: most cells are of it there, and what
changes has to stand out."""
FEWER, MORE = DIVERGING[0], DIVERGING[-1]
PAPER_LINE, PAPER_GREY = "#8A97A8", "#E4E8ED"
"""Borders and north arrows on paper; the ground under the lines of what is not known."""
WATERMARK = "#7F8EA3"
"""Of both themes: drawn so faintly that it stays legible on either ground."""
