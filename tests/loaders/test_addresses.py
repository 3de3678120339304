"""Addresses find the region they name, and nothing where a name is shared or another county's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.addresses import LONGEST_ADDRESS, Gazetteer, Place, Region

# Two towns have a village 新华; a village bears the name of its town, another one that of a town it
# does not lie in; one neighbourhood is named after a road.
REGIONS = (
    Region("1", "青岚县", "county", ""),
    Region("11", "城关镇", "township", "1"),
    Region("12", "龙塘镇", "township", "1"),
    Region("13", "雾坪民族乡", "township", "1"),
    Region("111", "东门社区", "village", "11"),
    Region("112", "新华社区", "village", "11"),
    Region("113", "青年路社区", "village", "11"),
    Region("121", "新华村", "village", "12"),
    Region("122", "龙塘社区", "village", "12"),
    Region("123", "黄溪村", "village", "12"),
    Region("131", "城关村", "village", "13"),
    Region("1111", "东门第1网格", "grid", "111"),
)
GAZETTEER = Gazetteer(REGIONS)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("城关镇东门社区3组12号", "111"),
        ("青岚县城关镇东门居委会", "111"),  # another ending of the same level
        ("东门", "111"),  # a bare name that only one region has
        ("龙塘镇黄溪", "123"),
        ("贵州省某市青岚县龙塘镇", "12"),
        ("龙塘乡", "12"),  # it was a 乡 before
        ("新华村", "121"),  # whole names come before names with another ending
        ("龙塘镇新华", "121"),  # the town decides which 新华
        ("新华（城关镇）", "112"),  # also behind the village
        ("龙塘", "12"),  # town and village in it: the town is sure
        ("雾坪乡城关村", "131"),
        ("城关镇 青年路社区", "113"),
        ("城关镇青年路12号", "11"),  # a road runs through more than its neighbourhood
        ("城关镇东门路5号", "11"),  # the road, not the neighbourhood
        ("城关镇东门小学", "11"),
        ("我县龙塘镇县医院旁", "12"),
        ("县城城关镇东门社区", "111"),
        ("１２号，城关镇；东门社区", "111"),  # full-width forms
    ],
)
def test_finds_the_deepest_region_that_is_sure(address: str, code: str) -> None:
    found = GAZETTEER.find(address)
    assert (found.code, found.fault) == (code, "")


@pytest.mark.parametrize(
    ("address", "code", "names"),
    [
        ("新华社区二组", "112", None),  # its whole name is the village's alone
        ("新华", "1", ("城关镇新华社区", "龙塘镇新华村")),
        ("新华居委会", "1", ("城关镇新华社区", "龙塘镇新华村")),
        ("城关", "1", ("城关镇", "雾坪民族乡城关村")),
        # 新华社区 is the whole name of another town's: not silently taken for 新华村
        ("龙塘镇新华社区", "1", ("城关镇新华社区", "龙塘镇")),
        ("龙塘镇东门社区", "1", ("城关镇东门社区", "龙塘镇")),  # they contradict each other
        ("城关镇东门社区与新华社区交界", "11", ("城关镇东门社区", "城关镇新华社区")),
    ],
)
def test_a_shared_name_stays_with_the_common_parent(
    address: str, code: str, names: tuple[str, ...] | None
) -> None:
    found = GAZETTEER.find(address)
    assert found.code == code
    if names is None:
        assert found.fault == ""
    else:
        assert (found.fault, found.names) == ("address.ambiguous", names)


@pytest.mark.parametrize(
    "address", ["邻水县城关镇东门社区", "某某市邻水县龙塘镇", "鄂伦春自治旗城关镇"]
)
def test_the_town_of_another_county_is_not_ours(address: str) -> None:
    assert GAZETTEER.find(address) == Place("", fault="address.outside")


@pytest.mark.parametrize("address", ["", " ", "无名路1号", "村", "城" * 501, "东门路", "东门大桥"])
def test_what_names_no_region_has_no_place(address: str) -> None:
    assert GAZETTEER.find(address) == Place("", fault="address.unknown")


def test_the_county_alone_is_no_place_to_go_to() -> None:
    assert GAZETTEER.find("青岚县") == Place("1", ("青岚县",), "address.unknown")


def test_a_county_without_regions_finds_nothing() -> None:
    assert Gazetteer(()).find("城关镇") == Place("", fault="address.unknown")


@given(st.text(alphabet="城关镇龙塘东门新华社区村黄溪路县12 ，", max_size=LONGEST_ADDRESS))
def test_an_answer_is_a_region_and_holds_all_that_fit(text: str) -> None:
    found = GAZETTEER.find(text)
    known = {one.code for one in REGIONS if one.level != "grid"}
    assert found.code in known | {""}
    assert (found.code == "") <= (found.fault in ("address.unknown", "address.outside"))


@given(
    st.sampled_from([r for r in REGIONS if r.level == "village"]), st.text(alphabet="0123456789")
)
def test_the_full_path_of_every_village_finds_it(village: Region, rest: str) -> None:
    names = {one.code: one.name for one in REGIONS}
    address = f"青岚县{names[village.parent]}{village.name}{rest}"
    assert GAZETTEER.find(address).code == village.code
