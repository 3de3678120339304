"""The page Overview: cards with lights and changes, villages, alerts, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cockpit.access.rules import home_of
from cockpit.access.visitor import Visitor
from cockpit.answers import alert_watch, alerts
from cockpit.answers import overview as answers
from cockpit.answers.alert_rules import StandingRule
from cockpit.risk.rules import Rule
from cockpit.ui.overview_map import apart
from tests import conftest, watched

PAGE = Path(__file__).parents[2] / "pages" / "overview.py"
WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m"
)  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Show the tiny county with a sensor that stands at orange, and no event at all."""
    folder = tmp_path_factory.mktemp("overview")
    watched.store(folder, {"A": "水位"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        patch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
        conftest._forget_store()
        rng = np.random.default_rng(3)
        watched.read("A", [*(1 + rng.normal(0, 0.1, 400)).round(2).tolist(), 2.5, 4.5])
        alerts.evaluate()
        answers.warm("备用")
        yield folder
        conftest._forget_store()


def page_of(**address: str) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=90)
    for name, value in address.items():
        found.query_params[name] = value
    found.run()
    assert not found.exception
    return found


def html(page: AppTest) -> str:
    told = "".join(str(e.proto.body) for e in page.get("html"))
    return re.sub("<style>.*?</style>", "", told)


def test_an_open_alert_is_on_top_with_place_time_and_what_is_done(here: Path) -> None:
    told = html(page_of(lang="en"))
    top, cards = told.split('"ov-cards"')[:2]
    assert "Orange · Water level" in top
    assert "since 17 Oct 2025 16:00" in top  # blue from the 401st hour on, orange since the next
    assert "nobody has taken it up yet" in top
    assert re.search(r'href="/warning\?lang=en&amp;alert=\d+"', top)
    assert re.search(r"Open alerts</a>.*?>1<span", cards)


def test_an_acknowledged_alert_says_by_whom(here: Path) -> None:
    number = alerts.open_alerts("备用")[0].id
    alerts.acknowledge(number, "王科长", visitor="备用")
    assert "王科长已确认" in html(page_of(lang="zh"))


def test_the_village_of_the_alert_comes_first_with_its_reason(here: Path) -> None:
    found = answers.overview("备用")
    assert found is not None
    assert found.villages[0].reasons[0].weight == 30
    told = html(page_of(lang="zh"))
    village = told.split('"ov-no"')[1]
    assert found.villages[0].name in village
    assert "当前橙色预警：水位。" in village
    assert f"/map?lang=zh&amp;region={found.villages[0].code}" in village


def test_what_is_missing_is_said_and_the_rest_is_shown(here: Path) -> None:
    page = page_of(lang="zh")
    told = html(page)
    assert "事件：没有对您开放的事件数据。" in told
    assert "1,360" in told
    assert not page.error


@pytest.mark.parametrize(("period", "words"), [("day", "较前一日此时"), ("week", "较一周前")])
def test_the_address_chooses_what_is_compared(here: Path, period: str, words: str) -> None:
    told = html(page_of(lang="zh", period=period))
    card = told.split('"ov-card"')[1]
    assert words in card.split("<details>")[0]
    assert all(title in card for title in ("昨日", "近一周", "去年同期"))  # all three in the detail


def test_a_light_never_stands_without_its_word(here: Path) -> None:
    told = html(page_of(lang="en"))
    for one in re.findall(r'<span class="ov-light ov-\w+"><i></i>(.*?)</span>', told):
        assert one in ("On target", "Close to target", "Off target")


def test_drawings_are_pictures_told_in_words(here: Path) -> None:
    told = html(page_of(lang="en"))
    assert "<svg" not in told
    for alt, source in re.findall(r'<img class="[\w-]+" alt="(.*?)".*?src="data:(.*?)"', told):
        assert len(alt) > 20
        assert unquote(source).endswith("</svg>")


def test_who_leads_begins_here_and_others_do_not() -> None:
    homes = {role: home_of(Visitor(roles=(role,))) for role in
             ("leader", "planner", "steward", "auditor", "administrator", "public")}  # fmt: skip
    assert homes == {
        "leader": "overview", "planner": "overview", "steward": "overview", "auditor": "audit",
        "administrator": "accounts", "public": "open",
    }  # fmt: skip


def test_marks_part_as_far_as_they_must_and_no_farther() -> None:
    assert apart([(0, 0), (50, 0)], 8) == [(0, 0), (50, 0)]
    one, two = apart([(10, 10), (12, 10)], 8)
    assert one == pytest.approx((7, 10))
    assert two == pytest.approx((15, 10))
    places = apart([(20, 20)] * 5, 8)
    gaps = [np.hypot(a[0] - b[0], a[1] - b[1]) for k, a in enumerate(places) for b in places[:k]]
    assert min(gaps) > 7
