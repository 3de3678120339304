"""Personal parts are found as people write them, and words that only look like them stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.appeals.masks import mask
from cockpit.appeals.text import clean


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请致电13812345678。", "请致电[电话]。"),
        ("电话138 1234 5678，谢谢", "电话[电话]，谢谢"),
        ("电话1 3 8 1 2 3 4 5 6 7 8", "电话[电话]"),
        ("手机138-1234-5678", "手机[电话]"),
        ("手机１３８１２３４５６７８", "手机[电话]"),
        ("手机+86 13812345678", "手机[电话]"),
        ("打幺三八一二三四五六七八", "打[电话]"),
        ("座机0851-28123456", "座机[电话]"),
        ("电话：28123456。", "电话：[电话]。"),
        ("身份证52990119650521012X", "身份证[证件号]"),
        ("身份证529901 19650521 0126", "身份证[证件号]"),
        ("老证529901650521012", "老证[证件号]"),
        ("卡号6222 0212 3456 7890 123", "卡号[卡号]"),
        ("卡6222021234567890", "卡[卡号]"),
        ("车牌贵A·12345乱停", "车牌[车牌]乱停"),
        ("贵CD12345堵路", "[车牌]堵路"),
        ("发到zhang_san@163.com吧", "发到[邮箱]吧"),
        ("加微信abc_1234，", "加微信[账号]，"),
        ("微信号：wx-zhang88。", "微信号：[账号]。"),
        ("QQ 12345678", "QQ [账号]"),
        ("我叫张三，反映停水", "我叫[姓名]，反映停水"),
        ("我叫欧阳小明。", "我叫[姓名]。"),
        ("联系人：李四 电话", "联系人：[姓名] 电话"),
        ("姓名：王小明，男", "姓名：[姓名]，男"),
        ("我是陈建国，家里停水", "我是[姓名]，家里停水"),
        ("张先生反映", "[姓名]先生反映"),
        ("状元社区3号楼2单元501室漏水", "状元社区[门牌]漏水"),
        ("解放路128号门口", "解放路[门牌]门口"),
        ("青龙村三组停电", "青龙村[门牌]停电"),
    ],
)  # fmt: skip
def test_masks(text: str, masked: str) -> None:
    assert mask(clean(text)).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "状元社区今早停水，没有收到通知。",
        "地铁3号线施工噪声大。",
        "2025年8月23日晚上停电，至今未恢复。",
        "我叫他不要来，他还是来。",
        "2019年共收费1500元。",
        "业主群里说要涨价。",
        "我是一名教师，反映拖欠工资。",
        "根据国发12号文件处理。",
    ],
)
def test_leaves_ordinary_words(text: str) -> None:
    assert mask(clean(text)).text == text


def test_tells_the_kinds() -> None:
    assert mask("我叫张三，电话13812345678").kinds == ("telephone", "name")


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_no_telephone_survives(number: str, gap: str) -> None:
    written = gap.join((number[:3], number[3:7], number[7:]))
    left = mask(clean(f"请打{written}找我")).text
    assert number[3:7] not in left
    assert number[7:] not in left


@given(st.text(max_size=200))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(clean(text)).text
    assert mask(once).text == once
