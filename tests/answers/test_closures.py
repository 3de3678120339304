"""Closures on the tiny county with roads: known tolls, the key, areas, bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cockpit.answers import closure_areas, closure_bridges, closures
from cockpit.answers.closure_key import LONGEST_KEY, Closures, areas_of, parsed
from cockpit.answers.closures import ALL, SEAT, Answer, Closed
from cockpit.answers.overlays import LayerRefusedError
from cockpit.answers.reach import Reach, current_reach
from cockpit.store.session import engine
from geodata.errors import CockpitError, InputError
from tests import bridged

FIRST, LAST = bridged.bridge_ids()
BOX = (106.80, 27.20, 106.84, 27.24)


@pytest.fixture
def reach(bridged_here: Path) -> Reach:
    found = current_reach("备用")
    assert found is not None
    return found


@pytest.fixture
def db(bridged_here: Path) -> Iterator[Session]:
    with Session(engine()) as session:
        yield session


def shut(reach: Reach, db: Session, made: Closures, visitor: str = "备用") -> Closed:
    return closures.closed_by(reach, db, made, visitor=visitor)


def costs(reach: Reach, db: Session, made: Closures, service: str = "hospital") -> Answer:
    q = closures.question(reach, service, mode="car", visitor="备用")
    return closures.answer(reach, q, shut(reach, db, made))


def test_one_bridge_makes_a_detour(reach: Reach, db: Session) -> None:
    # Without the last row's bridge, people of the second row of the west drive 2 roads more, of
    # the third 4, of the last 6; those of the first are as fast over the other bridge.
    found = costs(reach, db, Closures(edges=(LAST,)))
    lost = np.round(found.loss.lost / bridged.EDGE_MINUTES).reshape(4, 4)
    assert lost[:, :2].tolist() == [[0, 0], [2, 2], [4, 4], [6, 6]]
    assert (lost[:, 2:] == 0).all()
    assert found.toll.cut_off == 0
    assert found.toll.slower == 110 + 190 + 270
    mean = (110 * 2 + 190 * 4 + 270 * 6) / 570 * bridged.EDGE_MINUTES
    assert found.toll.mean == pytest.approx(mean, abs=0.02)
    # 2 roads are 3.4 minutes, 4 are 6.9, 6 are 10.3.
    assert found.over == {5: 460, 10: 270, 15: 0, 30: 0}


def test_both_bridges_cut_the_west_off(reach: Reach, db: Session) -> None:
    found = costs(reach, db, Closures(edges=(FIRST, LAST)))
    assert np.flatnonzero(found.loss.cut_off).tolist() == list(bridged.WEST_GRIDS)
    assert found.toll.cut_off == bridged.WEST_PEOPLE
    assert found.toll.slower == 0
    assert [row.cut_off for row in found.villages] == [460, 140]
    elderly = next(g for g in found.groups if g.group == "age_65_plus")
    assert elderly.toll.cut_off == bridged.WEST_PEOPLE * 0.2
    before, after = found.within
    assert (before, after) == (1360, 760)


def test_only_who_used_a_closed_road_loses(reach: Reach, db: Session) -> None:
    q = closures.question(reach, "hospital", mode="car", visitor="备用")
    _cells, targets = closures.places_of(reach, "hospital")
    for edge in range(len(reach.edge_ids)):
        found = costs(reach, db, Closures(edges=(int(reach.edge_ids[edge]),)))
        for cell in np.flatnonzero(found.loss.cut_off | found.loss.slower).tolist():
            way = reach.travel.way(q.mode, cell, int(targets[0]))
            assert edge in way.edges
        assert (found.loss.after >= found.loss.before).all()


def test_opening_restores_exactly(reach: Reach, db: Session) -> None:
    before = costs(reach, db, Closures())
    costs(reach, db, Closures(edges=(FIRST, LAST)))
    after = costs(reach, db, Closures(edges=(LAST,)).toggled(LAST))
    assert after.closed.edges == frozenset()
    np.testing.assert_array_equal(before.loss.after, after.loss.after)
    assert after.toll == before.toll or after.toll.slower == 0


def test_a_flooded_river_closes_what_crosses_it(reach: Reach, db: Session) -> None:
    meant = shut(reach, db, Closures(strips=((bridged.RIVER, 50),)))
    assert reach.edge_ids[sorted(meant.edges)].tolist() == [FIRST, LAST]
    assert len(meant.bridges) == 2
    assert meant.km == 2
    # 600 m reach the nodes beside the river, 500 m away: their roads along the river too.
    wide = shut(reach, db, Closures(strips=((bridged.RIVER, 600),)))
    assert len(wide.edges) == 2 + 6 + 8
    q = closures.question(reach, "hospital", mode="car", visitor="备用")
    assert closures.answer(reach, q, wide).in_water == 320 + 360  # columns 1 and 2


def test_a_stored_area_closes_the_roads_it_touches(reach: Reach, db: Session) -> None:
    meant = shut(reach, db, Closures(zones=(bridged.POOL,)))
    assert reach.edge_ids[sorted(meant.edges)].tolist() == [FIRST]


def test_facilities_that_people_can_reach_no_more(reach: Reach, db: Session) -> None:
    q = closures.question(reach, "hospital", mode="car", visitor="备用")
    (row,) = closures.facilities_lost(reach, q, shut(reach, db, Closures(edges=(FIRST, LAST))))
    assert (row.name, row.lost, row.reached, row.nearest) == ("设施3", 600, 1360, 600)
    assert not row.whole
    assert not row.flooded
    names = reach.twin.regions["name"]
    assert [names.iat[v] for v in row.villages] == ["东山二村", "东山一村"]
    assert closures.facilities_lost(reach, q, shut(reach, db, Closures())) == []


def test_the_way_before_and_after(reach: Reach, db: Session) -> None:
    q = closures.question(reach, "hospital", mode="car", visitor="备用")
    one = closures.detour(reach, q, shut(reach, db, Closures(edges=(LAST,))), 12)
    assert one.before is not None
    assert one.after is not None
    lost = (one.after.seconds - one.before.seconds) / 60
    assert lost == pytest.approx(6 * bridged.EDGE_MINUTES, abs=0.01)
    both = closures.detour(reach, q, shut(reach, db, Closures(edges=(FIRST, LAST))), 12)
    assert both.after is None


def test_all_services_take_the_one_that_loses_most(reach: Reach, db: Session) -> None:
    found = costs(reach, db, Closures(edges=(FIRST, LAST)), ALL)
    assert found.worst_service is not None
    # The west has clinics; the hospital and the school are in the east.
    assert found.toll.cut_off == 1360  # the east has no clinic and no way to the west's
    assert set(found.worst_service[list(bridged.WEST_GRIDS)]) == {"hospital"}
    assert found.worst_service[15] == "clinic"


def test_bridges_in_their_order(reach: Reach) -> None:
    q = closures.question(reach, "hospital", mode="car", visitor="备用")
    rows = closure_bridges.rank_bridges(reach, q)
    assert [row.bridge.id for row in rows] == [LAST]  # the other has an equal way beside it
    assert rows[0].toll.slower == 570
    assert rows[0].bridge.road == "青桥"
    assert [b.id for b in closure_bridges.bridges(reach)] == [FIRST, LAST]


@pytest.mark.parametrize("service", ["hospital", "clinic", ALL])
def test_the_order_says_what_closing_each_says(reach: Reach, db: Session, service: str) -> None:
    q = closures.question(reach, service, mode="car", visitor="备用")
    told = {row.bridge.id: row.toll for row in closure_bridges.rank_bridges(reach, q)}
    for bridge in (FIRST, LAST):
        cost = costs(reach, db, Closures(edges=(bridge,)), service).toll
        known = told.get(bridge)
        assert (known.cut_off if known else 0) == cost.cut_off
        assert (known.person_minutes if known else 0) == pytest.approx(cost.person_minutes)


def test_services_that_the_county_has(reach: Reach) -> None:
    found = closures.services_of(reach)
    assert SEAT not in found  # no government office is stored
    assert found == (ALL, "clinic", "hospital", "medical", "primary_school")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"service": "casino"}, "There is no service casino; expected one of"),
        ({"mode": "rocket"}, "There is no way of travelling rocket; expected one of"),
        ({"group": "low_income"}, "The figures for low_income are not open to you."),
        ({"minutes": -1.0}, "The limit is -1.0 minutes; expected above 0 and at most 600."),
    ],
)
def test_refuses_questions(reach: Reach, options: dict[str, object], words: str) -> None:
    asked = {"service": "hospital", "visitor": "备用", **options}
    with pytest.raises(InputError, match=words):
        closures.question(reach, **asked)  # type: ignore[arg-type]


def test_a_county_without_roads_says_so(tiny_here: Path) -> None:
    found = current_reach("备用")
    assert found is not None
    with pytest.raises(InputError, match="No roads have been loaded, so none can be closed"):
        closures.question(found, "hospital", visitor="备用")


def test_refuses_what_is_not_stored_or_not_open(reach: Reach, db: Session) -> None:
    with pytest.raises(InputError, match="The map has no road number 999 any more"):
        shut(reach, db, Closures(edges=(999,)))
    with pytest.raises(InputError, match="The map has no river or area number 77 any more"):
        shut(reach, db, Closures(strips=((77, 50),)))
    with pytest.raises(LayerRefusedError, match="The layer plans is not open to you"):
        shut(reach, db, Closures(zones=(bridged.SECRET,)))


# ---------------------------------------------------------------- the key


@pytest.mark.parametrize(
    "key",
    ["x5", "e", "e1.a", "e-5", "r5", "r5.50.7", "p1.2.3.4", "p1.2.3.4.5", "e5~", "~", "e5 ", "e五",
     "p0.0.0.0.0.0", "p99999999.0.1.1.2.0", "<script>", "e1234567890"],
)  # fmt: skip
def test_refuses_keys_it_never_made(key: str) -> None:
    with pytest.raises(InputError, match="The closures in the address cannot be read"):
        parsed(key)


def test_refuses_keys_out_of_bounds() -> None:
    with pytest.raises(InputError, match="floods 5 m on either side; expected 10 to 5000 m"):
        parsed("r1.5")
    many = Closures(edges=tuple(range(100_000, 100_400)))
    words = r"So many closures do not fit into one address \(2800 characters; at most 2000\)"
    with pytest.raises(InputError, match=words):
        many.key()
    with pytest.raises(InputError, match="So many closures do not fit"):
        parsed("e1" * 1001)


corner = st.tuples(st.integers(-100, 100), st.integers(-100, 100))


@given(
    st.lists(st.integers(0, 10**6), max_size=20, unique=True),
    st.lists(st.tuples(st.integers(0, 500), st.integers(10, 5000)), max_size=4),
    st.lists(corner, min_size=3, max_size=20),
)
def test_a_key_brings_the_same_back(
    edges: list[int], strips: list[tuple[int, int]], points: list[tuple[int, int]]
) -> None:
    shape = shapely.Polygon([(106.82 + x / 5000, 27.22 + y / 5000) for x, y in points])
    try:
        areas = areas_of(shape, box=BOX)
    except CockpitError:  # the points lie on one line
        areas = []
    made = Closures(tuple(edges), tuple(strips), (), tuple(areas))
    key = made.key()
    assert len(key) <= LONGEST_KEY
    again = parsed(key)
    assert again.key() == key
    assert (again.edges, again.strips) == (made.edges, made.strips)
    for one, other in zip(again.areas, made.areas, strict=True):
        assert one.symmetric_difference(other).area < 1e-9


def test_an_outline_is_simplified_only_as_far_as_it_must() -> None:
    circle = shapely.Point(106.82, 27.22).buffer(0.01, quad_segs=500)
    (area,) = areas_of(circle, box=BOX)
    assert area.symmetric_difference(circle).area / circle.area < 0.02
    assert len(Closures(areas=(area,)).key()) <= LONGEST_KEY
    jagged = shapely.Polygon(
        [
            (106.82 + r * np.cos(a), 27.22 + r * np.sin(a))
            for a, r in zip(
                np.linspace(0, 2 * np.pi, 2001)[:-1], [0.005, 0.015] * 1000, strict=True
            )
        ]
    )
    with pytest.raises(InputError, match="corners, too many for an address"):
        areas_of(jagged, box=BOX)


# ---------------------------------------------------------------- areas by hand


def test_typed_corners() -> None:
    (area,) = closure_areas.typed("106.81 27.21\n106.82,27.21；106.82， 27.22", BOX)
    assert area.area == pytest.approx(0.01 * 0.01 / 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The text has 0 corners; an area has three or more."),
        ("106.8 27.2;106.9 27.2", "The text has 2 corners; an area has three or more."),
        ("106.8 27.2;a b;c d", "Corner 2 is a b; expected longitude and latitude"),
        ("106.8;106.9;107", "Corner 1 is 106.8; expected longitude and latitude"),
        ("nan 27;106 27;106 28", "Corner 1 is nan 27; longitude is at most 180"),
        ("27.2 106.8;27.2 106.9;27.3 106.8", "Corner 1 is 27.2 106.8; longitude is at most 180"),
        ("16 27;17 27;17 28", "The area lies outside the county; expected longitude before"),
        ("106.8 27.2;106.9 27.2;106.8 27.2", "This is no area: an area has three corners or more"),
        ("1" * 20_001, "The text is longer than 20000 characters."),
    ],
)
def test_refuses_typed_nonsense(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        closure_areas.typed(text, BOX)


def test_drawn_lasso_and_box() -> None:
    made = closure_areas.drawn(
        {
            "lasso": [{"x": [106.81, 106.82, 106.82], "y": [27.21, 27.21, 27.22]}],
            "box": [{"x": [106.83, 106.82], "y": [27.22, 27.21]}],
        },
        BOX,
    )
    assert [round(a.area * 1e4, 3) for a in made] == [0.5, 1.0]
    assert closure_areas.drawn({"points": []}, BOX) == []
    with pytest.raises(InputError, match="This is no area"):
        closure_areas.drawn({"lasso": [{"x": [1, 2], "y": [1, 2]}]}, BOX)


def geojson(shape: object) -> bytes:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {},
                    "geometry": json.loads(shapely.to_geojson(shape)),
                }
            ],
        }
    ).encode()


def test_an_uploaded_area(reach: Reach) -> None:
    area = shapely.box(106.81, 27.21, 106.82, 27.22)
    (found,) = closure_areas.uploaded("水.geojson", geojson(area), reach, BOX)
    assert found.equals(area)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.geojson", b"", "a.geojson: the file is empty."),
        ("a.csv", b"x,y", "a.csv: expected a GeoJSON file with areas."),
        ("../a.geojson", b"{", "a.geojson: not a readable GeoJSON file."),
        ("a.geojson", geojson(shapely.Point(106.81, 27.21)), "a.geojson: no area is in it."),
        (
            "a.geojson",
            geojson(shapely.box(6.8, 27.2, 6.9, 27.3)),
            "The area lies outside the county",
        ),
        (
            "a.geojson",
            b"<OGRVRTDataSource></OGRVRTDataSource>",
            "refers to other files; such files are not read",
        ),
    ],
)
def test_refuses_uploaded_nonsense(reach: Reach, name: str, content: bytes, words: str) -> None:
    with pytest.raises(CockpitError, match=words):
        closure_areas.uploaded(name, content, reach, BOX)


def test_stored_shapes_are_those_the_visitor_may_see(db: Session) -> None:
    lines, areas = closure_areas.stored_shapes(db, visitor="备用")
    assert [line.name for line in lines] == ["小青河"]
    assert lines[0].size == pytest.approx(4.45, abs=0.02)  # 0.04 degrees of latitude, in km
    assert [area.id for area in areas] == [bridged.POOL]
    _lines, all_areas = closure_areas.stored_shapes(db, visitor="秘密")
    assert {area.id for area in all_areas} == {bridged.POOL, bridged.SECRET}


def test_a_river_is_no_area(reach: Reach, db: Session) -> None:
    with pytest.raises(InputError) as caught:
        shut(reach, db, Closures(zones=(bridged.RIVER,)))
    assert str(caught.value) == "Number 1 on the map is no area, so it cannot be closed as one."


def test_notes_name_no_facility_of_another_service(reach: Reach, db: Session) -> None:
    assert closures.kinds_of(reach, "hospital") == ("hospital",)
    asked_for: list[object] = []

    def notes(_reach: Reach, _mode: str, kinds: object = None) -> tuple[()]:
        asked_for.append(kinds)
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cockpit.answers.coverage_notes.mode_notes", notes)
        costs(reach, db, Closures())
    assert asked_for == [("hospital",)]
