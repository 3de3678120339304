"""The page Scenarios on the tiny county with roads, with plans whose figures are known by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.answers import scenarios as saved
from cockpit.answers import siting_front
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import current_reach
from cockpit.answers.scenario_files import exported
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.store.session import engine
from cockpit.ui import (
    scenarios_cache,
    scenarios_charts,
    scenarios_choices,
    scenarios_front,
    theme,
)
from tests import conftest, roaded, tiny

PAGE = Path(__file__).parents[2] / "pages" / "scenarios.py"
CELL = [tiny.grid_code(k) for k in range(16)]

# Minutes by car to the nearest clinic today, of 10 (k + 1) residents in cell k (tests/roaded.py):
#   0 3 6 inf | 3 6 9 12 | 6 3 0 3 | 9 inf inf inf. Within six minutes are all residents of the
#   cells 0, 1, 2, 4, 5, 8, 9, 10, 11: 10+20+30+50+60+90+100+110+120 = 590.
TODAY = 590
PLANS = {
    "七号": Layout(added=(CELL[7],)),  # cell 7 from 12 to 0 minutes, 6 from 9 to 3: 80 + 70 more
    "十二号": Layout(added=(CELL[12],)),  # cell 12 from 9 to 0 minutes, 8 from 6 to 3: 130 more
    "关A": Layout(
        closed=("A",)
    ),  # cell 0 from 0 to 12 and 1 from 3 to 9: 10 + 20 fewer, 4 at 9: 50
    "搬A": Layout(moved=(("A", CELL[4]),)),
    "两处": Layout(added=(CELL[7], CELL[12])),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store of its own: these tests write."""
    roaded.store(tmp_path)
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    siting_front._runs.clear()
    yield tmp_path
    siting_front._runs.clear()
    conftest._forget_store()


def save(names: tuple[str, ...], *, minutes: float = 6) -> list[int]:
    reach = current_reach("备用")
    assert reach is not None
    ground = ground_of(
        reach, question(reach, "clinic", mode="car", minutes=minutes, visitor="备用")
    )
    with Session(engine()) as db:
        return [
            saved.save(db, figures(ground, PLANS[name]), Rules(), name=name, author="王强").id
            for name in names
        ]


def page_of(**address: Any) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=90)
    for name, value in address.items():
        found.query_params[name] = value
    found.run()
    assert not found.exception
    return found


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def row(page: AppTest, name: str) -> list[str]:
    """Return the figures of a row of the table: today, then each scenario."""
    found = re.search(rf'<tr data-row="{name}">(.*?)</tr>', html(page))
    assert found is not None
    return re.findall(r"<td[^>]*>(.*?)</td>", found[1])


def texts(page: AppTest) -> str:
    return "\n".join(str(e.value) for e in [*page.markdown, *page.caption, *page.info, *page.error])


def decks(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(e.proto.json) for e in page.get("deck_gl_json_chart")]


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(e.proto.spec) for e in page.get("plotly_chart")]


# ---------------------------------------------------------------- nothing yet


def test_without_scenarios_it_says_how_to_make_one(here: Path) -> None:
    page = page_of(view="compare")
    assert "还没有保存的情景" in page.info[0].value
    assert button(page, "打开选址推演").proto.type == "primary"


def test_one_alone_is_not_compared(here: Path) -> None:
    save(("七号",))
    page = page_of(view="compare")
    assert "目前只有一个情景" in page.info[0].value


# ---------------------------------------------------------------- side by side


def test_figures_by_hand(here: Path) -> None:
    ids = save(("七号", "十二号", "关A"))
    page = page_of(**{"with": [str(i) for i in ids]})
    assert row(page, "sites") == ["2", "3", "3", "✓ 1"]
    assert row(page, "covered") == [f"{TODAY}", "✓ 740", "720", "420"]
    assert "“七号”覆盖人口最多（740 人）" in page.markdown[0].value
    for name in ("七号", "十二号", "关A"):
        assert f">{name}</th>" in html(page)


def test_all_maps_have_one_scale_and_their_own_cells(here: Path) -> None:
    ids = save(("七号", "十二号", "关A", "搬A"))
    page = page_of(**{"with": [str(i) for i in ids]})
    found = decks(page)
    fills = [deck["layers"][0][0]["getFillColor"] for deck in found]
    assert len(fills) == len(set(fills)) == 4
    assert len({fill.split("[(")[0] for fill in fills}) == 1  # the same colours
    assert {deck["layers"][0][0]["id"] for deck in found} == {"cells"}
    # A cell that another plan changes has the middle class on the map of the plan that does not.
    assert "220 人用时缩短，0 人延长" in texts(page)


def test_more_than_four_are_drawn_page_by_page(here: Path) -> None:
    ids = save(("七号", "十二号", "关A", "搬A", "两处"))
    page = page_of(**{"with": [str(i) for i in ids]})
    assert len(decks(page)) == 4
    page = page_of(**{"with": [str(i) for i in ids], "page": "1"})
    assert len(decks(page)) == 1
    assert len(row(page, "sites")) == 6  # the table has all of them, and today


def test_a_true_difference_of_two(here: Path) -> None:
    first, both = save(("七号", "两处"))
    page = page_of(**{"with": [str(first), str(both)], "base": str(first)})
    assert len(decks(page)) == 1
    # What the second adds to the first: 12 (130 people) and 8 (90), nothing else.
    assert "220 人用时缩短，0 人延长" in texts(page)
    assert "与七号相比的变化" in "".join(s.value for s in page.subheader)


def test_bars_and_table_add_up_to_the_net_change(here: Path) -> None:
    ids = save(("七号", "关A"))
    page = page_of(**{"with": [str(i) for i in ids], "in": "minutes"})
    bars = [d for d in charts(page)[0]["data"] if d["type"] == "bar"]
    won, lost = (sum(map(sum, (b["x"] for b in bars[k::2]))) for k in (0, 1))
    # 七号: 80 people 12 minutes, 70 people 6. 关A: 60 people 12 minutes, 260 people 6.
    assert won == pytest.approx(80 * 12 + 70 * 6)
    assert lost == pytest.approx(-(60 * 12 + 260 * 6))
    table = page.dataframe[-1].value
    assert table.iloc[-1, -2] == "2,280"


def test_new_scenarios_join_until_somebody_chooses(here: Path) -> None:
    save(("七号",))
    page = page_of(view="compare")
    save(("关A",))
    page.run()
    assert row(page, "sites") == ["2", "3", "✓ 1"]
    page.multiselect[0].set_value([page.multiselect[0].value[0]]).run()
    save(("搬A",))
    page.run()
    assert len(page.multiselect[0].value) == 1
    assert "请在上方选择两个" in page.info[0].value


def test_different_questions_are_not_compared(here: Path) -> None:
    ids = save(("七号",)) + save(("十二号",), minutes=9)
    page = page_of(**{"with": [str(i) for i in ids]})
    assert "七号" in page.error[0].value
    assert not decks(page)


def test_a_visitor_below_the_class_does_not_see_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(("七号",))
    assert len(scenarios_cache.listing()) == 1
    with engine().begin() as db:
        db.exec_driver_sql("update scenario set data_class = '秘密'")
    assert scenarios_cache.listing() == ()
    assert "还没有保存的情景" in page_of(view="saved").info[0].value


# ---------------------------------------------------------------- saved scenarios


def test_the_list_says_who_when_and_what(here: Path) -> None:
    save(("七号", "关A"))
    page = page_of(view="saved")
    table = page.dataframe[0].value
    assert table["情景"].tolist() == ["关A", "七号"]
    assert table["保存人"].tolist() == ["王强", "王强"]
    assert "2 → 3" in table.iloc[1].tolist()
    assert "与现状相同" in " ".join(map(str, table.iloc[0])) or "一致" in str(
        table.iloc[0].tolist()
    )
    assert "/scenario/" in html(page)
    assert "/memo/" in html(page)


def test_opening_puts_the_plan_on_placement(here: Path) -> None:
    save(("两处",))
    page = page_of(view="saved")
    button(page, "在选址推演中打开").click()
    page.run()
    state = page.session_state
    assert state["keep.placement.plan"] == [PLANS["两处"].key()]
    assert state["keep.placement.service"] == "clinic"
    assert state["keep.placement.mode"] == "car"
    assert state["keep.placement.minutes"] == "6"
    assert state["keep.placement.rules.existing"] == "keep"


def test_leaving_leads_to_a_page_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    led: list[Path] = []
    monkeypatch.setattr("cockpit.ui.scenarios_choices.state.chosen", lambda *_: True)
    monkeypatch.setattr("cockpit.ui.scenarios_choices.state.choose", lambda *_: None)
    monkeypatch.setattr("cockpit.ui.scenarios_choices.st.switch_page", led.append)
    scenarios_choices.leave()
    assert led == [PAGE.parent / "placement.py"]
    assert led[0].is_file()


def test_a_plan_of_another_service_cannot_be_had_back(here: Path) -> None:
    save(("两处",))
    page = AppTest.from_file(PAGE, default_timeout=90)
    page.session_state["keep.placement.service"] = "hospital"
    page.session_state["keep.placement.plan"] = ["cC"]
    page.session_state["keep.placement.past"] = [""]
    page.query_params["view"] = "saved"
    page.run()
    button(page, "在选址推演中打开").click()
    page.run()
    assert page.session_state["keep.placement.past"] == [""]  # nothing but the empty plan
    assert page.session_state["keep.placement.plan"] == [PLANS["两处"].key()]


def test_archive_and_back(here: Path) -> None:
    save(("七号", "关A"))
    page = page_of(view="saved")
    button(page, "归档").click().run()
    assert page.dataframe[0].value["情景"].tolist() == ["七号"]
    assert "“关A”已归档" in texts(page)
    button(page, "恢复到列表").click().run()
    assert page.dataframe[0].value["情景"].tolist() == ["关A", "七号"]


def test_older_versions_can_be_opened(here: Path) -> None:
    save(("七号",))
    save(("七号",))
    page = page_of(view="saved")
    assert page.dataframe[0].value["情景"].tolist() == ["七号 (2)"]
    versions = next(b for b in page.selectbox if b.label == "版本")
    assert len(versions.options) == 2
    assert versions.options[1].startswith("第 1 版")


def test_a_file_comes_in(here: Path) -> None:
    save(("七号",))
    text = exported(scenarios_cache.listing()[0])
    found = scenarios_cache.import_file(text.encode())
    assert found.same_figures
    assert found.scenario.version == 2
    page = page_of(view="saved")
    assert page.dataframe[0].value["保存人"].tolist() == ["办公室"]


# ---------------------------------------------------------------- the front


def searched(page: AppTest) -> AppTest:
    button(page, "求解前沿").click()
    page.run()
    for run in list(siting_front._runs.values()):
        run.done.wait(60)
    page.run()
    assert not page.exception
    return page


def test_the_front_finds_a_plan_and_loads_it(here: Path) -> None:
    save(("七号",))
    page = searched(page_of(view="front", most="5"))
    figure = charts(page)[0]
    x, y = figure["data"][1]["x"], figure["data"][1]["y"]
    assert (x[0], y[0]) == (0, pytest.approx(100 * TODAY / 1360))
    assert figure["data"][2]["x"] == [0, 1]  # today and the saved one
    assert figure["data"][2]["y"][1] == pytest.approx(100 * 740 / 1360)
    box = next(b for b in page.selectbox if b.label == "前沿上的方案")
    box.set_value(figure["data"][1]["customdata"][1][0]).run()
    next(b for b in page.button if b.key == "scenarios.take").click()
    page.run()
    assert len(page.session_state["keep.placement.plan"]) == 1


def test_a_click_tells_which_point() -> None:
    event = {"selection": {"points": [{"curve_number": 1, "customdata": {"0": "abc", "1": "x"}}]}}
    assert scenarios_front.picked(event) == "abc"
    event = {"selection": {"points": [{"curve_number": 1, "customdata": ["abd"]}]}}
    assert scenarios_front.picked(event) == "abd"
    event = {"selection": {"points": [{"curve_number": 2, "customdata": ["Today"]}]}}
    assert scenarios_front.picked(event) == ""
    assert scenarios_front.picked({}) == ""


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [
        (0.0, 0.0, [0.0]),
        (-180.0, 330.0, [-100.0, 0.0, 100.0, 200.0, 300.0]),
        (0.0, 900.0, [0.0, 200.0, 400.0, 600.0, 800.0]),
    ],
)
def test_ticks_are_round(least: float, most: float, ticks: list[float]) -> None:
    assert scenarios_charts._ticks(least, most, few=False) == ticks


def test_equity_has_colours_that_everybody_tells_apart() -> None:
    for tokens in (theme.LIGHT, theme.DARK):
        scale = scenarios_charts._scale(tokens)
        assert scale[0][0] == 0
        assert scale[-1][0] == 1
        assert {colour for _, colour in scale} == set(theme.RAMPS["cividis"])


def test_a_link_names_the_scenarios_even_without_a_choice(here: Path) -> None:
    ids = save(("七号", "关A"))
    page = page_of(view="compare")
    assert page.query_params["with"] == [str(i) for i in ids]
    save(("搬A",))
    assert len(page_of(**{"with": [str(i) for i in ids]}).multiselect[0].value) == 2
    with Session(engine()) as db:
        saved.archive(db, ids[0], visitor="备用")
    page.run()
    assert len(page.multiselect[0].value) == 2  # the one that is left, and the new one


def test_people_who_reach_none_are_no_part_of_the_longest_way(here: Path) -> None:
    page = page_of(**{"with": [str(i) for i in save(("七号", "十二号"))]})
    assert row(page, "unreached") == ["490", "490", "490"]
    assert "最长用时只计能到达站点的人" in texts(page)


def test_today_has_no_tick_for_what_it_does_not_spend(here: Path) -> None:
    page = page_of(**{"with": [str(i) for i in save(("七号", "两处"))]})
    assert row(page, "sites") == ["2", "✓ 3", "4"]
    assert row(page, "cost") == ["0", "✓ 1", "2"]


def test_townships_have_their_names_on_the_maps(here: Path) -> None:
    for deck in decks(page_of(**{"with": [str(i) for i in save(("七号", "十二号"))]})):
        assert [layer["id"] for layer in deck["layers"][0] if "labels" in layer["id"]]


def test_a_point_is_saved_with_its_certificate(here: Path) -> None:
    save(("七号",))
    page = searched(page_of(view="front", most="5"))
    next(t for t in page.text_input if t.label == "名称").set_value("前沿").run()
    button(page, "保存").click().run()
    with Session(engine()) as db:
        made = saved.scenarios(db, visitor="备用")[0]
    assert (made.name, made.model, made.parameters["p"]) == ("前沿", "mclp", 7)
    assert json.loads(made.certificate)["objective"] == 1360
