"""The component gallery, and what the design language has to hold: contrast, colour-blindness."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.access.rules import PAGES
from cockpit.look import charts, eyes
from cockpit.look.tokens import (
    ALERT,
    ALERT_ON,
    COVERED,
    DARK,
    LIGHT,
    NOT_COVERED,
    RAMPS,
    Tokens,
    ramp,
    series,
)
from cockpit.ui import gallery_parts, maps, theme

PAGE = Path(__file__).parents[2] / "pages" / "gallery.py"
BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def page(language: str) -> str:
    found = AppTest.from_file(PAGE, default_timeout=60)
    found.query_params["lang"] = language
    found.query_params["parts"] = language
    found.run()
    assert not found.exception
    told = [str(e.value) for kind in ("title", "header", "error", "warning", "info", "success")
            for e in getattr(found, kind)]  # fmt: skip
    return "\n".join([*told, *(e.proto.body for e in found.get("html"))])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("组件一览", "常住人口总数", "橙色", "红色盲所见", "已完成。")),
        ("en", ("Component gallery", "Residents in all", "Orange", "Without red cones")),
    ],
)
def test_every_part_is_shown_in_both_themes(
    tiny_here: Path, language: str, words: tuple[str, ...]
) -> None:
    told = page(language)
    for text in words:
        assert text in told
    for tokens in (LIGHT, DARK):
        assert told.count(f'<div class="gal-{tokens.name}"') == 7  # all parts but the chart
        for name in gallery_parts.TOKENS:
            assert f"{name} {getattr(tokens, name)}" in told
        for name in (*RAMPS, "change"):
            for colour in ramp(name, gallery_parts.CLASSES, tokens):
                assert colour in told


def test_it_is_for_administrators_alone() -> None:
    assert PAGES["gallery"].roles == {"administrator"}


def test_every_token_of_a_theme_is_shown() -> None:
    assert {"name", *gallery_parts.TOKENS} == set(Tokens.__dataclass_fields__)


@BOTH
def test_the_style_sheet_of_a_frame_is_that_of_the_pages(tokens: Tokens) -> None:
    framed = gallery_parts.frame(tokens, "")
    assert f".gal-{tokens.name} .ct-unit{{" in framed
    # Of a rule for two kinds of boxes both are ours, or the other has the visitor's theme.
    assert f".gal-{tokens.name} .ct-tile,.gal-{tokens.name} .ct-card{{" in framed
    assert ".ct-unit{" in theme.css(tokens)
    assert "@media" not in framed


# ---------------------------------------------------------------- colours

LEGIBLE = 4.5
"""WCAG 2.2, success criterion 1.4.3: text of normal size."""
APART = 8.0
"""Between neighbouring classes: three times what is just seen (``eyes.JUST_SEEN``), as classes lie
far apart on a map."""


@BOTH
def test_text_is_legible(tokens: Tokens) -> None:
    for name in ("text", "quiet", "accent", "good", "bad", "watch"):
        for ground in (tokens.ground, tokens.panel):
            assert eyes.contrast(getattr(tokens, name), ground) >= LEGIBLE, (name, ground)
    assert eyes.contrast(tokens.on_accent, tokens.accent) >= LEGIBLE


def test_words_on_alerts_are_legible_where_they_are_large() -> None:
    for name, colour in ALERT.items():
        assert eyes.contrast(ALERT_ON[name], colour) >= 3, name  # WCAG: large or bold text


@BOTH
@pytest.mark.parametrize("name", [*RAMPS, "change"])
@pytest.mark.parametrize("eye", ["", *eyes.SEEN])
def test_neighbouring_classes_differ_for_everybody(tokens: Tokens, name: str, eye: str) -> None:
    for n in (3, 5, 7):
        shown = [eyes.seen(colour, eye) for colour in ramp(name, n, tokens)]
        assert min(eyes.difference(a, b) for a, b in pairwise(shown)) > APART, n


@pytest.mark.parametrize("eye", ["", *eyes.SEEN])
def test_covered_and_not_covered_differ_for_everybody(eye: str) -> None:
    assert eyes.difference(eyes.seen(COVERED, eye), eyes.seen(NOT_COVERED, eye)) > 3 * APART


def test_the_eyes_by_hand() -> None:
    # Each row of a matrix sums to one: grey stays grey for every eye.
    assert [eyes.seen("#808080", eye) for eye in eyes.SEEN] == ["#808080"] * 3
    assert eyes.seen("#12AB90", "") == "#12AB90"
    # Red without red cones: 0.152286 and 0.114503 of linear light, coded 0.4273 and 0.3733.
    assert eyes.seen("#FF0000", "protan") == "#6D5F00"
    assert eyes.contrast("#000000", "#FFFFFF") == pytest.approx(21, abs=0.01)
    assert eyes.difference("#000000", "#FFFFFF") == pytest.approx(100, abs=0.1)


@BOTH
def test_charts_and_maps_take_the_tokens(tokens: Tokens) -> None:
    made = charts.layout(tokens, 100)
    assert made["font"]["color"] == tokens.text
    assert made["hoverlabel"]["bgcolor"] == tokens.panel
    assert charts.axis(tokens)["color"] == tokens.quiet
    drawn = gallery_parts.figure(tokens, "en")["data"]
    assert [line["line"]["color"] for line in drawn] == list(series(tokens)[:2])
    (water,) = maps.water("v", ["lakes"], tokens)
    assert water["getFillColor"][:3] == theme.rgba(tokens.map_water)[:3]
