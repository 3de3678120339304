"""The page Population on its own with an answer put in, and on the tiny county."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cockpit.answers.population import Changes, GroupCount, Parts, Place, Source, Unit
from cockpit.population import age_sex, decompose, households
from tests import tiny

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "population.py"
TOWN = Place("529901001", "township", "东山街道", "Dongshan")
VILLAGES = (
    Place("529901001001", "village", "东山一村", "Village 01"),
    Place("529901001002", "village", "=cmd()", "<b>Village</b> 02"),
)
# 40 boys of 00-04, 60 women of 60-64: 40 % children, 60 % of 60 and over.
PEOPLE = age_sex(["m", "f"], ["00-04", "60-64"], [40, 60])
BEFORE = age_sex(["m", "f"], ["00-04", "60-64"], [50, 60])
UNIT = Unit(
    place=TOWN,
    ancestors=(Place("529901", "county", "小青县", "Little Qing"), TOWN),
    people={"usual": PEOPLE},
    dates={"usual": dt.date(2025, 11, 1)},
    before=BEFORE,
    date_before=dt.date(2020, 11, 1),
    households=households([10, 20, 15, 5, 0], 100),
    groups=(
        GroupCount("low_income", None, few=True),
        GroupCount("disabled", None),
        GroupCount("living_alone_60", 33),
    ),
    figures={"people": 100.0, "change": -9.1, "age_60_plus_share": 60.0},
    sources=(Source("people", "人口 [x](y)", "People", "统计局", dt.date(2025, 11, 1), "备用"),),
)
PARTS = Parts(
    level="village",
    places=VILLAGES,
    figures={"people": np.array([70.0, 30.0])},
    groups={},
)
CHANGES = Changes(
    dt.date(2025, 11, 1),
    dt.date(2020, 11, 1),
    decompose(["529901001001", "529901001002"], [80, 30], [70, 30]),
    VILLAGES,
    decompose(["00-04", "all"], [50, 60], [40, 60]),
)


@pytest.fixture
def answered() -> Iterator[None]:
    """Put one answer in the place of all that the page would ask of the store."""
    with ExitStack() as stack:
        for name, answer in (
            ("population_choices.unit_of", UNIT),
            ("population_choices.parts_of", PARTS),
            ("population_choices.changes_of", CHANGES),
            ("population_choices._near", {VILLAGES[0].code: VILLAGES[0]}),
            (
                "population_choices.asked",
                {"version": "v", "visitor": "备用", "small": 10},
            ),
            ("way.region", TOWN.code),
            ("way.show", None),
            ("cache.data_version", "v"),
        ):
            stack.enter_context(patch(f"cockpit.ui.{name}", return_value=answer))
        yield


def words(app: AppTest) -> str:
    """Return all sentences, without the marks that keep names from being markup."""
    return " ".join(m.value for m in app.markdown).replace("\\", "")


def page(**address: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=30)
    app.query_params["lang"] = "en"
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.usefixtures("answered")
def test_structure_says_what_the_pyramid_shows() -> None:
    app = page()
    assert not app.exception
    text = words(app)
    assert "Dongshan has 100 residents (1 Nov 2025): 40.0% are under 15, 60.0% are 60" in text
    # The 50th of 100 is the tenth of sixty women of 60-64: 60 + 5 x 10 / 60.
    assert "60.0% are 60 and over; the median age is 60.8" in text
    residents, older = app.metric
    assert (residents.label, residents.value) == ("Residents", "100")
    assert residents.delta == "−9.1% since 1 Nov 2020"
    assert older.value == "60.0%"


@pytest.mark.usefixtures("answered")
def test_tables_sum_to_their_totals() -> None:
    app = page()
    ages, groups, parts = (frame.value for frame in app.dataframe)
    assert ages["Both"].iloc[-1] == ages["Both"].iloc[:-1].sum() == 100
    assert ages["Men"].iloc[-1] == 40
    assert list(groups["Persons"]) == ["fewer than 10", "not shown", "33"]
    assert list(parts["Residents (persons)"]) == [70, 30, 100]


@pytest.mark.usefixtures("answered")
def test_change_names_parts_and_ages() -> None:
    app = page(view="change")
    assert not app.exception
    text = words(app)
    assert "100 on 1 Nov 2025: −10 (−9.1%)" in text
    assert "By village: 0 grew, 1 shrank" in text
    by_part = app.dataframe[0].value
    assert list(by_part["Change"]) == [-10, 0, -10]
    assert list(by_part["Part"])[:2] == ["Village 01", "<b>Village</b> 02"]


@pytest.mark.usefixtures("answered")
def test_units_stand_side_by_side() -> None:
    app = page(view="compare")
    assert not app.exception
    assert app.dataframe[0].value.columns[0] == "Figure"
    assert len(app.dataframe[0].value) == 3


@pytest.mark.usefixtures("answered")
def test_names_from_files_are_no_markup() -> None:
    app = page()
    captions = " ".join(c.value for c in app.caption)
    assert "People" in captions
    app.query_params["lang"] = "zh"
    captions = " ".join(c.value for c in page(lang="zh").caption)
    assert r"人口 \[x\](y)" in captions


@pytest.mark.usefixtures("answered")
def test_chinese() -> None:
    text = " ".join(m.value for m in page(lang="zh").markdown)
    assert "东山街道常住人口 100 人（2025年11月1日）：0至14岁占 40.0%" in text


# ---------------------------------------------------------------- the real answers


@pytest.mark.usefixtures("tiny_here")
def test_on_the_tiny_county() -> None:
    app = page()
    assert not app.exception
    assert app.metric[0].value == "1,360"
    parts = app.dataframe[-1].value
    assert list(parts["Residents (persons)"]) == [600, 760, 1360]
    assert list(parts["On minimum living allowance"]) == ["52", "68", "120"]


@pytest.mark.usefixtures("tiny_here")
@pytest.mark.parametrize("view", ["structure", "change", "compare"])
@pytest.mark.parametrize("k", [None, 0, 15])
def test_every_view_at_both_ends_of_the_tree(view: str, k: int | None) -> None:
    region = "529901" if k is None else tiny.grid_code(k)
    app = page(region=region, view=view)
    assert not app.exception
    assert "residents (1 Nov 2025)" in words(app)


@pytest.mark.usefixtures("tiny_here")
def test_kinds_without_ages_have_no_pyramid() -> None:
    app = page(kind="floating")
    assert not app.exception
    assert "120 people, counted without age or sex" in app.info[0].value


@pytest.mark.usefixtures("tiny_here")
def test_another_unit_is_laid_over_the_pyramid() -> None:
    app = page(beside="529901001")
    assert not app.exception
    text = words(app)
    assert "60 and over: 20.0% here, 20.0% in Dongshan" in text
    assert "Share there, %" in app.dataframe[0].value.columns


@pytest.mark.usefixtures("tiny_here")
def test_an_odd_address_is_ignored() -> None:
    app = page(region="'; drop table", view="x" * 500, beside="1", units="2")
    assert not app.exception
    assert app.metric[0].value == "1,360"


@pytest.mark.usefixtures("tiny_here")
def test_the_public_sees_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.settings import settings

    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "公开")
    settings.cache_clear()
    app = page()
    assert not app.exception
    sent = str([m.value for m in app.markdown]) + str([list(d.value) for d in app.dataframe])
    assert "need care" not in sent
    assert "allowance" not in sent
