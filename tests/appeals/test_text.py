"""Texts as they come: full width, control characters, a megabyte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.appeals.grams import codes_of, learn, presence, spelled, weigh
from cockpit.appeals.text import EMPTY, LONGEST, READ, TOO_LONG, checked, clean, read, without_names
from geodata.errors import InputError


def test_cleans_widths_controls_and_spaces() -> None:
    assert clean("１３８\u200b　停水,\r\n\x07请处理?") == "138 停水， 请处理？"
    assert clean("时间:12:30") == "时间：12:30"


def test_a_megabyte_is_refused_by_name() -> None:
    with pytest.raises(
        InputError, match=r"The text of SJ1 has 1000000 characters; at most 20000 are read\."
    ):
        checked("水" * 1_000_000, "SJ1")


def test_a_megabyte_among_others_is_marked() -> None:
    texts, state = read(["停水", "水" * (LONGEST + 1), " \u200b", "电" * LONGEST])
    assert state.tolist() == [READ, TOO_LONG, EMPTY, READ]
    assert texts[:3] == ["停水", "", ""]


def test_names_of_places_are_taken_out() -> None:
    assert without_names("状元社区井盖破损", ("状元社区", "")) == "井盖破损"


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_strings_end_at_marks() -> None:
    assert {spelled(int(c)) for c in codes_of(["停水，断电"], (1, 2))} == {
        "停", "水", "断", "电", "停水", "断电",
    }  # fmt: skip


def test_weights_by_hand() -> None:
    # Two texts; 停水 in both (idf 1), 断电 in one (idf ln(3/2) + 1 = 1.405).
    vocabulary = learn(["停水", "停水断电"], (2,))
    rows = weigh(vocabulary, ["停水", "断电 断电", "没有"]).toarray()
    assert np.count_nonzero(rows[0]) == 1
    assert np.linalg.norm(rows[:2], axis=1).tolist() == pytest.approx([1, 1])
    assert not rows[2].any()
    assert (
        learn(["停水", "停水断电"], (2,), min_docs=2).codes.tolist()
        == codes_of(["停水"], (2,)).tolist()
    )
    assert sorted(vocabulary.idf.round(3).tolist()) == [1.0, 1.405, 1.405]


def test_presence_is_one_or_nothing() -> None:
    found = presence(codes_of(["停水"], (2,)), ["停水停水", "断电"], (2,)).toarray()
    assert found.tolist() == [[1.0], [0.0]]
