"""The page Early warning on the tiny county, with alerts whose figures are known by hand."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import Escalation, StandingRule
from cockpit.risk.rules import Rule
from cockpit.risk.trial import Outcome
from cockpit.settings import settings
from cockpit.ui.warning_parts import written_text
from cockpit.ui.warning_rules import limits_text
from tests import conftest, watched

PAGE = Path(__file__).parents[2] / "pages" / "warning.py"
WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m",
    outcome=Outcome(4.0, within_hours=2), escalation=Escalation(30, ("值班室", "分管副县长")),
    source="Usual values to start from; see the data sheet of the detectors",
)  # fmt: skip
HEALTH = StandingRule(
    "health", "设备健康", "sensor:*", Rule((1.0, None, None, None)), "Health", method="health"
)
ILL = StandingRule(
    "ill", "疾病异常增多", "events:illness", Rule((0.05, 0.01, 0.001, 0.0001), above=False),
    "Unusually much illness",
    method="aberration", baseline="seasonal", level="township",
)  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    watched.store(tmp_path, {"A": "水位", "B": "水位", "C": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER, HEALTH, ILL))
    conftest._forget_store()
    yield tmp_path
    conftest._forget_store()


def fill() -> None:
    """A stands at orange, B is stuck at 1, C was blue once; illness breaks out in the west."""
    rng = np.random.default_rng(3)
    sound = (1 + rng.normal(0, 0.1, 400)).round(2)
    watched.read("A", [*sound[:398].tolist(), 2.5, 4.5])
    watched.read("B", [*sound[:300].tolist(), *([1.0] * 100)])
    once = sound.copy()
    once[200:203] = 2.5
    watched.read("C", once.tolist())
    alerts.evaluate()


def page_of(**address: str) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=90)
    for name, value in address.items():
        found.query_params[name] = value
    found.run()
    assert not found.exception
    return found


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def texts(page: AppTest) -> str:
    every = [*page.markdown, *page.caption, *page.info, *page.error, *page.success, *page.warning]
    return "\n".join(str(e.value) for e in every)


def tile(page: AppTest, title: str) -> str:
    found = re.search(rf">{title}</div><div class=\"ct-value\">(.*?)</div>", html(page))
    assert found is not None, title
    return found[1]


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def deck(page: AppTest) -> dict[str, dict[str, Any]]:
    (found,) = [json.loads(e.proto.json) for e in page.get("deck_gl_json_chart")]
    return {layer["id"]: layer for layer in found["layers"][0]}


# ---------------------------------------------------------------- nothing yet


def test_without_data_it_says_what_to_do(here: Path) -> None:
    page = page_of()
    assert "尚无事件和监测读数" in page.info[0].value


def test_nothing_open_says_when_it_last_looked(here: Path) -> None:
    rng = np.random.default_rng(3)
    for name in "ABC":
        watched.read(name, rng.normal(1, 0.1, 60).tolist())
    alerts.evaluate()
    page = page_of()
    assert "没有未解除的预警" in texts(page)
    assert "规则最近一次读取新数据" in texts(page)
    assert tile(page, "可信设备") == "3"


def test_an_outsider_sees_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "公开")
    settings.cache_clear()
    page = page_of()
    assert "预警使用内部数据" in page.info[0].value
    assert "水位" not in html(page) + texts(page)
    assert not page.button


# ---------------------------------------------------------------- what stands open


def test_counts_sentence_and_list(here: Path) -> None:
    fill()
    page = page_of()
    assert [tile(page, t) for t in ("红色", "橙色", "黄色", "蓝色")] == ["0", "1", "0", "0"]
    assert (tile(page, "设备故障"), tile(page, "可信设备")) == ("1", "2")
    assert "当前有 1 条预警，最高为橙色：水位" in texts(page)
    assert "当前值4.5，阈值4。" in html(page)
    # B stands at 1 m, far below blue; but it is stuck, so nobody knows.
    assert "情况不明，不视为安全" in html(page)
    english = page_of(lang="en")
    assert "Open warnings\\: 1. The gravest is Orange\\: Water level" in texts(english)


def test_the_map_never_draws_a_stuck_sensor_as_safe(here: Path) -> None:
    fill()
    layers = deck(page_of())
    good = {row["id"]: row for row in layers["sensors-good"]["data"]}
    out = {row["id"]: row for row in layers["sensors-out"]["data"]}
    assert set(good) == {"A", "C"}
    assert set(out) == {"B"}
    assert good["A"]["c"][:3] == [0xFB, 0x92, 0x3C]
    assert out["B"]["s"] == "故障，情况不明 · 1 m"


def test_an_alert_is_acknowledged_muted_and_judged(here: Path) -> None:
    fill()
    (alert,) = (s for s in alerts.open_alerts("备用") if s.kind == "threshold")
    page = page_of(alert=str(alert.id))
    assert "当前值 4.50 m，阈值 4 m。" in texts(page)
    page.text_input[0].set_value("已派人查看").run()
    button(page, "确认").click().run()
    assert "已记入台账" in page.success[0].value
    assert "办公室已确认" in html(page)
    assert page.text_input[0].value == ""
    page.text_input[0].set_value("检修").run()
    button(page, "静默").click().run()
    assert "静默至" in html(page)
    button(page, "解除静默").click().run()
    button(page, "上报").click().run()
    button(page, "属实").click().run()
    assert not page.exception
    story = alerts.story_of("备用", alert.id)
    assert [(e.action, e.who) for e in story.lines[-5:]] == [
        ("acknowledged", "办公室"), ("muted", "办公室"), ("muted", "办公室"),
        ("escalated", "办公室"), ("judged", "办公室"),
    ]  # fmt: skip
    assert story.judged
    assert alerts.verify_ledger().sound


def test_a_warning_of_a_sensor_out_of_order_says_so(here: Path) -> None:
    rng = np.random.default_rng(3)
    watched.read("A", [*(1 + rng.normal(0, 0.1, 300)).round(2).tolist(), *([4.5] * 100)])
    alerts.evaluate()
    page = page_of()
    assert tile(page, "橙色") == "1"
    assert "设备故障，读数不可信" in html(page)


def test_an_alert_that_is_not_there(here: Path) -> None:
    fill()
    page = page_of(alert="99")
    assert "没有编号为 99 的预警信号" in page.warning[0].value


# ---------------------------------------------------------------- sensors, counts


def test_sensors_with_their_health(here: Path) -> None:
    fill()
    page = page_of(view="sensors")
    table = page.dataframe[0].value
    assert table["监测设备"].tolist() == ["B", "A", "C"]  # faults first, then warnings
    assert table["设备状态"].tolist() == ["■ 故障", "● 良好", "● 良好"]
    assert table["预警"].tolist() == ["故障，情况不明", "橙色", "无预警"]
    assert table["最新读数"].tolist()[0] == "1 m"
    assert len(table["近期读数"].tolist()[1]) == 56
    assert "其中 1 台不可信" in texts(page)
    assert "数据源" in html(page) + texts(page)


def test_counts_of_events_beside_what_was_expected(here: Path) -> None:
    rng = np.random.default_rng(11)
    days = [d for d in range(120) for _ in range(rng.poisson(0.3))]
    days += [d for d, n in ((100, 5), (101, 8), (102, 8)) for _ in range(n)]
    day = 24 * watched.HOUR
    watched.happen([watched.START + d * day + 9 * watched.HOUR for d in days], category="疾病报告")
    alerts.evaluate()
    page = page_of(view="events")
    assert "东山街道" in texts(page)
    (chart,) = [json.loads(e.proto.spec) for e in page.get("plotly_chart")]
    bars = next(t for t in chart["data"] if t["type"] == "bar")
    assert sum(bars["y"]) == len([d for d in days if d < max(days)])  # whole days only
    first = next(k for k, c in enumerate(bars["marker"]["color"]) if c.startswith(("#F", "#E")))
    assert bars["x"][first] in ("2026-01-09", "2026-01-10", "2026-01-11")


# ---------------------------------------------------------------- the ledger, rules


def test_the_ledger_counts_judgements_and_checks_itself(here: Path) -> None:
    fill()
    ended = next(s for s in alerts.ledger("备用").stories if s.subject == "C")
    alerts.judge(ended.id, "王强", "false", visitor="备用")
    page = page_of(view="ledger")
    assert "已人工研判 1 条，其中属实 0 条、误报 1 条" in texts(page)
    assert "0% (0%–79%)，研判数少" in html(page)
    assert len(page.dataframe[0].value) == 3
    page.selectbox[2].set_value("false").run()
    assert page.dataframe[0].value["预警信号"].tolist() == [ended.id]
    assert "judged=false" in html(page)
    button(page, "逐条核验").click().run()
    assert "均与写入时一致" in texts(page)


def test_thresholds_are_tried_before_they_are_used(here: Path) -> None:
    fill()
    page = page_of(view="rules", **{"try": "water"})
    assert "过去一年会在 2 处发出 2 次预警" in texts(page)
    use = button(page, "采用此阈值")
    assert use.disabled
    page.number_input[0].set_value(3.5).run()
    page.number_input[1].set_value(3.8).run()
    assert "过去一年会在 1 处发出 1 次预警" in texts(page)
    assert "现行阈值为 2 次" in texts(page)
    assert button(page, "采用此阈值").disabled  # nobody has said that they looked
    page.checkbox[0].check().run()
    assert not button(page, "采用此阈值").disabled
    button(page, "采用此阈值").click().run()
    assert "规则已修改" in texts(page)
    stored = next(r for r in alerts.rules_in("备用") if r.id == "water")
    assert stored.rule.thresholds == (3.5, 3.8, 4.0, 5.0)
    assert (stored.changed_by, stored.begins is not None) == ("办公室", True)


def test_thresholds_that_cannot_be_are_named(here: Path) -> None:
    fill()
    page = page_of(view="rules", **{"try": "water"})
    page.number_input[0].set_value(9.0).run()
    assert "由蓝到红应逐级更严" in page.error[0].value


def test_a_rule_is_switched_off(here: Path) -> None:
    fill()
    page = page_of(view="rules", **{"try": "water"})
    page.checkbox[0].check().run()
    button(page, "停用规则").click().run()
    assert not next(r for r in alerts.rules_in("备用") if r.id == "water").enabled
    assert replace(WATER, enabled=False).enabled is False


@pytest.mark.parametrize("view", ["now", "sensors", "events", "ledger", "rules"])
def test_every_view_speaks_english(here: Path, view: str) -> None:
    fill()
    page = page_of(view=view, lang="en")
    told = re.sub(r"<[^>]*>", "", html(page)) + texts(page)
    known = ("值班室", "分管副县长", "水位")  # names that the county gave
    for name in known:
        told = told.replace(name, "")
    assert not re.findall(r"[一-鿿]+", told)


# ---------------------------------------------------------------- a new rule


def test_a_new_rule_is_tried_and_switched_on(here: Path) -> None:
    fill()
    page = page_of(view="rules", part="new")
    box = {b.label: b for b in page.selectbox}
    assert box["预警对象"].options[:2] == ["某类监测设备", "单台设备"]
    box["预警对象"].select("sensor").run()
    next(b for b in page.selectbox if b.label == "具体对象").select("A").run()
    next(b for b in page.selectbox if b.label == "阈值类型").select("unit").run()
    assert "请至少填写一个阈值" in page.info[0].value
    numbers = {n.label: n for n in page.number_input}
    numbers["橙色"].set_value(4.0)
    numbers["蓝色"].set_value(2.2).run()
    assert "过去一年会在 1 处发出 1 次预警" in texts(page)  # A went to 2.5, then 4.5
    assert "只统计预警次数" in texts(page)
    next(n for n in page.number_input if n.label == "所预警的数值").set_value(4.0).run()
    assert "其中 1 次之后确有其事，0 次没有" in texts(page)
    assert button(page, "启用新规则").disabled
    next(t for t in page.text_input if t.label == "规则名称").set_value("A 深水").run()
    page.checkbox[0].check().run()
    button(page, "启用新规则").click().run()
    assert not page.exception
    assert "新规则已保存" in texts(page)
    rule = next(r for r in alerts.rules_in("备用") if r.id == "own-1")
    assert (rule.subject, rule.rule.thresholds, rule.unit) == (
        "sensor:A", (2.2, None, 4.0, None), "m",
    )  # fmt: skip
    assert (rule.title, rule.changed_by, rule.enabled) == ("A 深水", "办公室", True)
    assert rule.outcome == Outcome(4.0, within_hours=24)
    assert rule.escalation == Escalation(30, ("值班室", "值班领导", "分管副县长"))
    alerts.evaluate()
    (raised,) = (s for s in alerts.open_alerts("备用") if s.rule.id == "own-1")
    assert raised.peak == 3


def test_a_new_rule_that_cannot_be_says_why(here: Path) -> None:
    fill()
    page = page_of(view="rules", part="new")
    next(b for b in page.selectbox if b.label == "阈值类型").select("unit").run()
    numbers = {n.label: n for n in page.number_input}
    numbers["蓝色"].set_value(4.0)
    numbers["黄色"].set_value(3.0).run()
    assert "由蓝到红应逐级更严" in page.error[0].value
    assert not [b for b in page.button if b.label == "启用新规则"]


@pytest.mark.parametrize("what", ["theme", "category", "indicator"])
def test_a_new_rule_over_regions(here: Path, what: str) -> None:
    day = 24 * watched.HOUR
    watched.happen([watched.START + k * day for k in range(40) for _ in range(1 + k % 3)])
    page = page_of(view="rules", part="new")
    next(b for b in page.selectbox if b.label == "预警对象").select(what).run()
    if what != "indicator":
        assert not page.exception
        assert "过去一年会在" in texts(page)  # days with unusually many, as the usual rules
        next(b for b in page.selectbox if b.label == "阈值类型").select("count").run()
    next(n for n in page.number_input if n.label == "蓝色").set_value(2.0).run()
    assert not page.exception
    assert "过去一年会在" in texts(page)


def test_times_of_writing_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    # 17:30 in UTC is half past one of the next day in China.
    assert written_text(dt.datetime(2025, 10, 31, 17, 30)).endswith("01:30")
    monkeypatch.setenv("COCKPIT_TIMEZONE", "UTC")
    settings.cache_clear()
    assert written_text(dt.datetime(2025, 10, 31, 17, 30)).endswith("17:30")
    settings.cache_clear()
    assert written_text(None) == "—"


def test_shares_of_a_past_have_no_needless_noughts() -> None:
    rule = replace(WATER, rule=Rule((0.98, 0.99, 0.998, 0.9995)), own=True, outcome=None)
    assert limits_text(rule).startswith("98% / 99% / 99.8% / 99.95%")
