"""Repeats: planted ones are found, others are left alone, and a case worked out by hand."""

# ruff: noqa: E501 - tables of words and patterns: a row a line, and Chinese counts double

import numpy as np
import pytest

from cockpit.appeals.repeats import repeats
from geodata.errors import InputError

DAY = np.timedelta64(86_400, "s")
START = np.datetime64("2025-03-01T08:00:00", "s")

# Four ways to say each of twelve matters, as people do: other words, slips, an added sentence.
MATTERS = (
    ("夜间工地施工噪声太大，老人无法休息", "晚上工地还在施工，噪声太大影响老人休息", "夜间工地施工噪音太大，老人没法休息，请管一管",
     "工地夜里施工噪声大，老人睡不着"),
    ("自来水发黄有异味，不敢喝", "家里自来水发黄，有股异味，不敢饮用", "自来水发黄有异位，不敢喝，请检测", "自来水又发黄了，有异味"),
    ("村口路灯坏了半个月没人修", "村口的路灯坏了，半个月都没人来修", "村口路灯坏了半个月没人休，晚上看不见", "路灯坏了没人修，在村口"),
    ("垃圾箱满了几天没有清运，臭气熏天", "垃圾箱已经满了好几天，没人清运，很臭", "垃圾箱满了，几天没清运，臭气熏天，苍蝇多", "垃圾箱几天没有清运"),
    ("物业乱收停车费，不开发票", "小区物业乱收停车费还不开发票", "物业乱收停车费用，不给发票", "物业乱收停车费，业主不同意"),
    ("楼下烧烤店油烟太大，窗户不敢开", "烧烤店油烟直排，楼上窗户都不敢开", "楼下烧烤店的油烟太大了，不敢开窗户", "楼下烧烤店油烟大"),
    ("下水道堵塞，污水流到路面", "下水道堵了，污水流得满路面都是", "下水道堵塞污水流到马路上", "下水道又堵塞，污水外流到路面"),
    ("井盖丢失，晚上很容易掉下去", "路中间井盖丢失，晚上容易有人掉下去", "井盖丢了，夜里很容易掉下去", "井盖丢失没人补，容易掉下去"),
    ("拖欠农民工工资三个月", "老板拖欠我们农民工工资三个月了", "拖欠农民工工资已有三个月，要求支付", "农民工工资被拖欠三个月"),
    ("公交车班次太少，等一个小时", "公交车班次太少了，经常要等一个小时", "公交班次少，等车一个小时", "公交车班次太少，希望增加"),
    ("流浪狗成群，孩子上学害怕", "流浪狗成群结队，孩子上学路上害怕", "有成群流浪狗，孩子上学很害怕", "流浪狗太多，孩子上学害怕"),
    ("违章搭建占用公共通道", "有人违章搭建，占用了公共通道", "违章搭建占公共通道，请拆除", "公共通道被违章搭建占用"),
)  # fmt: skip
N_VILLAGES = 60


def planted(rng: np.random.Generator):
    """Return texts, times, villages and the matter of each: repeats within days, singles apart."""
    rows = []
    for number in range(80):  # matters asked two to four times from the same village
        says = MATTERS[number % len(MATTERS)]
        village, day = int(rng.integers(N_VILLAGES)), float(rng.uniform(0, 330))
        for text in rng.permutation(says)[: int(rng.integers(2, 5))]:
            rows.append((str(text), day + float(rng.uniform(0, 9)), village, number))
    for number in range(1000, 1600):  # asked once
        text = str(rng.choice(MATTERS[int(rng.integers(len(MATTERS)))]))
        rows.append((text, float(rng.uniform(0, 330)), int(rng.integers(N_VILLAGES)), number))
    texts, days, villages, matters = zip(*rows, strict=True)
    time = START + (np.array(days) * 86_400).astype("timedelta64[s]")
    return list(texts), time, np.array(villages), np.array(matters), np.array(days)


def pairs_of(label: np.ndarray) -> set[tuple[int, int]]:
    known = [np.flatnonzero(label == k) for k in np.unique(label[label >= 0])]
    return {(int(a), int(b)) for rows in known for a in rows for b in rows if a < b}


def test_planted_repeats_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    texts, time, villages, matters, days = planted(np.random.default_rng(20251101))
    found = repeats(texts, time, village=villages)
    told, true = pairs_of(found.group_of), pairs_of(matters)
    # A single that happens to say the same of the same village in the same days is a repeat too.
    kind = {text: k for k, says in enumerate(MATTERS) for text in says}
    true |= {
        (a, b)
        for a, b in told
        if villages[a] == villages[b]
        and kind[texts[a]] == kind[texts[b]]
        and abs(days[a] - days[b]) <= 14
    }
    precision, recall = len(told & true) / len(told), len(told & true) / len(true)
    with capsys.disabled():
        print(f"\nplanted repeats, pairs: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.9
    assert recall >= 0.8


def test_by_hand() -> None:
    texts = ["自来水发黄", "自来水发黄", "自来水发黄", "自来水发黄", "路灯坏了"]
    days = np.array([0, 3, 30, 3, 1])
    village = np.array([7, 7, 7, 8, 7])
    found = repeats(texts, START + days * DAY, village=village)
    # The third comes 27 days after the second, the fourth from elsewhere, the fifth is another matter.
    assert found.group_of.tolist() == [0, 0, -1, -1, -1]
    (group,) = found.groups
    assert group.same_words
    assert group.same_village
    assert group.days == 3
    assert found.first_only().tolist() == [True, False, True, True, True]


def test_near_across_a_border_within_the_distance() -> None:
    texts = ["路面塌陷很危险"] * 4
    x, y = np.array([0.0, 299.0, 601.0, np.nan]), np.array([0.0, 0.0, 0.0, 0.0])
    time = START + np.arange(4) * DAY
    found = repeats(texts, time, village=np.array([1, 2, 3, -1]), x=x, y=y, near_m=300)
    # The third is 302 m from the second, the fourth has no place at all.
    assert found.group_of.tolist() == [0, 0, -1, -1]
    assert found.groups[0].farthest_m == 299
    assert not found.groups[0].same_village


def test_a_distance_within_a_square_is_measured() -> None:
    x = np.array([0.0, 290.0])
    y = np.array([0.0, 290.0])  # 410 m apart, in one square of 300 m
    found = repeats(
        ["井盖丢失"] * 2, START + np.arange(2) * DAY, village=np.array([-1, -1]), x=x, y=y
    )
    assert not found.groups


def test_order_of_the_rows_does_not_matter() -> None:
    texts, time, villages, _, _ = planted(np.random.default_rng(7))
    mixed = np.random.default_rng(1).permutation(len(texts))
    one = repeats(texts, time, village=villages)
    other = repeats([texts[k] for k in mixed], time[mixed], village=villages[mixed])
    back = np.empty(len(texts), dtype=int)
    back[mixed] = np.arange(len(texts))
    assert pairs_of(one.group_of) == {
        tuple(sorted((int(mixed[a]), int(mixed[b])))) for a, b in pairs_of(other.group_of)
    }


def test_empty_texts_and_no_texts() -> None:
    time = START + np.arange(2) * DAY
    assert not repeats(["", ""], time, village=np.zeros(2, int)).groups
    assert not repeats([], time[:0], village=np.zeros(0, int)).groups


def test_refuses_wrong_limits() -> None:
    with pytest.raises(InputError, match=r"got 0, 300\.0, 0\.4"):
        repeats(["a"], START + np.arange(1) * DAY, village=np.zeros(1, int), days=0)
    with pytest.raises(InputError, match="1 texts have 2 times"):
        repeats(["a"], START + np.arange(2) * DAY, village=np.zeros(2, int))
