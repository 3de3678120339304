"""Scenes as they are drawn: sums, codes, faults in place, days, weather, alerts, walls."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from cockpit.answers import (
    alert_watch,
    alerts,
    feeds,
    screen,
    screen_events,
    screen_places,
    screen_pulse,
    screen_words,
)
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import current_happenings
from cockpit.answers.overview import overview
from cockpit.answers.screen_view import SceneError, View
from cockpit.risk.rules import Rule
from cockpit.screen.scenes import TITLES
from cockpit.store.models import Dataset, Meta, Region
from cockpit.store.models_live import FeedDelivery, FeedSource
from cockpit.store.session import engine
from cockpit.web import screen as routes
from tests import conftest, eventful, watched

ZH, EN = View("备用", "zh"), View("备用", "en")
SIDES = ("left", "right", "bottom")
FIELDS = {
    "figures": {"title", "items"}, "list": {"title", "rows", "empty"},
    "bars": {"title", "unit", "rows"}, "line": {"title", "unit", "series"},
    "pyramid": {"title", "unit", "left_name", "right_name", "rows"}, "problem": {"title", "text"},
}  # fmt: skip


@pytest.fixture
def events_here(eventful_here: Path) -> Iterator[Path]:
    routes.clear()
    yield eventful_here
    routes.clear()


WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m"
)


@pytest.fixture
def river(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two gauges, no reading yet; a rule that warns from 2 m, orange from 4 m."""
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
    conftest._forget_store()
    routes.clear()
    yield tmp_path
    routes.clear()
    conftest._forget_store()


def panels(scene: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for side in SIDES for panel in scene[side]]


def check(scene: dict[str, Any], view: View) -> None:
    """Hold a scene against the contract of the page."""
    json.dumps(scene, allow_nan=False)
    assert set(scene) == {
        "id", "title", "subtitle", "seconds", "as_of", "data_class", "sentence", "map", *SIDES,
    }  # fmt: skip
    frame = screen.frame_of(view)
    assert frame is not None
    for panel in panels(scene):
        kind = panel["type"]
        assert panel.keys() - {"type", "mark", "band"} == FIELDS[kind], panel
        assert kind != "problem" or panel["text"]
        assert kind not in ("figures", "bars") or panel.get("items") or panel.get("rows")
        for row in panel.get("rows", []) if kind in ("list", "bars") else []:
            assert row["code"] == "" or row["code"] in frame.codes
    drawn = scene["map"]
    if drawn is None:
        return
    shapes = screen_places.shapes_json(frame, drawn["level"], view.language)
    there = {region["code"] for region in shapes["regions"]}
    assert set(drawn["values"]) <= there
    assert set(drawn["colours"]) == set(drawn["values"])
    assert set(drawn["hatched"]) <= there
    assert all(0 <= h <= 1 for h in (drawn["heights"] or {}).values())
    assert all(isinstance(m[k], int) for m in drawn["marks"] for k in "xy")
    assert drawn["version"] == screen.version_of(view)
    assert drawn["focus"] is None or drawn["focus"] in frame.codes


def test_every_scene_keeps_the_contract_and_sums_reconcile(events_here: Path) -> None:
    for view in (ZH, EN):
        found = screen.playlist(view)
        assert [s["id"] for s in found["scenes"]] == list(TITLES)
        assert found["county"]["invented"] is True
        for one in found["scenes"]:
            check(screen.scene(view, one["id"]), view)
    county = screen.scene(ZH, "county")
    values = county["map"]["values"]
    assert sum(values.values()) == 1360  # tests/tiny.py, by hand
    (people,) = (p for p in panels(county) if p["title"] == "人口")
    tiles = {item["id"]: item for item in people["items"]}
    assert (tiles["people"]["value"], tiles["people"]["text"]) == (1360, "1,360")
    heights = county["map"]["heights"]
    assert heights[max(values, key=values.get)] == 1.0


def test_the_wall_says_the_figures_of_the_overview(events_here: Path) -> None:
    found = overview("备用")
    assert found is not None
    told = {line.id: line.value for line in found.headlines}
    scene = screen.scene(ZH, "county")
    tiles = {
        i["id"]: i["value"] for p in panels(scene) if p["type"] == "figures" for i in p["items"]
    }
    assert tiles["people"] == told["residents"]
    assert tiles["age_60_plus"] == told["aged"]
    for name in ("events", "events_open"):
        assert tiles[name] == told[name]


def test_seven_days_by_hand_and_over_midnight(events_here: Path) -> None:
    """Thefts on days 0 to 9 (1 to 10 June), disputes on days 2 and 9: tests/eventful.py."""
    known = current_happenings("备用")
    assert known is not None
    day = eventful.FIRST.date() + dt.timedelta(days=9)
    assert screen_events.compared(known, "order", day).now == 7
    assert screen_events.compared(known, "disputes", day).now == 1
    assert np.isnan(screen_events.compared(known, "order", day).usual)  # no eight weeks before
    late = dt.datetime.combine(day, dt.time(23, 59, 59))
    before = screen.scene(View("备用", "zh", now=late), "risk")
    after = screen.scene(View("备用", "zh", now=late + dt.timedelta(seconds=1)), "risk")
    assert (before["subtitle"], after["subtitle"]) == (
        "2025年6月4日至6月10日", "2025年6月5日至6月11日",
    )  # fmt: skip
    # 4 to 10 June: thefts of seven days, one dispute, noise on the 5th and (nowhere) on the 6th.
    assert before["sentence"] == "近7天共10件事件。"
    assert after["sentence"] == "近7天共9件事件。"
    assert sum(h["w"] for h in before["map"]["heat"]) == 8  # two have no coordinates


def test_usual_is_the_mean_of_whole_weeks_before() -> None:
    one = screen_events.Compared
    assert [one(n, 16.0).sign for n in (24, 25, 8, 7)] == [0, 1, 0, -1]  # 16 ± 2 x 4
    assert one(3, float("nan")).sign == 0


def test_a_scene_follows_the_selected_region(events_here: Path) -> None:
    scene = screen.scene(View("备用", "en", select="529901001"), "county")
    check(scene, EN)
    assert (scene["subtitle"], scene["map"]["focus"], scene["map"]["turn"]) == (
        "Dongshan", "529901001", False,
    )  # fmt: skip
    with pytest.raises(SceneError, match="There is no region nowhere"):
        screen.scene(View("备用", "en", select="nowhere"), "county")


def test_one_township_and_the_one_in_turn(events_here: Path) -> None:
    scene = screen.scene(EN, "township:529901100")
    check(scene, EN)
    assert (scene["title"], scene["map"]["focus"]) == ("Xihe", "529901100")
    loop = sum(s["seconds"] for s in screen.playlist(EN)["scenes"])
    titles = [screen.scene(EN, "townships", moment_s=k * loop)["title"] for k in range(3)]
    assert titles == ["Dongshan", "Xihe", "Dongshan"]
    with pytest.raises(SceneError, match="There is no region 529901999"):
        screen.scene(EN, "township:529901999")
    with pytest.raises(SceneError, match="There is no township 529901"):
        screen.scene(EN, "township:529901")
    with pytest.raises(SceneError, match="There is no scene nothing"):
        screen.scene(EN, "nothing")


# ---------------------------------------------------------------- the scene file


def test_a_scene_of_the_file_says_each_fault_in_place(events_here: Path) -> None:
    file = events_here / "scenes.toml"
    file.write_text(
        '[screen]\norder = ["care"]\ntitle = "小青一屏"\n'
        '[scenes.care]\ntitle = { zh = "养老", en = "Care" }\nseconds = 20\n'
        '[scenes.care.map]\nindicator = "people"\nfocus = "529901009"\n'
        '[[scenes.care.panels]]\nkind = "ranking"\nside = "right"\nindicators = ["people"]\n'
        '[[scenes.care.panels]]\nkind = "ranking"\nside = "right"\nindicators = ["low_income"]\n'
        '[[scenes.care.panels]]\nkind = "ranking"\nside = "right"\nindicators = ["peple"]\n'
        '[[scenes.care.panels]]\nkind = "feeds"\nside = "bottom"\n',
        encoding="utf-8",
    )
    found = screen.playlist(ZH)
    assert found["county"]["title"] == "小青一屏"
    assert found["scenes"] == [{"id": "care", "title": "养老", "seconds": 20}]
    scene = screen.scene(EN, "care")
    check(scene, EN)
    assert scene["map"] is None
    assert scene["left"][0]["text"] == "scenes.toml, care: there is no region 529901009."
    good, closed, wrong = scene["right"]
    assert [r["text"] for r in good["rows"]] == ["760", "600"]  # tests/bridged.py: 600 in the west
    assert closed["type"] == wrong["type"] == "problem"
    assert "not open to you" in closed["text"]
    assert wrong["text"].endswith("Did you mean people?")
    assert scene["bottom"][0]["text"] == (
        "No live feed has been set up: figures are as of their load."
    )
    before = screen.playlist_mark(ZH)
    file.write_text('[screen]\norder = ["risk", "care"]\n', encoding="utf-8")  # changed: read anew
    again = screen.playlist(ZH)
    assert [s["id"] for s in again["scenes"]] == ["risk"]
    assert "是否想写" not in again["problems"][0]
    assert screen.playlist_mark(ZH) != before


def test_a_file_that_was_named_and_is_not_there_is_said(
    events_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cockpit.settings import settings

    monkeypatch.setenv("COCKPIT_SCENES", str(events_here / "gone.toml"))
    settings.cache_clear()
    found = screen.playlist(EN)
    assert found["problems"] == [
        "gone.toml cannot be read: No such file or directory. The built-in scenes are shown."
    ]
    assert [s["id"] for s in found["scenes"]] == list(TITLES)


# ---------------------------------------------------------------- shapes


def test_neighbours_share_their_borders(events_here: Path) -> None:
    frame = screen.frame_of(ZH)
    assert frame is not None
    found = screen_places.shapes_json(frame, "village", "zh")
    assert len(found["regions"]) == 4
    polygons = [shapely.Polygon(np.array(r["rings"][0]).reshape(-1, 2)) for r in found["regions"]]
    whole = shapely.union_all(polygons)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert sum(p.area for p in polygons) == pytest.approx(whole.area)  # no overlap
    west, south, east, north = found["box"]
    assert abs(west + east) <= 2
    assert abs(south + north) <= 2
    assert all(
        shapely.contains_xy(p, *r["at"]) for p, r in zip(polygons, found["regions"], strict=True)
    )
    with pytest.raises(SceneError, match="There is no level house"):
        screen_places.shapes_json(frame, "house", "zh")


def test_a_region_without_a_shape_is_a_point(events_here: Path) -> None:
    with Session(engine()) as db:
        db.execute(update(Region).where(Region.code == "529901100002").values(geometry=None))
        db.execute(update(Meta).where(Meta.key == "data_version").values(value="bare1"))
        db.commit()
    frame = screen.frame_of(ZH)
    assert frame is not None
    regions = screen_places.shapes_json(frame, "village", "zh")["regions"]
    assert [r["rings"] for r in regions if r["code"] == "529901100002"] == [[]]
    check(screen.scene(ZH, "county"), ZH)


# ---------------------------------------------------------------- nothing there


def test_an_empty_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    routes.clear()
    for view in (ZH, View("公开", "zh", public=True)):
        found = screen.playlist(view)
        assert (found["version"], found["county"]["title"]) == ("", "指挥大屏")
        for name in ("county", "coverage"):
            with pytest.raises(SceneError, match="No county has been loaded yet"):
                screen.scene(view, name)
        told = screen_pulse.pulse(view, "hall")
        assert (told["version"], told["alerts"], told["weather"]["state"]) == ("", [], "none")
    conftest._forget_store()
    routes.clear()


def test_a_county_without_events_says_so_in_place(tiny_here: Path) -> None:
    routes.clear()
    scene = screen.scene(EN, "risk")
    check(scene, EN)
    assert scene["map"] is None
    assert {p["type"] for p in panels(scene)} <= {"problem", "list", "figures"}
    assert scene["left"][0] == {
        "type": "problem", "title": "Map", "text": "No events are stored that are open to you.",
    }  # fmt: skip
    told = screen_pulse.pulse(ZH)["weather"]
    county = current_twin()
    assert county is not None
    assert county.date is not None
    day = f"{county.date.year}年{county.date.month}月{county.date.day}日"
    assert (told["state"], told["text"]) == ("none", f"未接入实时数据，人口数据截至{day}")
    routes.clear()


def test_what_was_made_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    screen_pulse.forget()
    monkeypatch.setattr(screen_pulse, "_MOST_KEPT", 2)
    for key in ("a", "b", "a", "c"):  # "a" is made again each time: nothing is kept for long
        screen_pulse._lately(key, str, seconds=0.0)
    assert list(screen_pulse._kept) == ["a", "c"]
    with pytest.raises(ZeroDivisionError):
        screen_pulse._lately("d", lambda: 1 // 0)
    assert screen_pulse._makers == {}
    screen_pulse.forget()


def test_addresses_of_shapes_tell_the_classes_apart() -> None:
    views = [View(c, "zh") for c in ("公开", "备用", "敏感")] + [View("公开", "zh", public=True)]
    assert [v.version("v") for v in views] == ["v.zh.own0", "v.zh.own1", "v.zh.own2", "v.zh.open"]


# ---------------------------------------------------------------- weather


def test_a_feed_that_stops_turns_the_weather_red(
    river: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    with Session(engine()) as db:
        db.execute(delete(FeedSource).where(FeedSource.id == "events"))
        db.execute(update(FeedSource).values(created=now - dt.timedelta(days=2), title="水文站"))
        for minutes in range(600, 0, -10):
            db.add(FeedDelivery(source_id="readings", received=now - dt.timedelta(minutes=minutes),
                                n_new=1, n_known=0, n_refused=0))  # fmt: skip
        db.commit()
    told = screen_pulse.weather(ZH)
    assert (told["state"], [f["state"] for f in told["feeds"]]) == ("ok", ["ok"])
    with Session(engine()) as db:  # nothing came for the last nine hours
        late = now - dt.timedelta(hours=9)
        db.execute(delete(FeedDelivery).where(FeedDelivery.received > late))
        db.commit()
    told = screen_pulse.weather(ZH)
    assert told["state"] == "stopped"
    assert told["text"] == "水文站数据中断"
    assert told["feeds"][0]["text"].startswith("自")
    with Session(engine()) as db:  # one that was set up two days ago and never came
        db.execute(delete(FeedDelivery))
        db.commit()
    (feed,) = feeds.feeds_state("备用")
    told = screen_pulse.weather(EN)
    assert feed.stale == (told["state"] == "stopped")
    assert told["feeds"][0]["text"] == "has never sent anything"


# ---------------------------------------------------------------- alerts


def test_loud_alerts_and_what_is_being_done(river: Path) -> None:
    watched.read("A", [1, 2.5, 4.5])  # orange
    watched.read("B", [1, 2.5])  # blue: not loud
    alerts.evaluate()
    (told,) = screen_pulse.pulse(ZH)["alerts"]
    assert (told["level"], told["level_words"], told["title"]) == (3, "橙色预警", "水位")
    assert told["place"].startswith("东山街道")
    assert told["doing"] == "尚无人受理，规则未指定处置人"
    assert told["why"].count("4.5 m") == 1
    assert "4 m" in told["why"]
    assert told["exercise"] is False
    frame = screen.frame_of(ZH)
    assert frame is not None
    assert (told["x"], told["y"]) == frame.point(106.805, 27.205)
    (story,) = (s for s in alerts.open_alerts("备用") if s.level == 3)
    alerts.escalate(story.id, "王强", to="leader", visitor="备用")
    screen_pulse.forget()
    (told,) = screen_pulse.pulse(EN)["alerts"]
    assert told["doing"] == "passed on to leader"
    scene = screen.scene(ZH, "warning")
    check(scene, ZH)
    assert [r["alert"] for r in scene["left"][0]["rows"]] == [3, 1]
    assert [m["pulse"] for m in scene["map"]["marks"] if m["shape"] == "triangle"] == [True, False]
    alerts.acknowledge(story.id, "李敏", visitor="备用")
    screen_pulse.forget()
    assert screen_pulse.pulse(ZH)["alerts"] == []
    assert "李敏已接手处置" in screen.scene(ZH, "warning")["left"][0]["rows"][0]["note"]


def test_an_exercise_is_marked_and_red_comes_first(river: Path) -> None:
    with Session(engine()) as db:
        db.execute(update(Dataset).where(Dataset.id == "readings").values(purpose="演练 防汛"))
        db.commit()
    watched.read("A", [1, 4.5])
    watched.read("B", [1, 5.5])
    alerts.evaluate()
    told = screen_pulse.pulse(ZH)["alerts"]
    assert [(a["level"], a["title"], a["exercise"]) for a in told] == [
        (4, "【演练】水位", True), (3, "【演练】水位", True),
    ]  # fmt: skip


def test_the_public_hears_of_no_alert(river: Path) -> None:
    watched.read("A", [1, 5.5])
    alerts.evaluate()
    told = screen_pulse.pulse(View("备用", "zh", public=True), "hall")
    assert told["alerts"] == []
    assert told["wall"] == {"select": "", "scene": "", "seq": 0}
    assert told["weather"]["feeds"] == []


def test_the_county_that_is_drawn_is_the_one_stored(events_here: Path) -> None:
    before = screen.version_of(ZH)
    with Session(engine()) as db:
        db.execute(update(Meta).where(Meta.key == "data_version").values(value="tiny2"))
        db.commit()
    assert screen.version_of(ZH) != before
    assert screen_pulse.pulse(ZH)["version"] == screen.version_of(ZH)
    assert current_twin() is not None
    assert screen.scene(ZH, "county")["map"]["version"] == screen.version_of(ZH)


def test_panels_follow_the_region_or_say_whole_county(events_here: Path) -> None:
    view = View("备用", "en", select="529901100")
    risk = screen.scene(view, "risk")
    check(risk, EN)
    assert risk["subtitle"].startswith("Xihe · ")
    assert risk["sentence"].startswith("Xihe: ")
    known, county = current_happenings("备用"), current_twin()
    assert known is not None
    assert county is not None
    day = screen_events.today(EN)
    assert day is not None
    units = [county.position(code) for code in ("529901001", "529901100")]
    parts = [screen_events.compared(known, "order", day, unit).now for unit in units]
    assert sum(parts) <= screen_events.compared(known, "order", day).now
    titles = [p["title"] for p in panels(risk)]
    assert "Villages that need attention · whole county" in titles
    warning = screen.scene(view, "warning")
    assert all(p["title"].endswith(" · whole county") for p in panels(warning))
    assert warning["sentence"].endswith(": No alert stands open.")
    assert screen.scene(view, "county")["sentence"].startswith("Xihe: ")


def test_the_map_of_risk_is_what_its_legend_tells(events_here: Path) -> None:
    drawn = screen.scene(EN, "risk")["map"]
    assert len(set(drawn["colours"].values())) == 1  # quiet ground under the glow
    assert all(row["label"].startswith("Glow") for row in drawn["legend"]["rows"])
    assert sum(row["w"] for row in drawn["heat"]) > 0
    assert screen.scene(ZH, "county")["map"]["legend"]["counted"] == "村数"


def test_a_service_has_one_figure_on_every_scene(events_here: Path) -> None:
    told = [
        {i["label"]: i["text"] for p in panels(screen.scene(ZH, name)) if p["type"] == "figures"
         for i in p["items"] if i["target"]}
        for name in ("county", "coverage")
    ]  # fmt: skip
    assert told[0] == told[1]
    bars = [p for p in panels(screen.scene(ZH, "coverage")) if p["type"] == "bars"]
    assert all("分钟" in row["label"] for p in bars for row in p["rows"])


def test_without_an_open_alert_the_last_ones_stand(river: Path) -> None:
    watched.read("A", [1, 2.5, 2.5, 1, 1, 1])  # blue, and over
    alerts.evaluate()
    assert alerts.open_alerts("备用") == ()
    (panel,) = screen.scene(ZH, "warning")["left"]
    assert panel["title"] == "当前无预警，最近解除的预警"
    assert [r["figure"] for r in panel["rows"]] == ["蓝色"]
    assert "至" in panel["rows"][0]["note"]


def test_days_and_readings_in_words() -> None:
    span = screen_words.span
    assert span(dt.date(2025, 12, 29), dt.date(2026, 1, 4), "zh") == "2025年12月29日至2026年1月4日"
    assert span(dt.date(2025, 10, 25), dt.date(2025, 10, 31), "en") == "25 Oct to 31 Oct 2025"
    assert [screen_words.measured(v) for v in (2.47, 2.5, 3.0, 1200.0, None)] == [
        "2.47", "2.5", "3", "1,200", "—",
    ]  # fmt: skip
