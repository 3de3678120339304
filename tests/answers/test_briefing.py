"""Issues from a county counted by hand: figures, the second count, what is kept and compared."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from cockpit.answers import alert_watch, alerts, briefing, briefing_facts
from cockpit.answers import overview as overviews
from cockpit.answers.alert_rules import StandingRule
from cockpit.answers.briefing_facts import chosen
from cockpit.answers.overview_parts import Headline, Overview
from cockpit.briefing.changes import sentences
from cockpit.locale import translate
from cockpit.risk.rules import Rule
from cockpit.store.models_looks import Briefing
from cockpit.store.session import engine, open_engine
from geodata.errors import CockpitError, DataFileError, InputError
from tests import conftest, eventful, tiny, watched

NOISE = "噪声扰民"
LAST = dt.datetime(2025, 11, 10, 23, 30)
DAY = dt.date(2025, 11, 10)
WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m"
)  # fmt: skip

# By hand. The tiny county, a gauge that stands at orange from its last hour on, and one noise
# complaint a day at 08:00 in grid 15 for the 41 days up to 10 November 2025, each closed after five
# hours; one more on that last day at 23:30, open, and one of day 30 in grid 5, open and late.


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("briefing")
    watched.store(folder, {"A": "水位"})
    first = DAY - dt.timedelta(days=40)
    start = (dt.datetime.combine(first, dt.time(8)) - eventful.FIRST).days
    made = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with Session(made) as db, pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventful, "EVENTS", watched.EVENTS)
        for day in range(41):
            eventful.add_event(db, f"S{day}", NOISE, grid=15, day=start + day)
        eventful.add_event(db, "O1", NOISE, grid=5, day=start + 30, closed=False)
        eventful.add_event(db, "O2", NOISE, grid=15, day=start + 40 + 15.5 / 24, closed=False)
        db.commit()
    made.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        patch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
        conftest._forget_store()
        hours = 400
        begin = LAST.replace(minute=0) - dt.timedelta(hours=hours)
        watched.read("A", [*([1.0, 1.1] * (hours // 2)), 4.5], first=begin)
        alerts.evaluate()
        yield folder
        conftest._forget_store()


@pytest.fixture(autouse=True)
def _empty(county: Path) -> Iterator[None]:
    yield
    with Session(engine()) as db:
        db.execute(text("DELETE FROM briefing"))
        db.commit()
    briefing._counted.clear()


def figures(made: briefing.Issue) -> dict[str, Any]:
    return {f.id: f for f in made.facts.figures}


def test_figures_worked_out_by_hand() -> None:
    made = briefing.issue("daily", "备用")
    found = figures(made)
    assert made.facts.as_of == LAST
    assert made.facts.number == "2025-314"
    # Seven days with one each, and the one at 23:30 of the last day.
    assert found["events"].value == 8
    day = found["events"].move("day")
    assert (day.now, day.before, day.good) == (2, 1, False)
    assert found["events_open"].value == 2
    assert found["events_late"].value == 1
    assert found["residents"].value == 1360
    assert [(a.level, a.title.en, a.doing.zh) for a in made.facts.alerts] == [
        (3, "Water level", "尚无人受理")
    ]
    assert made.facts.villages[0].code == "529901001001"
    assert made.facts.data_class == "备用"


def test_every_figure_has_its_id_lineage_and_second_count() -> None:
    told = briefing.issue("daily", "备用").facts
    checked = {p.id: p for p in told.checked}
    assert {f.id for f in told.figures if f.value is not None} <= set(checked)
    assert checked["events.day.before"].found == 1
    assert checked["events_late"].sources == ("events",)
    assert checked["events_late"].how.en.startswith("Open events that are older than nine of ten")
    village = told.villages[0].code
    assert any(name.startswith(village) for name in checked)


def altered(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    told = overviews.warm("备用")
    assert told is not None
    wrong = change(told)
    monkeypatch.setattr(overviews, "warm", lambda *_: wrong)


def line(told: Overview, name: str, **values: Any) -> Overview:
    return replace(
        told,
        headlines=tuple(replace(h, **values) if h.id == name else h for h in told.headlines),
    )


def refused(kind: str = "daily", visitor: str = "备用", day: dt.date | None = None) -> list[str]:
    with pytest.raises(CockpitError) as error:
        briefing.issue(kind, visitor, day)
    found = error.value
    return [translate(found.template, lang, **found.values) for lang in ("en", "zh")]


def test_one_altered_figure_refuses_the_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    altered(monkeypatch, lambda told: line(told, "events_open", value=3.0))
    assert refused() == [
        "The briefing is not made: Open events stands as 3; counted again from the data it is 2.",
        "简报未生成：“未办结事件”显示为 3，从数据重新计算为 2。",
    ]


def test_so_does_an_altered_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(told: Overview) -> Overview:
        own = told.headline("events")
        assert own is not None
        moved = tuple(replace(c, before=5.0) if c.period == "day" else c for c in own.changes)
        return line(told, "events", changes=moved)

    altered(monkeypatch, change)
    assert refused()[0] == (
        "The briefing is not made: Events, the day before stands as 5; counted again from the data "
        "it is 1."
    )


def test_so_does_an_altered_reason_of_a_village(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(told: Overview) -> Overview:
        first = told.villages[0]
        reasons = tuple(
            replace(r, values={**r.values, "n": 9}) if "usual time" in r.template else r
            for r in first.reasons
        )
        return replace(told, villages=(replace(first, reasons=reasons), *told.villages[1:]))

    altered(monkeypatch, change)
    assert refused()[0].endswith(
        "9 events are open beyond their usual time. stands as 9; counted again from the data it "
        "is 1."
    )


def test_so_does_a_figure_that_the_page_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    altered(monkeypatch, lambda told: line(told, "residents", value=None))
    assert "stands as —; counted again from the data it is 1,360." in refused()[0]


def test_an_issue_is_kept_once_and_made_again_alike() -> None:
    first = briefing.issue("daily", "备用")
    body = {e: briefing.file_of(first, "zh", e) for e in briefing.FORMS}
    briefing._counted.clear()
    again = briefing.issue("daily", "备用")
    assert (first.kept, again.kept) == (True, True)
    assert {e: briefing.file_of(again, "zh", e) for e in briefing.FORMS} == body
    briefing.issue("weekly", "备用")
    briefing.issue("daily", "公开")
    with Session(engine()) as db:
        assert db.execute(select(func.count()).select_from(Briefing)).scalar() == 3
        row = db.execute(select(Briefing).where(Briefing.kind == "weekly")).scalar_one()
        assert (row.as_of, row.data_class, row.county) == (DAY, "备用", "529901")


def test_the_next_issue_compares_itself_with_the_last() -> None:
    old = briefing.issue("daily", "备用")
    assert old.facts.before is None
    earlier = replace(
        old.facts, as_of=LAST - dt.timedelta(days=1), alerts=(),
        figures=tuple(
            replace(f, value=99.0, said=replace(f.said, zh="99", en="99")) if f.id == "events"
            else f for f in old.facts.figures
        ),
    )  # fmt: skip
    with Session(engine()) as db:
        db.execute(text("DELETE FROM briefing"))
        db.commit()
    assert briefing._keep(earlier).kept
    now = briefing.issue("daily", "备用").facts
    assert now.before == DAY - dt.timedelta(days=1)
    assert [d.en for d in now.differences] == [
        "New alert: Orange, Water level, Dongshan Village 01.",
        "Events in 7 days moved beyond its usual: 8, in the issue before 99.",
    ]
    kept = briefing.issue("daily", "备用", DAY - dt.timedelta(days=1))
    assert kept.facts.as_of == earlier.as_of


def test_a_kept_issue_is_never_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    first = briefing.issue("daily", "备用")
    briefing._counted.clear()
    altered(monkeypatch, lambda told: replace(told, alerts=()))
    other = briefing.issue("daily", "备用")
    assert not other.kept
    assert other.facts.alerts == ()
    page = briefing.file_of(other, "en", "html").decode()
    assert "An issue of this day is kept already with other figures" in page
    with Session(engine()) as db:
        row = db.execute(select(Briefing)).scalar_one()
        assert len(row.figures["alerts"]) == len(first.facts.alerts) == 1


def test_a_store_that_takes_no_writing_still_gives_the_file() -> None:
    overviews.warm("备用")

    # Every connection of the pool refuses to write, as a file that may only be read does.
    def only_read(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(engine(), "checkout", only_read)
    try:
        made = briefing.issue("daily", "备用")
        body = briefing.file_of(made, "zh", "pdf")
    finally:
        event.remove(engine(), "checkout", only_read)
        engine().dispose()
    assert (made.kept, made.note) == (
        False, "This issue was not kept: the store takes no writing now.",
    )  # fmt: skip
    told = pypdf.PdfReader(io.BytesIO(body)).pages[0].extract_text()
    assert "本期未存档" in told.replace("\n", "").replace(" ", "")


def test_the_public_gets_none_of_the_restricted_figures() -> None:
    told = briefing.issue("daily", "公开").facts
    assert told.data_class == "公开"
    assert not {"events", "events_open", "events_late", "alerts", "appeals"} & {
        f.id for f in told.figures
    }
    assert told.alerts == ()
    body = briefing.file_of(briefing.Issue(told, True), "en", "html").decode()
    assert "Alerts are not told in this issue." in body
    assert "Water level" not in body


def test_words_of_refusals() -> None:
    assert refused("hourly") == [
        "There is no issue hourly; expected one of daily, weekly.",
        "没有“hourly”这种简报；可选：daily, weekly。",
    ]
    assert refused(day=dt.date(2020, 1, 1)) == [
        "There is no daily briefing of 2020-01-01: the data speak of 2025-11-10, and none of that "
        "day was kept.",
        "没有 2020-01-01 的每日简报：数据截至 2025-11-10，当日也没有存档。",
    ]
    made = briefing.issue("daily", "备用")
    with pytest.raises(InputError, match=r"no form txt; expected one of html, pdf, docx\."):
        briefing.file_of(made, "zh", "txt")
    with pytest.raises(InputError, match="x: not a date; expected year-month-day"):
        briefing.day_of("x")
    assert briefing.day_of("") is None
    assert briefing.day_of("2025-10-31") == dt.date(2025, 10, 31)


def test_an_empty_store_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overviews, "warm", lambda *_: None)
    with pytest.raises(DataFileError, match=r"Nothing is loaded yet; load a county first\."):
        briefing.issue("daily", "备用")


def test_a_county_without_events_makes_an_issue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    tiny.fill(made)
    made.dispose()
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    try:
        told = briefing.issue("weekly", "备用").facts
        page = briefing.file_of(briefing.Issue(told, True), "zh", "html").decode()
    finally:
        monkeypatch.undo()
        conftest._forget_store()
    assert "residents" in {f.id for f in told.figures}
    assert "缺少前一周的数据，无法判断哪些指标变差。" in page


def test_each_number_says_the_days_that_it_is_of() -> None:
    daily, weekly = (briefing.issue(kind, "备用").facts for kind in ("daily", "weekly"))
    events = {f.id: f for f in daily.figures}["events"]
    assert (events.title.zh, events.unit.zh, events.said.zh) == ("近7日事件", "件", "8 件")
    day, week, year = events.moves
    assert (day.against.zh, day.against.en) == (
        "当日2件，+1 较前一日", "that day 2: +1 vs the day before",
    )  # fmt: skip
    assert week.against.zh == "±0 较前7日"
    assert (year.against.zh, year.against.en) == (
        "较去年同期：2025年10月1日以前没有数据", "vs last year: no data before 1 Oct 2025",
    )  # fmt: skip
    worse = sentences("daily", (events,))[0]
    assert worse.zh == "变差：当日事件2件（前一日1件）。"
    assert worse.en == "For the worse: Events of the day, 2 (1 the day before)."
    standing = {f.id: f for f in weekly.figures}["events_open"].move("week")
    assert standing is not None
    assert (standing.when.zh, standing.when.en) == ("一周前", "a week earlier")
    assert standing.against.en.endswith("vs a week earlier")


def with_targets(monkeypatch: pytest.MonkeyPatch, **lights: str) -> None:
    # 8 events against at most 4 are 100 % off, 1 late against at most 1 is none.
    # Two services have targets of their own and miss them. Events get no box here.
    aims = {"events": 4.0, "events_late": 1.0, "residents": 13600.0}

    def change(told: Overview) -> Overview:
        for name, target in aims.items():
            higher = name == "residents"
            light = lights.get(name, "good" if name == "events_late" else "bad")
            told = line(told, name, target=target, target_higher=higher, light=light)
        return told

    altered(monkeypatch, change)
    monkeypatch.setattr(
        briefing_facts, "chosen", lambda lines: tuple(h for h in lines if h.id != "events")
    )


def test_targets_without_a_box_stand_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with_targets(monkeypatch)
    told = briefing.issue("daily", "备用").facts
    assert [f.id for f in told.others] == ["events"]
    sentence = sentences("daily", told.figures, told.others)[2].zh
    assert sentence.startswith("5 项目标达到 1 项；差距最大的是近7日事件，为 8 件，")
    checked = {p.id: (p.said, p.found) for p in told.checked}
    assert checked["targets"] == (1, 1)
    assert checked["targets.farthest"] == (100, 100)
    assert checked["events"] == (8, 8)


def test_a_wrong_light_refuses_the_sentence_on_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    with_targets(monkeypatch, residents="good")
    assert refused()[0] == (
        "The briefing is not made: Targets reached stands as 2; counted again from the data it "
        "is 1."
    )


def test_eight_headlines_find_room_in_the_order_of_the_page() -> None:
    names = ("alerts", "events", "events_open", "events_late", "care", "school", "ambulance",
             "fire", "appeals", "residents", "aged")  # fmt: skip
    lines = [Headline(n, n, "", 1.0, 0, None, "公开") for n in names]
    assert [h.id for h in chosen(lines)] == [
        "alerts", "events", "events_open", "events_late", "care", "ambulance", "fire", "appeals",
    ]  # fmt: skip
    assert [h.id for h in chosen(lines[-2:])] == ["residents", "aged"]
