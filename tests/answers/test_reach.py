from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from cockpit.answers import reach as answers
from cockpit.answers.reach import Reach, minutes, mode_notes, reach_for
from cockpit.answers.twin import twin
from cockpit.store.models import Batch, Dataset, Facility, Meta, RoadEdge, RoadNode
from cockpit.store.session import open_engine
from geodata.errors import InputError
from geodata.network import UNREACHED
from tests import tiny

EVERYTHING = ("places", "ways")
GEOD = Geod(ellps="GRS80")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    tiny.fill(made)
    with Session(made) as db:  # the first clinic in the middle of grid 0, no other one
        db.execute(
            update(Facility)
            .where(Facility.id == "F0")
            .values(lon=tiny.WEST + tiny.STEP / 2, lat=tiny.SOUTH + tiny.STEP / 2)
        )
        db.execute(update(Facility).where(Facility.id == "F1").values(kind="pharmacy"))
        db.commit()
    yield made
    made.dispose()


def _reach(engine: Engine, *allowed: str, keep: Path | None = None) -> Reach:
    with Session(engine) as db:
        county = twin(db)
        assert county is not None
        return reach_for(county, db, allowed=allowed or EVERYTHING, keep=keep)


def _add_road(engine: Engine, *, closed: bool = False) -> None:
    """Add a residential road through the centres of the four cells of the southern row."""
    points = [(tiny.WEST + tiny.STEP * (k + 0.5), tiny.SOUTH + tiny.STEP / 2) for k in range(4)]
    with Session(engine) as db:
        db.add(Dataset(id="ways", title="路", kind="road_edges", data_class="公开"))
        db.flush()
        db.add(
            Batch(
                id=90, dataset_id="ways", version=1, current=True, source="ways.csv",
                sha256="0" * 64, entry={}, matches={}, rows_read=3, rows_stored=3, rows_bad=0,
                quality={}, loaded_at=dt.datetime(2026, 1, 5),
            )
        )  # fmt: skip
        db.flush()
        for k, (lon, lat) in enumerate(points):
            db.add(RoadNode(id=f"n{k}", lon=lon, lat=lat, elevation_m=900.0, batch_id=90))
        db.flush()
        for k in range(3):
            line = shapely.LineString(points[k : k + 2])
            db.add(
                RoadEdge(
                    id=100 + k, u=f"n{k}", v=f"n{k + 1}", road_class="residential", oneway=0,
                    name="", surface="", access="", bridge=k == 1, closed=closed and k == 1,
                    length_m=GEOD.geometry_length(line), geometry=shapely.to_wkb(line), batch_id=90,
                )
            )  # fmt: skip
        db.commit()


def test_without_roads_times_are_of_straight_lines_and_say_so(engine: Engine) -> None:
    found = _reach(engine)
    assert not found.has_roads
    assert [n.template for n in found.notes] == [
        "No roads are loaded: times are those of straight lines times 1.3."
    ]
    # From grid 0 with the clinic to grid 1 is a hundredth of a degree: 991 m at 27.2 degrees north.
    east = GEOD.line_length([tiny.WEST, tiny.WEST + tiny.STEP], [tiny.SOUTH + 0.005] * 2)
    seconds = found.nearest_seconds(("clinic",), "walk")
    assert seconds[0] == 0
    assert seconds[1] == pytest.approx(east * 1.3 / 1.1, rel=0.001)


def test_roads_give_times_and_name_who_is_off_them(engine: Engine) -> None:
    _add_road(engine)
    found = _reach(engine)
    assert found.has_roads
    assert found.edge_ids.tolist() == [100, 101, 102]
    cell = {code: k for k, code in enumerate(found.codes.tolist())}
    south = [cell[tiny.grid_code(k)] for k in range(4)]
    # 991 m a cell at 25 km/h of a residential road, legs of no length: 143 s, 285 s, 428 s.
    seconds = found.seconds(("clinic",), "car")[:, 0]
    step = GEOD.line_length([tiny.WEST, tiny.WEST + tiny.STEP], [tiny.SOUTH + 0.005] * 2)
    expected = [round(k * step / (25 / 3.6)) for k in range(4)]
    assert np.abs(seconds[south].astype(int) - expected).max() <= 1
    # The third and fourth row lie 2.2 and 3.3 km away, past the limit of 1.5 km.
    far = [cell[tiny.grid_code(k)] for k in range(8, 16)]
    assert (seconds[far] == UNREACHED).all()
    assert np.isinf(minutes(seconds)[far]).all()
    off = mode_notes(found, "car")[0]
    assert off.template == "Cells that no road comes near enough to: {n} ({names})."
    assert off.values["n"] == 8


def test_a_standing_closure_cuts_the_road(engine: Engine) -> None:
    _add_road(engine, closed=True)
    found = _reach(engine)
    cell = found.codes.tolist().index(tiny.grid_code(3))
    assert found.seconds(("clinic",), "car")[cell, 0] == UNREACHED


def test_a_closure_is_asked_for_and_ends_again(engine: Engine) -> None:
    _add_road(engine)
    found = _reach(engine)
    cell = found.codes.tolist().index(tiny.grid_code(3))
    before = found.nearest_seconds(("clinic",), "car")
    during = found.nearest_seconds(("clinic",), "car", closed=frozenset({1}))
    assert during[cell] == UNREACHED > before[cell]
    assert np.array_equal(found.nearest_seconds(("clinic",), "car"), before)


def test_facilities_closed_by_the_day_do_not_count(engine: Engine) -> None:
    with Session(engine) as db:
        first = db.query(Facility).filter(Facility.kind == "clinic").first()
        assert first is not None
        first.open_to = tiny.DATE - dt.timedelta(days=1)
        db.commit()
    assert len(_reach(engine).of_kinds(["clinic"])) == 0
    assert len(_reach(engine).facilities) == 3


def test_a_facility_outside_the_county_counts_and_is_named(engine: Engine) -> None:
    with Session(engine) as db:
        db.execute(update(Facility).where(Facility.kind == "hospital").values(lon=tiny.WEST - 0.1))
        db.commit()
    found = _reach(engine)
    assert found.facilities["outside"].sum() == 1
    note = found.notes[-1]
    assert note.template == (
        "Facilities outside the county's border, which count for whoever reaches them: "
        "{n} ({names})."
    )
    assert note.values["n"] == 1


def test_what_a_visitor_may_not_see_is_not_there(engine: Engine) -> None:
    _add_road(engine)
    assert len(_reach(engine, "ways").facilities) == 0
    assert not _reach(engine, "places").has_roads


def test_cells_know_their_village_township_and_unit(engine: Engine) -> None:
    found = _reach(engine)
    codes = found.twin.regions["code"].to_numpy()
    for code, village, township in zip(
        found.codes, codes[found.villages], codes[found.townships], strict=True
    ):
        assert (code[:12], code[:9]) == (village, township)
    west = found.inside(found.twin.position("529901001"))
    assert sorted(found.codes[west]) == sorted(tiny.grid_code(k) for k in range(16) if k % 4 < 2)
    # Villages 001 and 002 have codes of residents' committees.
    assert found.town.all()


def test_matrices_are_kept_on_disk_and_made_again_when_damaged(
    engine: Engine, tmp_path: Path
) -> None:
    _add_road(engine)
    keep = tmp_path / "cache"
    first = _reach(engine, keep=keep).seconds(("clinic",), "car")
    (file,) = keep.glob("seconds-*.npy")
    assert np.array_equal(np.load(file), first)
    np.save(file, np.zeros_like(first))
    assert (_reach(engine, keep=keep).seconds(("clinic",), "car") == 0).all()  # it is read
    file.write_bytes(b"\x93NUMPY damaged")
    assert np.array_equal(_reach(engine, keep=keep).seconds(("clinic",), "car"), first)


def test_towards_people_turns_the_way_round(engine: Engine) -> None:
    _add_road(engine)
    with Session(engine) as db:
        db.execute(update(RoadEdge).values(oneway=1))  # eastwards only
        db.commit()
    found = _reach(engine)
    cell = found.codes.tolist().index(tiny.grid_code(2))
    # The clinic of grid 0 lies west: people cannot drive to it, but an ambulance reaches them.
    assert found.seconds(("clinic",), "car", "facility")[cell, 0] == UNREACHED
    assert found.seconds(("clinic",), "car", "people")[cell, 0] < 400


def test_speeds_of_the_manifest_are_used_and_a_speed_of_zero_is_refused(engine: Engine) -> None:
    _add_road(engine)
    slow = _reach(engine)
    with Session(engine) as db:
        db.add(Meta(key="travel", value={"car": {"speeds_kmh": {"residential": 50}}}))
        db.commit()
    fast = _reach(engine)
    cell = slow.codes.tolist().index(tiny.grid_code(3))
    halves = slow.seconds(("clinic",), "car")[cell, 0] / 2
    assert fast.seconds(("clinic",), "car")[cell, 0] == pytest.approx(halves, abs=1)
    with Session(engine) as db:
        db.execute(
            update(Meta)
            .where(Meta.key == "travel")
            .values(value={"car": {"speeds_kmh": {"residential": 0}}})
        )
        db.commit()
    with pytest.raises(InputError) as error:
        _reach(engine)
    assert str(error.value) == (
        "Way of travelling car: the speed on roads of class residential is 0 km/h; expected above "
        "0 and at most 200. Leave a class out to forbid it."
    )


def test_the_current_county_is_made_once_for_what_may_be_seen(tiny_here: Path) -> None:
    assert answers.current_reach("备用") is answers.current_reach("备用")
    seen = answers.current_reach("公开")
    assert seen is not None
    assert len(seen.facilities) == 0
    more = answers.current_reach("备用")
    assert more is not None
    assert len(more.facilities) == 4


def test_the_oldest_matrices_go_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(answers, "_DISK_BYTES", 2000)
    for age in range(4):
        file = tmp_path / f"{age}.npy"
        file.write_bytes(b"0" * 900)
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    answers._forget_oldest(tmp_path)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["0.npy", "1.npy"]


def test_remarks_name_regions_as_the_reader_knows_them(engine: Engine) -> None:
    _add_road(engine)
    note = mode_notes(_reach(engine), "car")[0]
    names = _reach(engine).twin.regions.set_index("code")
    first = names.loc[tiny.grid_code(8)]
    assert str(note.in_language("zh")["names"]).startswith(first["name"])
    assert str(note.in_language("en")["names"]).startswith(first["name_en"])
