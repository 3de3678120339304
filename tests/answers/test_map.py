"""What the map asks, on the tiny county: grid k has 10 (k + 1) residents, 16 grids of 1 km²."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers import map as maps
from cockpit.answers.search import search
from cockpit.answers.twin import Twin, twin
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import tiny

COUNTY, DONGSHAN, XIHE = "529901", "529901001", "529901100"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'tiny.sqlite'}")
    tiny.fill(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def county(db: Session) -> Twin:
    found = twin(db)
    assert found is not None
    return found


def ask(county: Twin, indicator: str, code: str, level: str, **more: object) -> maps.MapAnswer:
    given = {"visitor": "备用", "small_count": 10, **more}
    return maps.map_answer(county, indicator, county.position(code), level, **given)  # type: ignore[arg-type]


def test_townships_by_hand(county: Twin) -> None:
    # Columns 0 and 1 are Dongshan: grids 1 2 5 6 9 10 13 14 (+1) = 60 tens; Xihe has the other 76.
    answer = ask(county, "people", COUNTY, "township")
    assert answer.values.tolist() == [600, 760]
    assert answer.total == 1360
    assert [county.regions["name"].iat[r] for r in answer.rows[answer.order]] == [
        "西河镇",
        "东山街道",
    ]
    assert answer.best == county.position(XIHE)
    assert answer.least == county.position(DONGSHAN)


def test_parts_add_up_at_every_level(county: Twin) -> None:
    for unit in range(len(county.regions)):
        assert maps.unreconciled(county, unit) == []
    for level in ("township", "village", "grid"):
        assert ask(county, "people", COUNTY, level).values.sum() == 1360


def test_a_figure_that_does_not_add_up_is_named(county: Twin) -> None:
    wrong = {m: v.copy() for m, v in county.measures.items()}
    wrong["people"][county.position(DONGSHAN)] += 1
    other = Twin(
        county.version,
        county.county,
        county.regions,
        wrong,
        county.date,
        county.date_before,
        county.classes,
        county.sources,
    )
    assert maps.unreconciled(other, 0) == ["people"]
    assert maps.unreconciled(other, other.position(DONGSHAN)) == ["people"]


def test_a_leaf_is_shown_among_its_neighbours(county: Twin) -> None:
    grid = county.position(tiny.grid_code(0))
    village = county.position(f"{DONGSHAN}001")
    assert maps.shown(county, grid) == village
    assert ask(county, "people", tiny.grid_code(0), "grid").values.tolist() == [10, 20, 50, 60]
    assert maps.levels_in(county, 0) == ["township", "village", "grid"]
    assert maps.levels_in(county, grid) == ["grid"]


def test_ratios_divide_sums(county: Twin) -> None:
    # 1,360 people now, 1,360 + 16 x 5 before: -80 of 1,440.
    answer = ask(county, "change", COUNTY, "grid")
    assert answer.total == pytest.approx(-100 * 80 / 1440)
    assert answer.values[0] == pytest.approx(-100 * 5 / 15)
    assert answer.breaks.diverging
    assert ask(county, "density", COUNTY, "township").values.tolist() == [75, 95]


def test_tiles_of_the_county_and_of_three_grids(county: Twin) -> None:
    tiles = {f.id: f for f in maps.figures(county, np.array([0]), visitor="备用")}
    assert tiles["people"].value == 1360
    assert tiles["people"].change == -80
    assert tiles["age_60_plus"].value == 272
    assert tiles["age_60_plus"].share == pytest.approx(0.2)
    assert tiles["floating"].value == 120
    assert tiles["households"].value == 168
    three = np.array([county.position(tiny.grid_code(k)) for k in (0, 5, 15)])
    tiles = {f.id: f for f in maps.figures(county, three, visitor="备用")}
    assert tiles["people"].value == 10 + 60 + 160
    assert tiles["density"].value == pytest.approx(230 / 3)
    assert tiles["facilities"].value == 3


def test_the_profile_reads_the_same_figures(county: Twin) -> None:
    facts = {f.title: f.value for f in maps.profile(county, 0, visitor="备用")}
    assert facts["Residents"] == 1360
    assert facts["Hospitals and clinics"] == 3
    assert facts["Schools and kindergartens"] == 1
    assert facts["Buildings"] == 16
    assert facts["Area"] == 16
    assert "Organisations" not in facts  # nobody has counted them here


def test_sensitive_groups_are_closed_or_masked(county: Twin) -> None:
    assert "low_income" not in [i.id for i in maps.visible_indicators(county, "备用")]
    with pytest.raises(InputError, match="low_income are not open to you"):
        ask(county, "low_income", COUNTY, "grid")
    # Grid k has k people on support: 1 to 9 are too few to be shown, 0 and 10 to 15 are not.
    answer = ask(county, "low_income", COUNTY, "grid", visitor="敏感")
    assert int(answer.masked.sum()) == 9
    assert np.isnan(answer.values[answer.masked]).all()
    assert answer.breaks.n == 7
    assert answer.total == 120


def test_unknown_indicators_are_refused(county: Twin) -> None:
    with pytest.raises(InputError, match="no figures for nonsense"):
        ask(county, "nonsense", COUNTY, "grid")
    with pytest.raises(InputError, match="no figures for events"):
        ask(county, "events", COUNTY, "grid")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("西河镇", XIHE),
        ("xihe", XIHE),
        ("XIHE", XIHE),
        ("529901100", XIHE),
        ("西河", XIHE),
        ("Village 11", f"{XIHE}001"),
        (tiny.grid_code(3), tiny.grid_code(3)),
        ("第4网", tiny.grid_code(3)),
    ],
)
def test_search_by_name_pinyin_and_code(county: Twin, text: str, first: str) -> None:
    assert county.regions["code"].iat[search(county, text)[0]] == first


def test_search_finds_nothing_for_nothing(county: Twin) -> None:
    assert len(search(county, "  ")) == 0
    assert len(search(county, "(.*[")) == 0
    assert len(search(county, "网格")) == 8  # the best eight of sixteen


def test_the_camera_shows_the_box(db: Session, county: Twin) -> None:
    box = maps.box_of(db, county, 0)
    assert box == maps.Box(106.80, 27.20, pytest.approx(106.84), pytest.approx(27.24))  # type: ignore[arg-type]
    lon, lat, zoom = box.camera(1000, 600)  # type: ignore[union-attr]
    assert (lon, round(lat, 2)) == (106.82, 27.22)
    # 0.04° of latitude is 0.04 / cos 27.22° = 0.04498° of northing, in 540 pixels.
    assert zoom == pytest.approx(math.log2(540 / 0.04498 * 360 / 512), abs=0.01)
    assert maps.Box(1, 1, 1, 1).camera(1000, 600) == (1, pytest.approx(1), 14)


def test_a_share_rests_on_its_denominator_and_a_count_on_nothing(county: Twin) -> None:
    # The first four grids have 10, 20, 30 and 40 residents: at 30 the first two are few.
    share = ask(county, "age_60_plus_share", COUNTY, "grid")
    assert share.cases is not None
    first = [
        int(np.flatnonzero(share.rows == county.position(tiny.grid_code(k)))[0]) for k in range(4)
    ]
    assert share.cases[first].tolist() == [10, 20, 30, 40]
    assert share.few(30)[first].tolist() == [True, True, False, False]
    assert int(share.few(30).sum()) == 2
    assert not share.few(0).any()
    count = ask(county, "people", COUNTY, "grid")
    assert count.cases is None
    assert not count.few(1000).any()


def test_density_rests_on_the_people_not_on_the_land(county: Twin) -> None:
    density = ask(county, "density", COUNTY, "township")
    assert density.cases is not None
    assert density.cases.tolist() == [600, 760]


def test_a_figure_that_is_not_known_rests_on_nothing(county: Twin) -> None:
    share = ask(county, "age_60_plus_share", COUNTY, "grid")
    unknown = replace(share, values=np.full(len(share.rows), np.nan))
    assert not unknown.few(1000).any()
