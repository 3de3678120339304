"""Units of sensors are converted by hand-worked factors, or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.sensor_kinds import (
    KINDS,
    conversion,
    converted,
    kind_of,
    limits_of,
    plain_unit,
    same_unit,
)


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        (312, "cm", "m", 3.12),
        (3.12, "米", "厘米", 312),
        (0.035, "mg/m3", "μg/m³", 35),
        (35, "微克/立方米", "mg/m³", 0.035),
        (2.5, "cm", "mm", 25),
        (36, "km/h", "m/s", 10),
        (212, "°F", "℃", 100),
        (0, "℃", "K", 273.15),
        (0.3, "MPa", "kPa", 300),
        (1, "立方米/秒", "L/s", 1000),
        (5, "‰", "%", 0.5),
        (7, "dB/m", "dB/m", 7),
    ],
)
def test_converts(value: float, unit: str, wanted: str, expected: float) -> None:
    way = conversion(unit, wanted)
    assert way is not None
    assert converted(np.array([float(value)]), *way)[0] == expected


@pytest.mark.parametrize(
    ("unit", "wanted"), [("m", "μg/m³"), ("mm", "%"), ("ppm", "μg/m³"), ("dB", "dB/m"), ("", "m")]
)
def test_has_no_way_between_different_things(unit: str, wanted: str) -> None:
    assert conversion(unit, wanted) is None


def test_spellings_of_one_unit_are_the_same() -> None:
    assert same_unit("µg/m³", "ug/m^3")  # micro sign and Greek mu
    assert same_unit("℃", "摄氏度")
    assert not same_unit("m", "mm")
    assert plain_unit("ＭＭ") == "mm"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("水位", "水位"), ("河道水位计", "水位"), ("PM2.5", "空气质量"), ("CO", "一氧化碳"),
        ("可燃气体探测器", "燃气"), ("土壤墒情", "湿度"), ("温室", None), ("", None),
        ("corn", None),
    ],
)  # fmt: skip
def test_knows_kinds_by_the_words_of_departments(name: str, kind: str | None) -> None:
    found = kind_of(name)
    assert (found.name if found else None) == kind


def test_limits_are_in_the_unit_of_the_sensor() -> None:
    assert limits_of("水位", "cm") == (-20_000, 600_000, "cm")
    assert limits_of("雨量", "") == (0, 2_000, "mm")
    assert limits_of("气温", "°F") == (pytest.approx(-130), pytest.approx(140), "°F")
    assert limits_of("空气质量", "AQI") is None
    assert limits_of("温室", "℃") is None


def test_what_lies_at_a_limit_is_possible_and_no_number_is_not() -> None:
    kind = kind_of("湿度")
    assert kind is not None
    values = np.array([0.0, 100.0, -0.1, 100.1, np.nan, np.inf])
    assert kind.within(values).tolist() == [True, True, False, False, False, False]


@given(st.floats(-1e6, 1e6), st.sampled_from([("mm", "km"), ("°F", "K"), ("mbar", "bar")]))
def test_there_and_back_is_the_same(value: float, units: tuple[str, str]) -> None:
    there, back = conversion(*units), conversion(*reversed(units))
    assert there is not None
    assert back is not None
    # Nine decimals are kept on the way: of a kilometre that is a thousandth of a millimetre.
    again = converted(converted(np.array([value]), *there), *back)[0]
    assert again == pytest.approx(value, abs=1e-2)


def test_every_kind_has_a_range_and_a_unit_that_converts_to_itself() -> None:
    for kind in KINDS:
        assert kind.low < kind.high
        assert conversion(kind.unit, kind.unit) == (1.0, 0.0)
        assert kind_of(kind.name) is kind
