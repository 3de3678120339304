"""Which appeals are lifted, by which words, and what denies them."""

import pytest

from cockpit.appeals.text import clean
from cockpit.appeals.urgency import SIGNS, TITLES_OF, all_urgencies, urgency
from cockpit.locale import catalogue


def signs(text: str) -> dict[str, str]:
    return {found.sign: found.words for found in urgency(clean(text)).found}


@pytest.mark.parametrize(
    ("text", "sign", "words"),
    [
        ("楼道里有煤气味，请来看看", "gas", "煤气味"),
        ("电动车充电起火", "fire", "起火"),
        ("屋后山体有裂缝，雨天担心滑坡", "collapse", "山体有裂缝"),
        ("有人说不想活了", "life", "不想活"),
        ("业主准备明天拉横幅", "collective", "拉横幅"),
        ("8月25日前必须搬走", "deadline", "8月25日前必须"),
        ("明天就要强拆我家", "deadline", "明天就要"),
    ],
)
def test_lifts_by_words(text: str, sign: str, words: str) -> None:
    assert signs(text)[sign] == words


@pytest.mark.parametrize(
    "text",
    [
        "农房无人员被困",
        "两车相撞，无人受伤",
        "没有发生火灾",
        "为防止火灾，请加强宣传",
        "开展火灾演练",
        "咨询养老金资格认证怎么办理",
        "门店超出门线摆放货物",
    ],
)
def test_leaves_what_is_denied_or_calm(text: str) -> None:
    assert urgency(clean(text)).level == 0


def test_a_denied_sign_does_not_hide_another() -> None:
    found = signs("农房起火，无人员被困。")
    assert found == {"fire": "起火"}


def test_a_denial_reaches_no_further_than_its_clause() -> None:
    assert "life" in signs("没有通知，有人受伤")


def test_points_add_up_by_hand() -> None:
    # electric 2 + danger 1 = 3: urgent; electric alone: look at soon; danger alone: can wait.
    assert urgency("飞线充电很危险").points == 3
    assert urgency("飞线充电很危险").level == 2
    assert urgency("楼道飞线充电").level == 1
    assert urgency("路口很危险").level == 0


def test_each_sign_counts_once() -> None:
    assert urgency("起火了，着火了，冒烟了").points == 3


def test_same_words_same_answer() -> None:
    one, two = all_urgencies(["起火", "起火"])
    assert one is two


def test_every_sign_has_words_in_both_languages() -> None:
    assert not [title for title in TITLES_OF.values() if title not in catalogue("zh")]
    assert all(sign.words for sign in SIGNS)
