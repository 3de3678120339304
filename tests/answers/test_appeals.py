"""What is asked of appeals, counted by hand on the eventful county; files and layers of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from cockpit.answers import appeals as answers
from cockpit.answers import appeals_layers, appeals_tables
from cockpit.answers.appeals import appeal_channels, current_appeals
from cockpit.answers.appeals_lists import (
    Asked,
    _survives,
    _without_personal,
    cases,
    counts,
    disputes,
    for_a_person,
    lines,
    newest,
    picked,
    places,
    rising_topics,
    topic_counts,
    urgent_rows,
    weeks,
)
from cockpit.appeals.rising import Topic
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import eventful

COUNTY = Asked("529901", days=0)
PRIVATE = "我叫张三，电话13812345678，燃气泄漏，请马上处理。"


@pytest.fixture
def known(eventful_here: Path) -> answers.Appeals:
    answers.forget()
    found = current_appeals("备用")
    assert found is not None
    return found


def again() -> answers.Appeals:
    from cockpit.answers import happenings

    answers.forget()
    happenings.forget()
    found = current_appeals("备用")
    assert found is not None
    return found


def test_counts_by_hand(known: answers.Appeals) -> None:
    chosen = picked(known, COUNTY)
    assert chosen.sum() == 14
    names = {known.topics[k]: n for k, n, _ in topic_counts(known, chosen)}
    assert names == {"盗窃": 10, "矛盾纠纷": 2, "噪声扰民": 2}
    found = counts(known, COUNTY)
    assert (found.n, found.urgent, found.repeated, found.cases, found.people) == (
        14,
        0,
        10,
        1,
        1360,
    )


def test_units_topics_and_days_narrow(known: answers.Appeals) -> None:
    # Xihe has a dispute in grid 15 and a noise complaint known to a village only.
    assert picked(known, Asked("529901100", days=0)).sum() == 2
    theft = known.topics.index("盗窃")
    assert picked(known, Asked("529901", 0, topic=theft)).sum() == 10
    # Days 0 to 9 are stored; all lie within the last four weeks.
    assert picked(known, Asked("529901", 28)).sum() == 14
    with pytest.raises(InputError, match="The county has no region 5"):
        picked(known, Asked("5"))
    with pytest.raises(InputError, match="There is no period of 3 days"):
        picked(known, Asked("529901", 3))
    with pytest.raises(InputError, match="There is no topic 99"):
        picked(known, Asked("529901", topic=99))
    with pytest.raises(InputError, match="There is no channel 9"):
        picked(known, Asked("529901", channels=(9,)))


def test_periods_are_whole_days(known: answers.Appeals) -> None:
    first, last = known.time.min(), known.time.max()
    with Session(engine()) as db:  # days 0 to 9 are stored: day 30 leaves days 3 to 30 in 4 weeks
        eventful.add_event(db, "L1", "噪声扰民", grid=2, day=30, text="夜里施工")
        db.commit()
    now = again()
    start = now.time.max().astype("datetime64[D]") - np.timedelta64(27, "D")
    found = counts(now, Asked("529901", 28))
    assert found.n == (now.time >= start).sum() < 15
    assert found.first == start.astype("datetime64[s]")  # at midnight, and told so
    assert counts(known, Asked("529901", 28)).first == first  # no longer than what is stored
    assert counts(known, COUNTY).last == last
    told = weeks(now, picked(now, Asked("529901", 28)))
    assert told is not None
    assert told.starts[0] == start
    assert told.total.sum() == found.n


def test_rates_of_places(known: answers.Appeals) -> None:
    found = places(known, picked(known, COUNTY), "529901", "village", "备用")
    assert found.counts.tolist() == [11, 0, 0, 2]  # grids 0 and 5; grid 15 and the village itself
    # Villages of 140, 460, 220 and 540 residents.
    assert found.people.tolist() == [140, 460, 220, 540]
    assert found.raw[0] == pytest.approx(1e4 * 11 / 140)
    assert found.rate[0] < found.raw[0]  # drawn towards the county's mean
    assert found.rate[1] > 0
    assert found.without_place == 1


def test_parts_add_up_to_the_whole(known: answers.Appeals) -> None:
    chosen = picked(known, COUNTY)
    for level in ("township", "village", "grid"):
        found = places(known, chosen, "529901", level, "备用")
        assert found.counts.sum() + found.without_place == 14
    told = weeks(known, chosen)
    assert told is not None
    assert told.counts.sum() + told.others.sum() == told.total.sum()


def test_repeats_and_disputes(known: answers.Appeals) -> None:
    chosen = picked(known, COUNTY)
    (case,), n = cases(known, chosen, "备用", most=5)
    assert (n, case.n, case.same_words, case.same_village) == (1, 10, True, True)
    _, named = disputes(known, chosen)
    assert dict(named) == {"宅基地边界": 1, "排水沟": 1}
    assert rising_topics(known, COUNTY).topics == ()


def test_masked_for_some_and_urgent_first(known: answers.Appeals) -> None:
    with Session(engine()) as db:
        eventful.add_event(db, "G1", "供水供电", grid=2, day=5, text=PRIVATE, closed=False)
        eventful.add_event(db, "G2", "其他", grid=2, day=6, text="不知道说什么好")
        db.commit()
    now = again()
    chosen = picked(now, COUNTY)
    (row,) = urgent_rows(now, chosen, 5).tolist()
    (one,) = lines(now, [row], "备用")
    assert one.text == "我叫[姓名]，电话[电话]，燃气泄漏，请马上处理。"
    assert one.department == "住建局"
    assert {s.sign: s.words for s in one.signs} == {"gas": "燃气泄漏", "pressing": "马上"}
    assert one.open
    assert lines(now, [row], "敏感")[0].text == PRIVATE
    (unsure,) = for_a_person(now, chosen).tolist()
    assert now.id(unsure) == "G2"  # registered under no topic, and no word tells
    assert now.id(int(newest(chosen, 1)[0])) in ("T9", "D2")


def test_no_phrase_is_a_part_of_a_name_or_number() -> None:
    says = ("路灯坏了", "井盖破损", "路灯坏了没人管")
    texts = [f"{text}，我叫张三，电话13812345678。" for text in says]
    assert _survives("路灯坏了", texts)
    assert not _survives("我叫张三", texts)
    assert not _survives("电话13812", texts)
    topic = Topic(
        "我叫张三", ("路灯坏了", "13812345"), 9, 0, 2.0, 0.01, np.arange(3), np.zeros(4, int)
    )
    kept = _without_personal(topic, texts)
    assert kept is not None
    assert (kept.phrase, kept.words) == ("路灯坏了", ())
    assert _without_personal(replace(topic, words=()), texts) is None


def test_the_public_gets_nothing(eventful_here: Path) -> None:
    with pytest.raises(InputError, match="Appeals are of class 备用; you may see 公开"):
        current_appeals("公开")


def test_channels_of_appeals() -> None:
    assert appeal_channels(("12345热线", "110报警", "城管巡查", "网格员上报")) == (
        "12345热线", "网格员上报",
    )  # fmt: skip
    assert appeal_channels(("APP", "110报警")) == ("APP",)
    assert appeal_channels(()) == ()


def test_no_file_has_a_text(known: answers.Appeals) -> None:
    with Session(engine()) as db:
        eventful.add_event(db, "G1", "供水供电", grid=2, day=5, text=PRIVATE)
        db.commit()
    now = again()
    for name in appeals_tables.TABLES:
        for language in ("zh", "en"):
            made = appeals_tables.table_of(now, COUNTY, name, visitor="敏感", language=language)
            assert all(len(row) == len(made[0]) for row in made)
            text = json.dumps(made, ensure_ascii=False)
            assert "泄漏，" not in text
            assert "1381234" not in text
            assert "电瓶" not in text or name == "rising"


def test_the_layer_says_what_the_table_says(known: answers.Appeals) -> None:
    with Session(engine()) as db:
        body = appeals_layers.appeals_layer(db, known, COUNTY, "village", "备用")
    found = {f["properties"]["id"]: f["properties"] for f in json.loads(body)["features"]}
    assert {code: p["k"] for code, p in found.items()} == {
        "529901001001": 11, "529901001002": 0, "529901100001": 0, "529901100002": 2,
    }  # fmt: skip
    assert found["529901001001"]["r"] == round(1e4 * 11 / 140, 1)


def test_addresses_change_with_every_live_event(known: answers.Appeals) -> None:
    assert appeals_layers.path_of(Asked("529901", 28, (1, 0), 2)) == ("28", "0-1", "2", "529901")
    assert appeals_layers.path_of(COUNTY) == ("0", "all", "all", "529901")
    assert appeals_layers.mark("a.1") != appeals_layers.mark("a.2")
    assert "/appeals/" in appeals_layers.appeals_url(known, COUNTY, "village")
