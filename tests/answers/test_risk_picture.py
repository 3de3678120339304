"""Heat as a picture: where it lies, which colours it has, what shines through."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cockpit.answers import risk as answers
from cockpit.answers import risk_picture
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.risk_heat import cuts_of, heat_of
from cockpit.answers.risk_places import Places
from cockpit.answers.risk_question import frames, question
from cockpit.look.marks import HEAT
from geodata.errors import InputError
from tests import risky, tiny

VISITOR = "备用"


@pytest.fixture
def known(risky_here: Path) -> Happenings:
    found = current_happenings(VISITOR)
    assert found is not None
    return found


@pytest.fixture
def places(known: Happenings) -> Places:
    return answers.places_of(known.twin, "cell", VISITOR)


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_it_lies_over_the_county_alone(known: Happenings, places: Places) -> None:
    west, south, east, north = risk_picture.bounds_of(places)
    assert west == pytest.approx(tiny.WEST, abs=tiny.STEP / 10)
    assert south == pytest.approx(tiny.SOUTH, abs=tiny.STEP / 10)
    assert east == pytest.approx(tiny.WEST + 4 * tiny.STEP, abs=tiny.STEP / 10)
    assert north == pytest.approx(tiny.SOUTH + 4 * tiny.STEP, abs=tiny.STEP / 10)


def test_the_brightest_pixel_lies_where_most_happens(known: Happenings, places: Places) -> None:
    q = question(known)
    drawn = pixels(risk_picture.picture(known, places, "density", q, q, "dark")).astype(int)
    bright = drawn[..., :3].sum(axis=2) * (drawn[..., 3] > 0)
    row, column = np.argwhere(bright == bright.max()).mean(axis=0)
    west, south, east, north = risk_picture.bounds_of(places)
    lon = west + (column + 0.5) / drawn.shape[1] * (east - west)
    lat = north - (row + 0.5) / drawn.shape[0] * (north - south)
    assert (lon, lat) == pytest.approx(risky.middle(risky.HOT), abs=tiny.STEP / 2)


def test_the_middle_of_a_class_has_the_colour_of_the_legend() -> None:
    cuts = (2.0, 6.0, 10.0)
    values = np.array([0.0, 1.0, 4.0, 8.0, 12.0, 99.0])
    at = risk_picture._height(values, cuts)
    assert at == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1])
    ramp = HEAT["light"]
    palette = risk_picture._palette(ramp)
    last = palette[risk_picture._SHADES - 1]
    assert "#{:02X}{:02X}{:02X}".format(*last[:3]) == ramp[-1]
    assert last[3] == round(255 * risk_picture.FULL)
    assert palette[-1, 3] == round(255 * risk_picture.FAINT)
    assert palette[0, 3] == 0
    assert len(palette) <= 256


def test_steps_of_time_share_their_limits(known: Happenings, places: Places) -> None:
    whole = question(known)
    quiet, _ = (
        question(known, first=first, last=last)
        for first, last in (frames(whole, "month")[0], frames(whole, "month")[9])
    )
    own = risk_picture.picture(known, places, "density", quiet, quiet, "light")
    shared = risk_picture.picture(known, places, "density", quiet, whole, "light")
    assert own != shared
    assert risk_picture.picture_url(
        known, places, "density", quiet, whole, "light"
    ) != risk_picture.picture_url(known, places, "density", whole, whole, "light")


def test_the_same_heat_is_worked_out_once(known: Happenings, places: Places) -> None:
    q = question(known)
    found = heat_of(known, places, q, "density")
    assert heat_of(known, places, q, "density") is found
    assert heat_of(known, places, q, "relative") is not found
    assert found.squares_of().shape == (found.smooth.grid.shape if found.smooth else None)
    assert cuts_of(found.values)


def test_a_rate_by_cells_has_no_picture(known: Happenings, places: Places) -> None:
    q = question(known)
    assert answers.drawn(known, places, "rate", q, q, "dark") is None
    with pytest.raises(InputError, match="There is no picture of method rate"):
        heat_of(known, places, q, "rate").squares_of()
    with pytest.raises(InputError, match="There is no picture of method rate"):
        risk_picture.picture(known, places, "rate", q, q, "dark")
