"""The scene file: what is right is taken, every fault is said in its place, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.answers.screen_words import problem_text
from cockpit.screen.reader import KINDS, MOST_PANELS, MOST_TURNS, Playlist, playlist_of
from cockpit.screen.scenes import MapSpec, PanelSpec, Problem, Scene, in_turn, usual_scenes

EXAMPLE = Path(__file__).parents[2] / "examples" / "scenes.toml"
USUAL = ["county", "coverage", "risk", "warning", "townships"]


def read(text: str) -> Playlist:
    return playlist_of(text.encode(), "scenes.toml")


def words(found: Playlist, language: str = "en") -> list[str]:
    return [problem_text(p, language) for p in found.problems]


def own(text: str) -> Scene:
    """Return the scene "care" of a file."""
    (found,) = (s for s in read(text).scenes if s.id == "care")
    return found


def test_an_empty_file_is_the_usual_playlist() -> None:
    found = read("")
    assert [s.id for s in found.scenes] == USUAL == [s.id for s in usual_scenes()]
    assert (found.problems, found.title) == ((), None)


def test_the_example_has_no_fault() -> None:
    found = playlist_of(EXAMPLE.read_bytes(), "scenes.toml")
    assert found.problems == ()
    assert [s.id for s in found.scenes] == [
        "county", "ageing", "coverage", "risk", "warning", "schools", "townships",
    ]  # fmt: skip
    assert found.scenes[0].seconds == 45
    ageing = found.scenes[1]
    assert ageing.map == MapSpec(
        "age_60_plus_share", "village", "jenks", 5, "viridis", "age_60_plus"
    )
    assert len(ageing.panels) == 5
    assert all(isinstance(p, PanelSpec) for s in found.scenes for p in s.panels)
    assert isinstance(found.scenes[5].map, MapSpec)
    assert found.scenes[5].map.heights == "age_0_14"  # true: the map's own indicator


@pytest.mark.parametrize(
    ("entry", "english", "chinese"),
    [
        (
            'indicator = "peple"',
            "scenes.toml, scene care, map.indicator: found 'peple'; expected {all}. "
            "Did you mean people?",
            "scenes.toml，场景care，map.indicator：读到'peple'，应为{all}。是否想写people？",
        ),
        (
            'indicator = "people"\nclasses = "5"',
            "scenes.toml, scene care, map.classes: found '5'; expected a whole number of 2 to 7.",
            "scenes.toml，场景care，map.classes：读到'5'，应为2到7之间的整数。",
        ),
        (
            'indicator = "people"\nturn = 1',
            "scenes.toml, scene care, map.turn: found 1; expected true or false.",
            "scenes.toml，场景care，map.turn：读到1，应为true或false。",
        ),
        (
            'indicator = "people"\nlevel = "vilage"',
            "scenes.toml, scene care, map.level: found 'vilage'; expected township, village, "
            "grid. Did you mean village?",
            "scenes.toml，场景care，map.level：读到'vilage'，应为township, village, grid。"
            "是否想写village？",
        ),
    ],
)
def test_a_fault_of_the_map_is_said_in_its_place(entry: str, english: str, chinese: str) -> None:
    text = f'[scenes.care]\ntitle = "养老"\n[scenes.care.map]\n{entry}\n'
    text += '[[scenes.care.panels]]\nkind = "pyramid"\n'
    found = own(text)
    assert isinstance(found.map, Problem)
    expected = str(found.map.values["expected"])
    assert problem_text(found.map, "en") == english.format(all=expected)
    assert problem_text(found.map, "zh") == chinese.format(all=expected)
    assert found.panels == (PanelSpec("pyramid"),)  # the rest of the scene goes on
    assert read(text).problems == ()


def test_a_fault_of_a_panel_stands_on_its_side() -> None:
    found = own(
        "[scenes.care]\n"
        '[[scenes.care.panels]]\nkind = "coverage"\nside = "right"\nservice = "clinick"\n'
        '[[scenes.care.panels]]\nkind = "feeds"\n'
        '[[scenes.care.panels]]\nkind = "ranking"\nside = "bottom"\n'
    )
    (side, wrong), good, (below, missing) = found.panels  # type: ignore[misc]
    assert (side, below, good) == ("right", "bottom", PanelSpec("feeds"))
    assert problem_text(wrong, "en").startswith(
        "scenes.toml, scene care, panels[1].service: found 'clinick'; expected clinic, "
    )
    assert problem_text(wrong, "en").endswith("Did you mean clinic?")
    assert problem_text(missing, "en").startswith(
        "scenes.toml, scene care, panels[3].indicators: nothing is there; expected people, "
    )


def test_a_broken_file_shows_the_built_in_scenes_and_says_where() -> None:
    found = read("[screen]\norder = [\n")
    assert [s.id for s in found.scenes] == USUAL
    (english,), (chinese,) = words(found), words(found, "zh")
    assert english.startswith("scenes.toml cannot be read: ")
    assert "line 2" in english or "end of document" in english
    assert english.endswith(". The built-in scenes are shown.")
    assert chinese.startswith("scenes.toml无法读取：")
    assert chinese.endswith("。现显示内置场景。")
    assert words(playlist_of(b"\xff\xfe", "scenes.toml"))[0].startswith("scenes.toml cannot be")


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x = " + "[" * 900 + "]" * 900])
def test_lists_too_deep_are_said_and_the_screen_goes_on(text: str) -> None:
    found = read(text)
    assert [s.id for s in found.scenes] == USUAL
    (english,), (chinese,) = words(found), words(found, "zh")
    assert english.startswith("scenes.toml")
    assert chinese.startswith("scenes.toml")


def test_the_bottom_of_a_file_is_said_in_words() -> None:
    (english,), (chinese,) = (words(read("x = " + "[" * 100_000), by) for by in ("en", "zh"))
    assert english == (
        "scenes.toml cannot be read: its lists lie too deep in each other. "
        "The built-in scenes are shown."
    )
    assert chinese == "scenes.toml无法读取：列表嵌套过深。现显示内置场景。"


@pytest.mark.parametrize("entry", ["indicators = []", 'service = ""'])
def test_a_panel_that_names_nothing_is_told_what_it_needs(entry: str) -> None:
    name = entry.partition(" ")[0]
    kind = {"indicators": "ranking", "service": "coverage"}[name]
    ((side, wrong),) = own(  # type: ignore[misc]
        f'[scenes.care]\n[[scenes.care.panels]]\nkind = "{kind}"\n{entry}\n'
    ).panels
    assert side == "left"
    assert problem_text(wrong, "en").startswith(
        f"scenes.toml, scene care, panels[1].{name}: nothing is there; expected "
    )


def test_an_order_without_end_is_cut_and_told() -> None:
    found = read("[screen]\norder = [" + '"risk", ' * 20_000 + "]\n")
    assert len(found.scenes) == MOST_TURNS
    assert words(found) == [
        "scenes.toml, scene -, screen.order: found 20000; expected at most 200 scenes."
    ]


def test_an_unknown_scene_in_the_order_is_left_out_and_told() -> None:
    found = read('[screen]\norder = ["risk", "conty", "township:529901001"]\n')
    assert [s.id for s in found.scenes] == ["risk", "township:529901001"]
    assert words(found) == [
        "scenes.toml, scene -, screen.order: found 'conty'; expected county, coverage, risk, "
        "warning, townships. Did you mean county?"
    ]


def test_a_file_of_another_program_is_told_in_a_few_sentences() -> None:
    found = read("".join(f"key{k} = 1\n" for k in range(300)))
    assert len(found.problems) == 21
    assert words(found)[-1] == "scenes.toml: 280 more entries are wrong."
    assert words(found, "zh")[-1] == "scenes.toml：另有280处有误。"


def test_seconds_and_titles_out_of_range_fall_back_and_are_told() -> None:
    found = read('[scenes.care]\nscene = "risk"\nseconds = 3\ntitle = 7\ncolour = "red"\n')
    care = found.scenes[-1]
    assert (care.id, care.builtin, care.seconds, care.title) == ("care", "risk", 30, {})
    assert sorted(words(found)) == [
        "scenes.toml, scene care, colour: found 'colour'; expected title, seconds, scene, map, "
        "panels.",
        "scenes.toml, scene care, seconds: found 3; expected a whole number of 5 to 600.",
        "scenes.toml, scene care, title: found 7; expected a text in zh and en, at most 60 "
        "characters.",
    ]


def test_seconds_of_the_screen_are_of_every_scene_that_has_none_of_its_own() -> None:
    found = read(
        '[screen]\nseconds = 12\norder = ["county", "risk", "township:529901001", "own"]\n'
        '[scenes.risk]\nscene = "risk"\nseconds = 90\n[scenes.own]\npanels = []\n'
    )
    assert [(s.id, s.seconds) for s in found.scenes] == [
        ("county", 12), ("risk", 90), ("township:529901001", 12), ("own", 12),
    ]  # fmt: skip


def test_seconds_hold_where_the_order_names_nothing_that_is_there() -> None:
    found = read('[screen]\nseconds = 12\norder = ["nothing"]\n')
    assert [(s.id, s.seconds) for s in found.scenes] == [(name, 12) for name in USUAL]


def test_a_file_may_change_the_seconds_of_a_built_in_scene() -> None:
    found = read('[scenes.county]\nscene = "county"\nseconds = 90\n')
    assert [(s.id, s.seconds) for s in found.scenes][:2] == [("county", 90), ("coverage", 30)]


def test_more_panels_than_a_screen_holds_are_left_out() -> None:
    panels = '[[scenes.care.panels]]\nkind = "feeds"\n' * (MOST_PANELS + 5)
    assert len(own(f"[scenes.care]\n{panels}").panels) == MOST_PANELS


VALUES = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["screen", "scenes", "care", "map", "panels", "kind", "order", "title", "side"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["screen", "scenes", "x"]), VALUES, max_size=3))
def test_whatever_stands_in_the_file_the_screen_goes_on(told: dict[str, object]) -> None:
    import tomlkit

    found = playlist_of(tomlkit.dumps(told).encode(), "scenes.toml")
    assert found.scenes
    for problem in found.problems:
        for language in ("zh", "en"):
            assert problem_text(problem, language)
    for scene in found.scenes:
        assert 5 <= scene.seconds <= 600
        assert all(
            p[0] in ("left", "right", "bottom") for p in scene.panels if isinstance(p, tuple)
        )


def test_townships_come_in_turn_one_a_loop() -> None:
    """Three townships, a loop of 100 s: the third loop shows the third, the fourth the first."""
    assert [in_turn(s, 100, 3) for s in (0, 99.9, 100, 250, 300)] == [0, 0, 1, 2, 0]
    assert in_turn(5.0, 100, 0) == 0


def test_every_kind_of_panel_can_be_written_down() -> None:
    more = {"indicators": '["people"]', "service": '"clinic"', "theme": '"fire"',
            "level": '"village"', "days": "14", "most": "3", "region": '"529901"'}  # fmt: skip
    for kind, entries in KINDS.items():
        lines = "\n".join(f"{name} = {more[name]}" for name in entries)
        (panel,) = own(f'[scenes.care]\n[[scenes.care.panels]]\nkind = "{kind}"\n{lines}\n').panels
        assert isinstance(panel, PanelSpec), (kind, panel)
