"""Sensors and their readings, as far as a visitor may see them."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cockpit.answers import readings
from cockpit.store.models import Dataset
from cockpit.store.session import engine
from tests import tiny

pytestmark = pytest.mark.usefixtures("eventful_here")


def test_devices_know_their_region() -> None:
    found = readings.devices("备用")
    assert [(d.id, d.kind, d.unit) for d in found] == [
        ("KQ001", "空气质量", "μg/m³"),
        ("SW001", "水位", "m"),
    ]
    from cockpit.answers.current import current_twin

    county = current_twin()
    assert county is not None
    assert county.regions["code"].iat[found[0].region] == tiny.grid_code(15)


def test_a_series_begins_where_it_is_asked_to() -> None:
    times, values = readings.series("备用", "SW001")
    assert len(times) == 48
    assert values[[0, -1]].tolist() == pytest.approx([1.0, 5.7])
    times, values = readings.series("备用", "SW001", np.datetime64("2025-06-03T06:00:00"))
    assert times.tolist() == [
        np.datetime64("2025-06-03T06:00:00").item(),
        np.datetime64("2025-06-03T07:00:00").item(),
    ]
    assert readings.series("备用", "没有")[1].tolist() == []


def test_the_newest_reading_of_each() -> None:
    found = readings.latest("备用")
    assert found["SW001"] == (np.datetime64("2025-06-03T07:00:00"), pytest.approx(5.7))
    assert found["KQ001"][1] == 80


def test_nothing_internal_is_shown_to_the_public() -> None:
    assert readings.devices("公开") == ()
    assert readings.latest("公开") == {}
    assert len(readings.series("公开", "SW001")[0]) == 0
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id == "sensors").values(data_class="公开"))
        db.commit()
    assert len(readings.devices("公开")) == 2
    assert readings.latest("公开") == {}  # the readings are a data set of their own
