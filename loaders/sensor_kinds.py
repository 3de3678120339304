"""Kinds of sensors: their unit, what they can measure at all, and units that can be converted."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SensorKind:
    """
    A kind of sensor.

    ``low`` and ``high`` (in ``unit``, both allowed) bound what such a device can measure anywhere:
    beyond them stands a fault of the device or a wrong unit, never weather. What a ``steady`` kind
    measures does not leap to many times what it ever was: such a value is doubtful. Rain, smoke and
    gas do leap, and then matter most.
    """

    name: str
    unit: str
    low: float
    high: float
    words: tuple[str, ...]  # parts of the names that departments give the kind
    steady: bool = False

    def within(self, values: Floats) -> NDArray[np.bool_]:
        """Return which values (in ``unit``) such a device can measure; NaN is none."""
        return np.asarray((values >= self.low) & (values <= self.high))


KINDS: tuple[SensorKind, ...] = (
    # Depths and levels above the sea; the highest Chinese lakes lie above 5,000 m.
    SensorKind("水位", "m", -200, 6_000, ("水位", "液位", "water level"), steady=True),
    # 24 hours: 1,825 mm is the world's record (La Réunion 1966, WMO).
    SensorKind("雨量", "mm", 0, 2_000, ("雨量", "降雨", "降水", "rain")),
    SensorKind("流量", "m³/s", 0, 200_000, ("流量", "flow", "discharge")),
    # Dust storms have passed 10,000 µg/m³ of PM10.
    SensorKind(
        "空气质量", "μg/m³", 0, 20_000,
        ("空气质量", "pm2.5", "pm10", "so2", "no2", "o3", "臭氧", "二氧化硫", "二氧化氮", "air"),
    ),
    SensorKind("一氧化碳", "mg/m³", 0, 500, ("一氧化碳", "co")),
    # An obscuration above 20 dB/m is darkness; detectors of EN 54-7 answer below 2 dB/m.
    SensorKind("烟感", "dB/m", 0, 20, ("烟感", "烟雾", "smoke")),
    SensorKind("燃气", "%LEL", 0, 100, ("燃气", "可燃气体", "gas")),
    # -89.2 and 56.7 ℃ are the earth's records (WMO).
    SensorKind("气温", "℃", -90, 60, ("气温", "temperature"), steady=True),
    SensorKind("水温", "℃", -5, 100, ("水温",), steady=True),
    SensorKind("湿度", "%", 0, 100, ("湿度", "墒情", "含水率", "humidity"), steady=True),
    # 113 m/s is the record of a gust (Barrow Island 1996, WMO).
    SensorKind("风速", "m/s", 0, 120, ("风速", "wind")),
    SensorKind("气压", "hPa", 300, 1_100, ("气压", "air pressure"), steady=True),
    SensorKind("水压", "MPa", 0, 10, ("水压", "管网压力", "water pressure"), steady=True),
    SensorKind("噪声", "dB", 0, 194, ("噪声", "noise"), steady=True),
    SensorKind("倾角", "°", -180, 180, ("倾角", "倾斜", "tilt"), steady=True),
    SensorKind(
        "位移", "mm", -100_000, 100_000, ("位移", "裂缝", "沉降", "displacement"), steady=True
    ),
)  # fmt: skip


def kind_of(name: str) -> SensorKind | None:
    """
    Return the kind that a department's name for a sensor means; None for one that nobody knows.

    The longest fitting word decides: 水温 is no 气温, and 可燃气体 no 气压.
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    fits = [
        (len(word), -place, kind)
        for place, kind in enumerate(KINDS)
        for word in kind.words
        # Short Latin words (co, o3) are no parts of other words.
        if (word == text if word.isascii() and len(word) <= 3 else word in text)
    ]
    return max(fits, key=lambda fit: fit[:2])[2] if fits else None


_SPELLINGS = {
    "米": "m", "分米": "dm", "厘米": "cm", "公分": "cm", "毫米": "mm", "千米": "km", "公里": "km",
    "微克/立方米": "μg/m3", "毫克/立方米": "mg/m3", "ug/m3": "μg/m3", "mcg/m3": "μg/m3",
    "克/立方米": "g/m3", "立方米/秒": "m3/s", "立方米/小时": "m3/h", "升/秒": "l/s",
    "米/秒": "m/s", "千米/小时": "km/h", "公里/小时": "km/h", "度": "°", "摄氏度": "°c", "c": "°c",
    "华氏度": "°f", "f": "°f", "k": "k", "分贝": "db", "帕": "pa", "百帕": "hpa", "千帕": "kpa",
    "兆帕": "mpa", "巴": "bar", "百分比": "%", "毫巴": "mbar", "db(a)": "db", "dba": "db",
}  # fmt: skip
# Unit -> (what is measured, factor and offset to its base unit).
_UNITS: dict[str, tuple[str, float, float]] = {
    "mm": ("length", 1e-3, 0), "cm": ("length", 1e-2, 0), "dm": ("length", 0.1, 0),
    "m": ("length", 1, 0), "km": ("length", 1e3, 0), "in": ("length", 0.0254, 0),
    "ft": ("length", 0.3048, 0),
    "ng/m3": ("concentration", 1e-3, 0), "μg/m3": ("concentration", 1, 0),
    "mg/m3": ("concentration", 1e3, 0), "g/m3": ("concentration", 1e6, 0),
    "m3/s": ("flow", 1, 0), "m3/h": ("flow", 1 / 3600, 0), "l/s": ("flow", 1e-3, 0),
    "m/s": ("speed", 1, 0), "km/h": ("speed", 1 / 3.6, 0), "kn": ("speed", 1852 / 3600, 0),
    "°c": ("temperature", 1, 0), "k": ("temperature", 1, -273.15),
    "°f": ("temperature", 5 / 9, -160 / 9),
    "pa": ("pressure", 1, 0), "hpa": ("pressure", 1e2, 0), "mbar": ("pressure", 1e2, 0),
    "kpa": ("pressure", 1e3, 0), "mpa": ("pressure", 1e6, 0), "bar": ("pressure", 1e5, 0),
    "%": ("share", 1, 0), "‰": ("share", 0.1, 0),
}  # fmt: skip


def plain_unit(unit: str) -> str:
    """
    Return a unit in one spelling.

    >>> plain_unit("µg/m³"), plain_unit("微克/立方米"), plain_unit(" ℃ "), plain_unit("M")
    ('μg/m3', 'μg/m3', '°c', 'm')
    """
    text = unicodedata.normalize("NFKC", unit).replace("^", "").replace("·", "").casefold()
    text = "".join(text.split())
    return _SPELLINGS.get(text, text)


def same_unit(unit: str, other: str) -> bool:
    """Tell whether two spellings mean the same unit."""
    return plain_unit(unit) == plain_unit(other)


def conversion(unit: str, wanted: str) -> tuple[float, float] | None:
    """
    Return factor and offset from one unit to another: value x factor + offset; None if there is no.

    >>> conversion("cm", "m"), conversion("cm", "mm"), conversion("mg/m³", "m")
    ((0.01, 0.0), (10.0, 0.0), None)
    """
    have, want = plain_unit(unit), plain_unit(wanted)
    if have == want:
        return 1.0, 0.0
    if have not in _UNITS or want not in _UNITS or _UNITS[have][0] != _UNITS[want][0]:
        return None
    (_, factor, offset), (_, per, shift) = _UNITS[have], _UNITS[want]
    # Twelve digits: 0.01 / 0.001 is 10, not 10.000000000000002.
    return float(f"{factor / per:.12g}"), float(f"{(offset - shift) / per:.12g}")


def converted(values: Floats, factor: float, offset: float) -> Floats:
    """Return values in another unit, rounded to nine decimals: 312 cm are 3.12 m and no more."""
    return np.asarray(np.round(values * factor + offset, 9))


def limits_of(name: str, unit: str) -> tuple[float, float, str] | None:
    """
    Return the lowest and highest value of a sensor in its own unit, and that unit.

    None for a kind that nobody knows, or a unit that is not of its kind: then no value is judged.
    """
    kind = kind_of(name)
    if kind is None:
        return None
    own = unit or kind.unit
    ways = conversion(kind.unit, own)
    if ways is None:
        return None
    factor, offset = ways
    ends = sorted((kind.low * factor + offset, kind.high * factor + offset))
    return ends[0], ends[1], own
