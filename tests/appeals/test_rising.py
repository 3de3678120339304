"""Rising topics: the planted one is found with its words, and quiet years show none."""

import numpy as np
import pytest

from cockpit.appeals.causes import cause_words, likelihood_ratio, named_causes
from cockpit.appeals.phrases import entropy_beside, find, whole
from cockpit.appeals.rising import rising
from cockpit.appeals.text import clean, without_names
from geodata.errors import InputError
from geodata.synthetic.quiet import QuietWorld, quiet_world

DAY = np.timedelta64(86_400, "s")
END = np.datetime64("2025-11-01T00:00:00", "s")
CHANNELS = ("12345热线", "网格员上报")
RISING = "飞线充电"
WEEKLY = (4, 6, 8, 11, 15, 20, 26, 33, 40, 46)  # as in the sample county, the last week last
SAYS = ("有人从楼上拉线给电动车充电，飞线充电很危险。", "楼道内飞线充电，请尽快整治。")


@pytest.fixture(scope="module")
def world() -> QuietWorld:
    return quiet_world()


def a_year(world: QuietWorld, seed: int) -> tuple[list[str], np.ndarray]:
    made = world.events(np.random.default_rng(seed))
    made = made[made["channel"].isin(CHANNELS)]
    names = world.county.names.villages
    texts = [
        without_names(clean(text), (names[village],))
        for text, village in zip(made["text"], made["village"], strict=True)
    ]
    return texts, made["reported"].to_numpy().astype("datetime64[s]")


def test_the_planted_topic_is_found_with_its_words(world: QuietWorld) -> None:
    texts, time = a_year(world, 1)
    rng = np.random.default_rng(2)
    days = np.concatenate([70 - 7 * k - rng.uniform(0, 7, n) for k, n in enumerate(WEEKLY)])
    more = [SAYS[k] for k in rng.integers(0, 2, len(days))]
    planted = END - (days * 86_400).astype("timedelta64[s]")
    found = rising(texts + more, np.concatenate([time, planted]), now=END)
    assert [topic.phrase for topic in found.topics] == [RISING]
    topic = found.topics[0]
    assert topic.now == sum(WEEKLY[-4:])  # 145 of the last four weeks
    assert topic.before == sum(WEEKLY[:-4])
    assert topic.weekly[-10:].tolist() == list(WEEKLY)
    assert any("拉线" in word for word in topic.words)


def test_quiet_years_show_nothing(world: QuietWorld, capsys: pytest.CaptureFixture[str]) -> None:
    n = 200
    alarms = sum(bool(rising(*a_year(world, 1000 + k)).topics) for k in range(n))
    with capsys.disabled():
        print(f"\nfalse rising topics: {alarms} of {n} quiet years")
    assert alarms <= 0.05 * n


def test_a_busier_line_is_no_topic() -> None:
    # Everything doubles in the last four weeks: no phrase has a larger share of the texts.
    before = ["路灯不亮请处理"] * 480 + ["垃圾没有清运"] * 480
    now = ["路灯不亮请处理"] * 80 + ["垃圾没有清运"] * 80
    days = np.concatenate([np.linspace(29, 364, len(before)), np.linspace(0, 27, len(now))])
    found = rising(before + now, END - (days * 86_400).astype("timedelta64[s]"), now=END)
    assert not found.topics


def test_a_season_that_comes_every_year_is_no_topic() -> None:
    def year(back: int) -> np.ndarray:
        return back * 364 + np.linspace(0.5, 27.5, 40)

    calm = np.linspace(0, 800, 2000)
    days = np.concatenate([calm, year(0), year(1)])
    texts = ["垃圾没有清运"] * 2000 + ["今早水管冻裂"] * 80
    time = END - (days * 86_400).astype("timedelta64[s]")
    assert not rising(texts, time, now=END).topics
    # Without the winter before, the same forty texts are news.
    this_year = np.r_[0:2040]
    assert rising([texts[k] for k in this_year], time[this_year], now=END).topics


def test_repeats_count_once() -> None:
    texts = ["垃圾没有清运"] * 500 + ["村口停电"] * 30
    days = np.concatenate([np.linspace(0, 364, 500), np.full(30, 2.0)])
    time = END - (days * 86_400).astype("timedelta64[s]")
    once = np.ones(530, dtype=bool)
    once[501:] = False
    assert rising(texts, time, now=END).topics
    assert not rising(texts, time, counted=once, now=END).topics


def test_without_a_past_nothing_rises() -> None:
    time = END - np.arange(40) * (DAY // 2)
    assert not rising(["楼道飞线充电"] * 40, time, now=END).topics
    assert not rising([], time[:0]).topics


def test_refuses_wrong_input() -> None:
    with pytest.raises(InputError, match="The last weeks are 1 to 26; got 0"):
        rising(["a"], END - np.arange(1) * DAY, weeks=0)
    with pytest.raises(InputError, match="1 texts have 2 times"):
        rising(["a"], END - np.arange(2) * DAY)


def test_closed_strings_by_hand() -> None:
    found = find(["飞线充电", "飞线充电很"], np.array([[3.0, 1.0], [2.0, 0.0]]), least=2)
    # 飞线 and 线充 stand only in 飞线充电: one string for all; 充电很 has counts of its own.
    assert dict(zip(found.texts, found.counts[:, 0].tolist(), strict=True)) == {
        "飞线充电": 5.0,
        "飞线充电很": 2.0,
    }


def test_a_phrase_takes_the_neighbours_it_never_goes_without() -> None:
    texts = ["楼道飞线充电，危险", "小区飞线充电！", "又见飞线充电很多"]
    weights = np.ones(3)
    assert whole("线充", texts, weights) == "飞线充电"
    assert entropy_beside("线充", texts, weights) == 0
    assert entropy_beside("飞线充电", texts, weights) > 1


def test_cause_words_by_hand() -> None:
    # 10 of 100 beside 10 of 900: 2 (10 ln 5 + 10 ln (10/18)) = 20.43.
    assert likelihood_ratio(np.array([[10.0, 10.0]]), 100, 900)[0] == pytest.approx(20.43, abs=0.01)
    assert likelihood_ratio(np.array([[1.0, 99.0]]), 100, 900)[0] == 0
    texts = ["因宅基地吵架"] * 6 + ["路灯不亮"] * 20
    mine = np.arange(26) < 6
    (word,) = cause_words(texts, mine)
    assert (word.phrase, word.inside, word.outside) == ("因宅基地吵架", 6, 0)
    assert cause_words(texts, np.ones(26, dtype=bool)) == ()


def test_named_causes() -> None:
    texts = [
        "两户因宅基地边界发生争执",
        "邻里因排水沟产生矛盾，已劝解",
        "因排水沟发生纠纷",
        "因病住院",
    ]
    assert named_causes(texts) == (("排水沟", 2), ("宅基地边界", 1))
