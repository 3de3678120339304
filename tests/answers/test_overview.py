"""The overview of a county whose every figure is known by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.rules import PAGES
from cockpit.answers import overview as answers
from cockpit.answers import overview_services, overview_targets
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import current_happenings
from cockpit.answers.overview import Overview
from cockpit.answers.overview_events import course_of
from cockpit.answers.overview_parts import Headline
from cockpit.answers.overview_services import SERVICES, Beyond, share_within, target_of
from cockpit.answers.overview_villages import attention
from cockpit.answers.overview_words import change_of, filled, note_of, sentence_of, shown
from cockpit.answers.risk_places import LEVELS
from cockpit.coverage.services import SERVICES as CARE
from cockpit.coverage.standard_check import Checked
from cockpit.coverage.standard_list import STANDARDS
from cockpit.indicators import INDICATORS
from cockpit.settings import settings
from cockpit.store.models import Event
from cockpit.store.session import engine, open_engine
from tests import conftest, eventful, tiny

NOISE, FIRE = "噪声扰民", "火灾"
DAYS = 400
LAST = (eventful.FIRST + dt.timedelta(days=DAYS - 1)).date()
VILLAGE = "529901001001"

# By hand. One noise complaint a day for 400 days from 1 June 2025 on, at 08:00 in grid 15, closed
# after five hours. Eight more on days 380 to 387 in grid 5. Three stand open: noise of day 390 in
# grid 5 (late: all closed ones took five hours), a fire of day 300 in grid 10 (of its kind too few
# were closed to call it late), and noise of the last day at 23:30, which makes that day whole.


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("overview")
    made = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    tiny.fill(made)
    with Session(made) as db:
        eventful.add_dataset(db, "events", "events", eventful.EVENTS)
        for day in range(DAYS):
            eventful.add_event(db, f"S{day}", NOISE, grid=15, day=day)
        for day in range(380, 388):
            eventful.add_event(db, f"R{day}", NOISE, grid=5, day=day)
        eventful.add_event(db, "O1", NOISE, grid=5, day=390, closed=False)
        eventful.add_event(db, "O2", FIRE, grid=10, day=300, closed=False)
        eventful.add_event(db, "O3", NOISE, grid=15, day=DAYS - 1 + 15.5 / 24, closed=False)
        db.commit()
    made.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        conftest._forget_store()
        yield folder
        conftest._forget_store()


@pytest.fixture(scope="module")
def found(county: Path) -> Overview:
    made = answers.warm("备用")
    assert made is not None
    return made


def line(found: Overview, name: str) -> Headline:
    one = found.headline(name)
    assert one is not None, name
    return one


def test_moments(found: Overview) -> None:
    assert found.as_of == dt.datetime(LAST.year, LAST.month, LAST.day, 23, 30)
    assert found.day == LAST
    assert found.data_class == "备用"


@pytest.mark.parametrize(
    ("name", "value", "changes"),
    [
        # The last day has two (one at 23:30), the day before one. Days 393 to 399 have 8; 386 to
        # 392 have 7, two of the eight, and the open one; days 29 to 35 have one each.
        ("events", 8, {"day": (2, 1), "week": (8, 10), "year": (8, 7)}),
        ("appeals", 8, {"day": (2, 1), "week": (8, 10), "year": (8, 7)}),
        ("events_open", 3, {"day": (3, 2), "week": (3, 2), "year": (3, 0)}),
        ("events_late", 1, {"day": (1, 1), "week": (1, 1), "year": (1, 0)}),
    ],
)
def test_changes_by_hand(
    found: Overview, name: str, value: float, changes: dict[str, tuple[float, float]]
) -> None:
    one = line(found, name)
    assert one.value == value
    assert {c.period: (c.now, c.before) for c in one.changes} == changes
    better = None if name == "appeals" else True
    for change in one.changes:
        more = change.difference
        expected = None if not better or not more else more < 0
        assert change.good is expected, change


def test_the_weeks_of_the_line(found: Overview) -> None:
    # 379 to 385: seven and six of the eight; before that seven a week.
    assert line(found, "events").trend == (*[7.0] * 10, 13.0, 10.0, 8.0)
    assert line(found, "events_open").trend[-3:] == (1.0, 2.0, 3.0)


def test_changes_equal_a_recount_of_the_stored_rows(found: Overview) -> None:
    with Session(engine()) as db:
        rows = db.execute(select(Event.reported, Event.closed)).all()
    for change in line(found, "events").changes:
        for figure, first, last in (
            (change.now, change.start, change.end),
            (change.before, change.before_start, change.before_end),
        ):
            assert figure == sum(first <= r.reported.date() <= last for r in rows)
    for change in line(found, "events_open").changes:
        then = dt.datetime.combine(change.before_end, found.as_of.time())
        still = [r for r in rows if r.reported <= then and (r.closed is None or r.closed > then)]
        assert change.before == len(still)


def test_residents_and_what_they_are_held_against(found: Overview) -> None:
    residents, aged = line(found, "residents"), line(found, "aged")
    assert (residents.value, aged.value) == (1360, 272)  # a fifth of all is 65 to 69
    assert residents.changes == ()
    assert shown(residents, "zh") == "1,360 人"
    assert note_of(aged, "en") == "20.0% of all residents"
    assert change_of(residents, "day", "en") == "not followed by days"


def test_every_figure_leads_to_a_place_that_there_is(found: Overview) -> None:
    for one in found.headlines:
        assert one.page in PAGES
        assert one.query.get("indicator", "people") in INDICATORS
        assert one.query.get("service", "fire") in CARE
        assert one.query.get("level", "village") in LEVELS


def test_words_of_a_change(found: Overview) -> None:
    assert change_of(line(found, "events"), "week", "en") == "−2 vs the 7 days before"
    assert change_of(line(found, "events"), "week", "zh") == "−2 较前7日"
    assert change_of(line(found, "events_late"), "day", "en") == "±0 vs a day earlier"


def test_the_village_with_points(county: Path) -> None:
    known, twin = current_happenings("备用"), current_twin()
    assert known is not None
    assert twin is not None
    villages = attention(twin, 0, course_of(known, 0), (), (), small_count=10)
    # Nine events against a usual of none are nine deviations: 25 points; one late event: 3. The
    # steady village has 29 against 28, which is noise.
    assert [(v.code, v.score) for v in villages] == [(VILLAGE, 28.0)]
    reasons = [sentence_of(r, "en") for r in villages[0].reasons]
    assert reasons == [
        "9 events in 28 days, usually 0.0.", "1 events are open beyond their usual time.",
    ]  # fmt: skip
    assert sentence_of(villages[0].reasons[0], "zh") == "近28天9件事件，平常为0.0件。"
    assert [(r.page, dict(r.query)) for r in villages[0].reasons] == [
        ("risk", {"level": "village", "place": VILLAGE}),
        ("map", {"region": VILLAGE}),
    ]


def test_small_groups_are_no_reason(county: Path) -> None:
    twin = current_twin()
    assert twin is not None
    rows = twin.below(0, "village")
    people = np.zeros(len(twin.regions))
    people[rows] = [9.99, 10, 250, 0]
    villages = attention(twin, 0, None, (), [Beyond(SERVICES[0], people)], small_count=10)
    assert [v.score for v in villages] == [2.5, 0.1]
    assert sentence_of(villages[1].reasons[0], "en").startswith("10 residents of 60 and over")


def test_a_part_of_the_county(county: Path) -> None:
    answers.warm("备用")
    part = answers.overview("备用", "529901001")
    assert part is not None
    assert part.version.endswith("~529901001")
    twin = current_twin()
    assert twin is not None
    assert line(part, "residents").value == twin.measures["people"][twin.position("529901001")]
    assert line(part, "events_open").value < 3  # not every open event lies there
    assert {v.code[:9] for v in part.villages} <= {"529901001"}


def test_a_visitor_of_the_public_class_gets_no_event(county: Path) -> None:
    found = answers.overview("公开")
    assert found is not None
    assert not [h.id for h in found.headlines if h.data_class != "公开"]
    assert "Events: none are stored that are open to you." in [t for t, _ in found.gaps]


def test_what_is_known_is_not_worked_out_again(county: Path) -> None:
    first = answers.warm("备用")
    assert answers.overview("备用") is first


# ---------------------------------------------------------------- services


def _checked(standard: str, total: float, missing: float, **more: float) -> Checked:
    changed = replace(STANDARDS[standard], **more)
    return Checked(changed, 0.0, "share", "red", total, missing)


def test_standards_of_town_and_country_are_joined_by_people() -> None:
    checks = [_checked("primary_500m", 300, 200), _checked("primary_2500m", 100, 20)]
    assert share_within(checks) == pytest.approx(180 / 400)
    target = target_of(checks)
    assert (target.value, target.watch, target.words) == (85, 70, "This project's")
    own = [*checks[:1], _checked("primary_2500m", 100, 20, goal=0.65, watch=0.5)]
    assert target_of(own).value == pytest.approx(80)  # (300 x 85 + 100 x 65) / 400
    assert np.isnan(share_within([]))
    assert np.isnan(share_within([_checked("primary_500m", 0, 0)]))


def test_services_that_are_not_worked_out_yet_are_told(
    county: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.forget()
    monkeypatch.setattr(overview_services._desk, "_work", lambda: None)
    found = answers.overview("备用")
    answers.forget()
    assert found is not None
    assert found.headline("care") is None
    assert found.pending


# ---------------------------------------------------------------- targets


@pytest.fixture
def targets(county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "targets.toml"
    monkeypatch.setenv("COCKPIT_TARGETS", str(file))
    settings.cache_clear()
    yield file
    monkeypatch.undo()
    settings.cache_clear()


def test_a_target_of_the_county_gives_the_light(targets: Path) -> None:
    targets.write_text(
        '[targets.events]\nvalue = 7\nbetter = "lower"\nwatch = 8\nsource = "县政府报告"\n',
        encoding="utf-8",
    )
    found = answers.overview("备用")
    assert found is not None
    events = line(found, "events")
    assert (events.light, events.target, events.target_words) == ("watch", 7, "县政府报告")
    assert answers.target_of(events, "zh") == "目标 ≤ 7（县政府报告）"
    assert line(found, "events_open").light == "none"  # nobody has set one
    targets.unlink()
    again = answers.overview("备用")
    assert again is not None
    assert line(again, "events").light == "none"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[targets.evnts]\nvalue = 1\n", "[targets.evnts]: found evnts; expected alerts, events,"),
        ("[targets.events]\nvalue = 'x'\n", "[targets.events] value: found x; expected 0, 1.5"),
        ("[targets.events]\nvalue = 1\n",
         "[targets.events] better: found -; expected higher / lower."),
        ('[targets.events]\nvalue = 5\nbetter = "lower"\nwatch = 4\n',
         "[targets.events] watch: found 4; expected >= 5."),
        ('[targets.events]\nvalue = 5\nbetter = "lower"\ncolour = 4\n',
         "[targets.events]: found colour; expected value, better, watch, source."),
        ("[targets.events\n", "-: found Expected ']'"),
        ("[goals]\n", "goals: found goals; expected [targets.<id>]."),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_in_one_sentence_and_the_page_goes_on(
    targets: Path, text: str, told: str
) -> None:
    more = '\n[targets.aged]\nvalue = 300\nbetter = "lower"\n'
    sound = text.startswith("[targets.events]")
    targets.write_text(text + more if sound else text, encoding="utf-8")
    found = answers.overview("备用")
    assert found is not None
    wrong = [filled(gap, "en") for gap in found.gaps if gap[0].startswith("Targets:")]
    assert wrong[0].startswith(f"Targets: targets.toml, {told}")
    assert wrong[0].endswith("It is left out.")
    assert line(found, "events").light == "none"
    if sound:
        assert line(found, "aged").light == "good"  # the rest of the file counts


def test_every_figure_may_have_a_target() -> None:
    assert set(overview_services.titles()) < set(answers.IDS)
    assert len(set(answers.IDS)) == len(answers.IDS)
    assert overview_targets.stamp()[1:] == (0, 0)


# ---------------------------------------------------------------- nothing there


def test_an_empty_store_has_no_overview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    conftest._forget_store()
    assert answers.overview("备用") is None
    conftest._forget_store()


def test_values_of_reasons_can_be_told_in_any_language(found: Overview) -> None:
    for village in found.villages:
        for reason in village.reasons:
            assert sentence_of(reason, "zh") != sentence_of(reason, "en")
            assert reason.weight > 0
    assert json.dumps([dict(r.query) for v in found.villages for r in v.reasons])
