"""Names of new sites on the map: as many as can stand beside each other."""

from __future__ import annotations

from cockpit.ui.placement_map import _pixels, apart


def row(name: str, lon: float, lat: float) -> dict[str, object]:
    return {"n": name, "p": [lon, lat]}


def test_a_degree_of_longitude_is_as_wide_as_the_map_draws_it() -> None:
    # At zoom 10 the world is 512 * 1024 pixels wide.
    left, right = _pixels([106.0, 27.0], 10)[0], _pixels([107.0, 27.0], 10)[0]
    assert round(right - left, 6) == round(512 * 1024 / 360, 6)
    assert _pixels([106.0, 28.0], 10)[1] < _pixels([106.0, 27.0], 10)[1]  # north is up


def test_names_that_would_lie_over_each_other_are_left_out() -> None:
    here, beside = row("文昌社区第7网格", 106.0, 27.0), row("锦绣社区第8网格", 106.01, 27.0)
    far, below = row("云溪", 106.5, 27.0), row("松林", 106.0, 26.9)
    assert apart([here, beside, far, below], 9.5) == [here, far, below]
    # Seen from nearer, both have room.
    assert apart([here, beside], 14.5) == [here, beside]
