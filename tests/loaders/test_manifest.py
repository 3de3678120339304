"""The manifest: what is wrong stands in the sentence with its line; matches are written back."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.locale import translate
from geodata.errors import ManifestError
from loaders.manifest import read_manifest, write_matches

GOOD = """\
# the county
[county]
code = "529901"
name = "青岚县"
crs = "EPSG:4546"

[[dataset]]
id = "towns"
title = "乡镇"
kind = "regions"
file = "towns.geojson"  # from the survey office

[[dataset]]
id = "people"
title = "人口"
kind = "population"
file = "people.csv"
columns.persons = "常住人口"

[dataset.constant]
kind = "usual"
"""


def wrong(tmp_path: Path, old: str, new: str) -> str:
    path = tmp_path / "county.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    return str(caught.value)


def test_reads(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    manifest = read_manifest(path)
    assert manifest.county.name == "青岚县"
    assert manifest.folder == tmp_path
    assert manifest.entry("people").columns == {"persons": "常住人口"}
    assert manifest.entry("people").constant == {"kind": "usual"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'kind = "regions"',
            'kind = "regoins"',
            "county.toml, line 10: dataset.kind is regoins; expected one of regions, population, "
            "households, vulnerable, facilities, buildings, organisations, persons, road_nodes, "
            "road_edges, roads_osm, features, elevation, events, sensors, readings.",
        ),
        ('name = "青岚县"\n', "", "county.toml, line 2: county.name is missing."),
        ('title = "人口"\n', "", "county.toml, line 13: dataset.title is missing."),
        (
            'name = "青岚县"',
            'nmae = "青岚县"',
            "county.toml, line 2: county.name is missing.",
        ),
        (
            'code = "529901"',
            'code = "529901"\ncolour = "red"',
            "county.toml, line 4: county.colour is no known key. Known: code, name, name_en, crs, "
            "language, invented, code_scheme, box",
        ),
        (
            'file = "people.csv"\n',
            "",
            "county.toml, line 13: give either file or database.",
        ),
        (
            'id = "people"',
            'id = "towns"',
            "county.toml, line 1: each data set id once; towns stands twice.",
        ),
        (
            'columns.persons = "常住人口"',
            'columns.person = "常住人口"',
            "county.toml, line 18: person is no column of population. Known: code, date, kind, "
            "sex, age_band, persons.",
        ),
        (
            'crs = "EPSG:4546"',
            'crs = "EPSG:4546',
            "county.toml, line 5: this is not TOML (Illegal character '\\n').",
        ),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    said = wrong(tmp_path, old, new)
    assert said == words or (said.startswith(words) and "Known: " in words)


def test_lines_after_long_strings_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(
        GOOD.replace(
            'name = "青岚县"', 'name = """\nkind = 1\n"""\nbox = [\n 1, 2,\n 3, 4,\n]'
        ).replace('"regions"', '"x"'),
        encoding="utf-8",
    )
    with pytest.raises(ManifestError, match=r"^county.toml, line 16: dataset.kind is x;"):
        read_manifest(path)


def test_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"^none.toml: no such file.$"):
        read_manifest(tmp_path / "none.toml")
    path = tmp_path / "county.toml"
    path.write_bytes(GOOD.encode("gbk"))
    with pytest.raises(ManifestError, match=r"^county.toml: not written in UTF-8.$"):
        read_manifest(path)


def test_matches_are_written_and_comments_survive(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD, encoding="utf-8")
    write_matches(path, "people", {"persons": "另一个", "code": "区划代码"})
    write_matches(path, "towns", {"name": "名称"})
    text = path.read_text("utf-8")
    assert "# the county" in text
    assert "# from the survey office" in text
    manifest = read_manifest(path)
    assert manifest.entry("people").columns == {"persons": "常住人口", "code": "区划代码"}
    assert manifest.entry("towns").columns == {"name": "名称"}
    assert manifest.entry("people").constant == {"kind": "usual"}
    before = path.stat().st_mtime_ns
    write_matches(path, "towns", {"name": "名称"})
    assert path.stat().st_mtime_ns == before


def test_matches_of_an_unknown_data_set(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ManifestError, match=r"^county.toml: there is no data set nobody.$"):
        write_matches(path, "nobody", {})


OWN = """
[standards.clinic_15min]
limit = 20
goal = 0.9
source = "县卫生健康局2025年"

[travel.car]
speeds_kmh = { primary = 50, track = 10 }
off_road_limit_m = 800

[travel.walk]
[travel.walk.surface_factors]
earth = 0.7
"""


def test_reads_own_standards_and_speeds(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD + OWN, encoding="utf-8")
    manifest = read_manifest(path)
    assert manifest.changes("standards") == {
        "clinic_15min": {"limit": 20.0, "goal": 0.9, "source": "县卫生健康局2025年"}
    }
    assert manifest.changes("travel") == {
        "car": {"speeds_kmh": {"primary": 50, "track": 10}, "off_road_limit_m": 800.0},
        "walk": {"surface_factors": {"earth": 0.7}},
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "limit = 20",
            "limit = 0",
            "county.toml, line 24: standards.clinic_15min.limit is 0; input should be greater "
            "than 0.",
        ),
        (
            "goal = 0.9",
            "goal = 85",
            "county.toml, line 25: standards.clinic_15min.goal is 85; input should be less than "
            "or equal to 1.",
        ),
        (
            "goal = 0.9",
            "gaol = 0.9",
            "county.toml, line 25: standards.clinic_15min.gaol is no known key. Known: limit, "
            "goal, watch, source, or_minutes.",
        ),
        (
            "primary = 50",
            "primary = 0",
            "county.toml, line 29: Way of travelling car: the speed on roads of class primary is 0 "
            "km/h; expected above 0 and at most 200. Leave a class out to forbid it.",
        ),
        (
            "track = 10",
            "lane = 10",
            "county.toml, line 29: Way of travelling car: there is no road class lane; expected "
            "one of motorway, trunk, primary, secondary, tertiary, residential, service, track, "
            "path.",
        ),
        (
            "off_road_limit_m = 800",
            "off_road_limit_m = -1",
            "county.toml, line 30: Way of travelling car: off_road_limit_m is -1.0; expected 0.0 "
            "to 20,000.",
        ),
        (
            "[travel.car]",
            "[travel.horse]",
            "county.toml, line 28: There is no way of travelling horse; expected one of walk, "
            "older, ebike, car, ambulance.",
        ),
        (
            "earth = 0.7",
            "earth = 7",
            "county.toml, line 34: Way of travelling walk: the surface earth has the factor 7; "
            "expected gravel or earth with a number above 0 and at most 1.",
        ),
    ],
)
def test_wrong_line_of_own_figures_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "county.toml"
    assert old in OWN
    path.write_text(GOOD + OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    assert str(caught.value) == words


def test_sentence_with_a_line_keeps_its_values(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text(GOOD + OWN.replace("primary = 50", "primary = 0"), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    error = caught.value
    assert (
        translate(error.template, "zh", **error.values)
        == "county.toml 第 29 行：出行方式 car：primary 级道路的速度为 0 km/h；应大于 0 且不超过 "
        "200。禁止通行的等级请不要写。"
    )
