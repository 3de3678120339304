"""The page Placement on the tiny county with roads, and with replaced answers."""

from __future__ import annotations

import html as markup
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests import bridged, tiny

PAGE = Path(__file__).parents[2] / "pages" / "placement.py"
FAR = tiny.grid_code(0)


@pytest.fixture
def page(bridged_here: Path) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=60)
    # 1,000 m at 35 km/h are 1.7 minutes; six roads and the ways to them are over 5 from the far end
    found.query_params["service"] = "hospital"
    found.query_params["minutes"] = "5"
    return found


def html(page: AppTest) -> str:
    return markup.unescape("".join(str(e.proto.body) for e in page.get("html")))


def figure(page: AppTest, name: str) -> str:
    found = re.search(rf'data-figure="{name}" title="([^"]*)"', html(page))
    assert found is not None, name
    return found[1]


def deck(page: AppTest) -> list[dict[str, Any]]:
    (layers,) = json.loads(page.get("deck_gl_json_chart")[0].proto.json)["layers"]
    found: list[dict[str, Any]] = layers  # a list of their own
    return found


def layer(page: AppTest, name: str) -> dict[str, Any]:
    return next(x for x in deck(page) if x["id"].startswith(name))


def classes(page: AppTest) -> str:
    found = re.search(r'\("(\d+)"\)', layer(page, "cells")["getFillColor"])
    assert found is not None
    return found[1]


def site_id(page: AppTest) -> str:
    from cockpit.ui import cache

    reach = cache.reach()
    return str(reach.facilities["id"].iloc[reach.of_kinds(("hospital",))[0]])


def test_opens_as_things_stand(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert figure(page, "sites") == "1"
    assert "尚未作方案" in html(page)
    assert page.markdown[0].value.startswith("小青县现状：常住人口 1,360 人中")
    assert layer(page, "cells")["data"].endswith("/sites/529901.geojson")
    assert layer(page, "standing")["data"].endswith("/standing/hospital.geojson")
    assert len(classes(page)) == 16
    assert page.button(key="placement.undo").disabled
    assert page.button(key="placement.reset").disabled


def test_a_plan_in_the_address(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    assert not page.exception
    assert figure(page, "sites") == "1 → 2"
    now, then = figure(page, "share").split(" → ")
    assert float(now[:-1]) < float(then[:-1])
    assert figure(page, "no_longer") == "0"
    assert "无人变长" in page.markdown[0].value
    assert [row["id"] for row in layer(page, "plan-new")["data"]] == [f"c:{FAR}"]
    assert ">新增站点</span>" in html(page)
    # The colours are those of the change: some cells are better off, the hospital's own is not.
    assert classes(page)[0] in "012"
    assert "3" in classes(page)


def test_the_next_best_move_is_one_click(page: AppTest) -> None:
    page.run()
    told = next(m.value for m in page.markdown if "设站点" in m.value)
    gain = int(re.search(r"多覆盖 ([\d,]+) 人", told)[1].replace(",", ""))  # type: ignore[index]
    page.button(key="placement.next.take").click().run()
    assert not page.exception
    assert figure(page, "sites") == "1 → 2"
    assert figure(page, "newly") == f"{gain:,}"
    assert page.query_params["plan"].startswith("a529901")
    page.button(key="placement.undo").click().run()
    assert figure(page, "sites") == "1"
    assert "plan" not in page.query_params
    page.button(key="placement.redo").click().run()
    assert figure(page, "newly") == f"{gain:,}"
    page.button(key="placement.reset").click().run()
    assert figure(page, "sites") == "1"


def test_by_name_a_cell_gets_a_site(page: AppTest) -> None:
    page.run()
    page.text_input(key="widget.placement.search").set_value(FAR).run()
    next(b for b in page.button if FAR in b.label).click().run()
    assert page.query_params["plan"] == f"a{FAR}"
    assert page.query_params["site"] == f"c:{FAR}"
    assert "移除" in [b.label for b in page.button]


def test_by_coordinates_a_cell_gets_a_site(page: AppTest) -> None:
    page.run()
    lon, lat = bridged.middle(0)
    page.number_input(key="widget.placement.lon").set_value(lon)
    page.number_input(key="widget.placement.lat").set_value(lat)
    page.button(key="placement.take").click().run()
    assert page.query_params["plan"] == f"a{FAR}"
    page.number_input(key="widget.placement.lon").set_value(lon + 20)
    page.button(key="placement.take").click().run()
    assert "县" in page.error[0].value
    assert page.query_params["plan"] == f"a{FAR}"


def test_moving_and_closing_a_site_of_today(page: AppTest) -> None:
    page.run()
    site = f"f:{site_id(page)}"
    page.selectbox(key="widget.placement.facility").set_value(site).run()
    page.button(key="placement.move").click().run()
    assert "正在迁移" in page.info[0].value
    page.text_input(key="widget.placement.search").set_value(FAR).run()
    next(b for b in page.button if FAR in b.label).click().run()
    assert figure(page, "sites") == "1"
    assert "迁移 1 处" in html(page)
    assert [row["s"] for row in layer(page, "plan-gone")["data"]] == ["moved away"]
    assert layer(page, "moves-5")["data"]
    page.button(key="placement.reset").click().run()
    page.selectbox(key="widget.placement.facility").set_value(site).run()
    page.button(key="placement.remove").click().run()
    assert figure(page, "sites") == "1 → 0"
    assert figure(page, "share").endswith("→ 0.0%")
    assert "关闭 1 处" in html(page)
    page.button(key="placement.undo.0").click().run()
    assert figure(page, "sites") == "1"


def test_looking_puts_nothing(page: AppTest) -> None:
    page.run()
    page.session_state["keep.placement.tool"] = "look"
    page.run()
    page.text_input(key="widget.placement.search").set_value(FAR).run()
    next(b for b in page.button if FAR in b.label).click().run()
    assert "plan" not in page.query_params
    assert page.query_params["cell"] == FAR
    assert any("为何不选此处" in m.value for m in page.markdown)
    assert layer(page, "cells")["getLineWidth"] == "@@=properties.i==0?3:0.5"
    page.button(key="placement.here").click().run()
    assert page.query_params["plan"] == f"a{FAR}"


@pytest.mark.parametrize(
    ("plan", "words"),
    [("nonsense", "nonsense"), ("aNOWHERE", "NOWHERE"), ("cF999", "F999")],
)
def test_a_plan_that_cannot_be_is_refused(page: AppTest, plan: str, words: str) -> None:
    page.query_params["plan"] = plan
    page.run()
    assert not page.exception
    assert words in page.error[0].value
    assert figure(page, "sites") == "1"
    assert "plan" not in page.query_params


def test_a_link_without_its_plan_says_so(page: AppTest) -> None:
    page.query_params["plan"] = "session"
    page.run()
    assert "链接未能携带" in page.warning[0].value
    assert figure(page, "sites") == "1"


def test_another_service_begins_anew(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    page.selectbox(key="widget.placement.service").set_value("clinic").run()
    assert not page.exception
    assert "plan" not in page.query_params
    assert page.button(key="placement.undo").disabled


@pytest.mark.parametrize("panel", ["townships", "groups", "sites", "rules", "solve", "save"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_panel_is_drawn(page: AppTest, panel: str, language: str) -> None:
    page.query_params["lang"] = language
    page.query_params["panel"] = panel
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    assert not page.exception
    assert not page.error


def test_townships_add_up_to_the_net_change(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    rows = page.dataframe[0].value
    net = [float(str(v).replace(",", "").replace("−", "-").replace("+", "")) for v in
           rows["人·分钟净变化"]]  # fmt: skip
    assert rows.iloc[-1, 0] == "合计"
    assert sum(net[:-1]) == pytest.approx(net[-1], abs=len(net) / 2)
    newly = [int(str(v).replace(",", "")) for v in rows["新增覆盖"]]
    assert sum(newly[:-1]) == newly[-1] > 0


def test_nothing_to_save_yet(page: AppTest) -> None:
    page.query_params["panel"] = "save"
    page.run()
    assert "还没有可保存的方案" in page.info[0].value


def test_shows_what_the_answer_says(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page computes nothing itself: another answer, other words."""
    from cockpit.ui import placement_cache

    real = placement_cache.figures

    def other(asked: Any, layout: Any) -> Any:
        found = real(asked, layout)
        balance = replace(found.balance, newly_covered=123.0, no_longer=float("nan"))
        return replace(found, balance=balance)

    monkeypatch.setattr(placement_cache, "figures", other)
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    assert figure(page, "newly") == "123"
    assert figure(page, "no_longer") == "—"
    assert "若干人不再覆盖" in page.markdown[0].value


def test_a_rerun_is_small(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    size = sum(len(e.proto.SerializeToString()) for e in page.main if getattr(e, "proto", None))
    assert size < 40_000


def test_people_too_few_to_be_shown_get_a_sentence_and_no_figures(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "敏感")
    monkeypatch.setenv("COCKPIT_SMALL_COUNT", "1000")
    page.query_params["group"] = "low_income"
    page.run()
    assert not page.exception
    assert [e.value for e in page.error] == [
        "此处该人群的人数不予显示（不足 1000 人，或由此可推算出他处的小数），"
        "因此不能为其做选址方案。"
    ]
    assert "data-figure" not in html(page)
    assert not page.get("deck_gl_json_chart")
    assert page.selectbox(key="widget.placement.group").value == "low_income"  # choose another


def with_figures(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, change: Any, plan: str = f"a{FAR}"
) -> AppTest:
    """Show the page with figures put in the place of the answer's."""
    from cockpit.ui import placement_cache

    real = placement_cache.figures
    monkeypatch.setattr(
        placement_cache, "figures", lambda asked, layout: change(real(asked, layout))
    )
    page.query_params["plan"] = plan
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("now", "then", "ends", "change"),
    [
        (24.04, 23.55, "24.0 → 23.6", "−0.4 分钟"),  # by itself −0.49
        (24.03, 24.07, "24.03 → 24.07", "+0.04 分钟"),
        (24.031, 24.0349, "24.0", "无变化"),
    ],
)
def test_the_difference_is_that_of_the_figures_shown(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, now: float, then: float, ends: str, change: str
) -> None:
    def other(found: Any) -> Any:
        return replace(found, now=replace(found.now, mean=now), then=replace(found.then, mean=then))

    with_figures(page, monkeypatch, other)
    assert figure(page, "mean") == ends
    tile = html(page).split('data-figure="mean"')[1].split("data-figure")[0]
    assert f">{change}<" in tile
    said = page.markdown[0].value
    if "→" in ends:
        assert "人均用时由 {} 分钟变为 {} 分钟。".format(*ends.split(" → ")) in said
    else:
        assert "人均用时" not in said


def test_coverage_that_does_not_change_is_said(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_figures(page, monkeypatch, lambda found: replace(found, then=found.now))
    tile = html(page).split('data-figure="share"')[1].split("data-figure")[0]
    assert ">无变化<" in tile


def test_nobody_is_left_out_of_sentences(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(found: Any) -> Any:
        return replace(
            found,
            balance=replace(found.balance, newly_covered=0, no_longer=30, winners=0, losers=50),
        )

    with_figures(page, monkeypatch, other)
    assert "驾车 5 分钟内有 30 人不再覆盖；50 人路程变长，无人缩短。" in page.markdown[0].value
    assert any(c.value.startswith("图中：50 人路程变长（橙），") for c in page.caption)


@pytest.mark.parametrize(
    ("last", "flagged"),
    [
        (0.82, True),
        (0.831, False),  # 4.9 points more are no more than 5
    ],
)
def test_the_gap_between_groups_is_said_and_a_wider_one_flagged(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, last: float, flagged: bool
) -> None:
    def other(found: Any) -> Any:
        part = found.groups[0]
        told = (("a", "Residents of 60 and over", 0.5, 0.9), ("b", "Children under 15", 0.48, last))
        groups = tuple(
            replace(
                part, id=name, title=title, now=replace(part.now, share=now),
                then=replace(part.then, share=then),
            )
            for name, title, now, then in told
        )  # fmt: skip
        return replace(found, groups=groups)

    page.query_params["panel"] = "groups"
    with_figures(page, monkeypatch, other)
    told = [m.value for m in page.markdown]
    if flagged:
        assert [w.value for w in page.warning] == [
            "此方案使0至14岁儿童落在后面（覆盖率 82.0%）：人群之间的覆盖差距由 2.0 个百分点扩大到 "
            "8.0 个百分点，扩大超过 5 个百分点。"
        ]
    else:
        assert not page.warning
        assert (
            "各类人群覆盖率最高与最低的差距：现状 2.0 个百分点，方案实施后 6.9 个百分点；"
            "届时最低的是0至14岁儿童（83.1%）。" in told
        )


def test_a_new_site_holds_what_the_rules_assume(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.query_params["panel"] = "sites"
    page.run()
    page.session_state["keep.placement.rules.capacity"] = 25.0
    page.run()
    row = page.dataframe[0].value.iloc[0]
    assert (row["状况"], row["容量"]) == ("新增站点", "25")
    people = float(row["就近服务人数"].replace(",", ""))
    assert people > 25
    assert row["负荷"] == f"⚠ {people / 25 * 100:,.0f}%"


def test_where_nobody_knows_a_capacity_there_is_none() -> None:
    from cockpit.ui.placement_sites import load_text

    assert load_text(10.0, float("nan")) == "—"
    assert load_text(float("nan"), 10.0) == "—"
    assert load_text(10.0, 10.0) == "100%"
    assert load_text(11.0, 10.0) == "⚠ 110%"


def test_a_plan_beyond_the_rules_is_called_so(page: AppTest) -> None:
    page.query_params["not"] = f"c:{FAR}"
    page.query_params["plan"] = f"a{FAR}"
    for _ in range(12):  # the search for the best takes a moment
        page.run()
        if "方案不合规则" in html(page):
            break
    assert " · 方案不合规则" in html(page)
