"""An issue made by hand: eight figures, five villages, three alerts; and one with endless names."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import shapely

from cockpit.briefing.facts import (
    Both,
    Facts,
    Figure,
    Move,
    Printed,
    Source,
    Village,
    Warned,
)
from cockpit.briefing.text import Land

NASTY = '<b>&"*#x* $1$ [x] @y `z` \\'
MOMENT = dt.datetime(2025, 10, 31, 23, 58)
STEP = 10_000.0


def both(text: str) -> Both:
    return Both(f"{text}中", f"{text}en")


def move(period: Any, before: float | None, now: float, *, good: bool | None) -> Move:
    was, has = (Both(f"{v}", f"{v}") for v in (before, now))
    told = both("没有数据")
    if before is not None:
        told = Both(f"{now - before:+g} 较前", f"{now - before:+g} vs")
    return Move(period, before, now, good, was, has, told)


def figure(
    name: str, value: float, *moves: Move, target: float | None = None, light: Any = "none",
    trend: tuple[float, ...] = (), title: Both | None = None,
) -> Figure:  # fmt: skip
    said = f"{value:,.0f}"
    return Figure(
        name, title or both(name), both("件"), value, 0, Both(f"{said} 件", f"{said} n"),
        Both(said, said), light, target, Both(f"目标 ≥ {target}", f"target ≥ {target}"),
        both("未达标"), moves, trend, ("events",), both("口径"), MOMENT.date(),
    )  # fmt: skip


def village(k: int, name: Both | None = None) -> Village:
    reasons = tuple(Both(f"{n}{k}1 件事件超时。", f"{n}{k}1 events are late.") for n in range(5))
    own = name or both(f"村{k}")
    return Village(f"52990100100{k}", own, own, reasons, STEP * k / 6, STEP * k / 7)


def alert(k: int, level: int, name: Both | None = None) -> Warned:
    own = name or both(f"水位{k}")
    at = STEP / (k + 1)
    return Warned(k, level, own, own, MOMENT, both("why"), both("尚无人受理"), at, at)


def land(name: Both | None = None) -> Land:
    shapes = np.array([shapely.box(STEP * k / 2, 0, STEP * (k + 1) / 2, STEP) for k in (0, 1)])
    return Land(shapes, tuple(name or both(f"镇{k}") for k in (0, 1)))


def facts(name: Both | None = None, **more: Any) -> Facts:
    """Return an issue; ``name`` stands for every name in it."""
    figures = tuple(
        figure(
            f"f{k}", 1000.0 * k + 7, move("day", 1000.0 * k, 1000.0 * k + 7, good=k % 2 == 0),
            move("year", None, 1000.0 * k + 7, good=None), title=name, target=9000.0, light="bad",
        )
        for k in range(1, 9)
    )  # fmt: skip
    told: dict[str, Any] = {
        "kind": "daily", "as_of": MOMENT, "county": name or Both("青岚县", "Qinglan County"),
        "county_code": "529901", "invented": True, "review_number": "", "data_class": "备用",
        "version": "25-4e606131", "figures": figures,
        "villages": tuple(village(k, name) for k in range(1, 6)),
        "alerts": tuple(alert(k, 4 - k % 4, name) for k in range(10)),
        "sources": tuple(
            Source(f"s{k}", name or both(f"数据{k}"), "城管局", MOMENT.date()) for k in range(20)
        ),
        "gaps": (both("缺口"),),
        "checked": tuple(
            Printed(f.id, f.title, f.value or 0.0, f.value or 0.0, 0, f.sources, f.how)
            for f in figures
        ),
        "differences": tuple(name or both(f"变化{k}") for k in range(12)),
        "before": dt.date(2025, 10, 30),
    }  # fmt: skip
    return Facts(**{**told, **more})
