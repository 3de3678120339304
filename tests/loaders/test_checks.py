"""Which rule and which row: the checks on planted defects."""

import datetime as dt
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import DataFileError
from loaders import rules
from loaders.catalog import AGE_BANDS, COLUMNS
from loaders.checks import check_table
from loaders.manifest import County, Dataset, Manifest
from loaders.table import Finding, ReadContext

TODAY = dt.date(2026, 1, 31)
TOWNSHIPS = [f"529901{t:03d}" for t in range(100, 110)]
VILLAGES = [f"{t}{v}" for t in TOWNSHIPS for v in range(200, 230)]
CONTEXT = ReadContext(
    box=(106.0, 27.0, 107.0, 28.0),
    known_codes=frozenset(["529901", *TOWNSHIPS, *VILLAGES]),
    region_names={"529901": "青岚县", "529901100": "城关镇", "529901101": "河口镇"},
    today=TODAY,
)


def check(
    of: str, /, *, context: ReadContext = CONTEXT, scheme: str = "cn", row: Any = None, **given: Any
) -> tuple[pd.DataFrame, list[Finding]]:
    """Check a table; what is a column of the kind is data, the rest belongs to the entry."""
    names = [column.name for column in COLUMNS[of]]
    columns = {name: value for name, value in given.items() if name in names}
    settings = {name: value for name, value in given.items() if name not in names}
    table = pd.DataFrame(columns)
    if row is not None:
        table["row"] = row
    entry = Dataset(id="set", title="x", kind=of, file="a/set.csv", **settings)
    county = County(code="529901", name="青岚县", crs="EPSG:4546", code_scheme=scheme)
    manifest = Manifest(county=county, dataset=(entry,))
    return check_table(table, entry=entry, manifest=manifest, context=context)


def told(findings: list[Finding]) -> list[tuple[int | None, str]]:
    return [(one.row, one.rule) for one in findings]


def sentence(finding: Finding) -> str:
    return finding.expected.format(**finding.values)


def test_types_the_good_rows() -> None:
    table, findings = check(
        "population",
        code=["529901100000", "529901100200"],
        date=["2024-11-01", "2024-11-01"],
        kind=["常住人口", "户籍"],
        sex=["男", "女"],
        age_band=["0～4岁", "85岁及以上"],
        persons=["１２", "7"],
    )
    assert table["code"].tolist() == ["529901100", "529901100200"]
    assert table["kind"].tolist() == ["usual", "registered"]
    assert table["sex"].tolist() == ["m", "f"]
    assert table["age_band"].tolist() == ["00-04", "85+"]
    assert table["persons"].tolist() == [12, 7]
    assert table["persons"].dtype == np.int64
    assert table["date"].tolist() == [pd.Timestamp(2024, 11, 1)] * 2
    assert table["row"].tolist() == [1, 2]
    assert [(f.row, f.rule, f.severity) for f in findings] == [(None, "text.width", "note")]


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("-3", "count.negative", "a whole number, 0 or more"),
        ("2.5", "count.fraction", "a whole number"),
        ("约20", "number.invalid", "a number"),
        ("1e400", "number.invalid", "a number"),
        ("1e16", "number.range", "a number below 1e+15"),
        ("", "value.missing", "a value"),
        (None, "value.missing", "a value"),
        ("—", "value.missing", "a value"),
    ],
)
def test_a_bad_count_costs_its_row_only(text: str | None, rule: str, words: str) -> None:
    table, findings = check(
        "population", code=["529901100200", "529901100201"], persons=[text, "5"], row=[8, 9]
    )
    (one,) = [f for f in findings if f.severity == "error"]
    assert (one.row, one.column, one.rule) == (8, "persons", rule)
    assert sentence(one) == words
    assert one.found == (text or "")
    assert one.text == f"code=529901100200; persons={text or ''}"
    assert table["persons"].tolist() == [5]


@pytest.mark.parametrize("text", ["1,234", "１２３４", " 1234 ", "1234.0", 1234, 1234.0])
def test_reads_every_spelling_of_a_number(text: object) -> None:
    table, _ = check("population", code=["529901100200"], persons=[text])
    assert table["persons"].tolist() == [1234]


def test_converts_units() -> None:
    table, _ = check(
        "population", code=["529901100"], persons=["1.2345"], units={"persons": "万人"}
    )
    assert table["persons"].tolist() == [12345]


@pytest.mark.parametrize(
    ("code", "rule", "words"),
    [
        ("52990110", "code.form", "a code of 6, 9, 12 or 15 digits"),
        ("52990110020X", "code.form", "a code of 6, 9, 12 or 15 digits"),
        ("610102001001", "code.county", "a code of this county, beginning with 529901"),
        (
            "529901100999",
            "code.nearest",
            "the code of a known region; the nearest is 529901100209 ",
        ),
        ("529901777777", "code.unknown", "the code of a known region"),
    ],
)
def test_a_bad_code_names_its_rule(code: str, rule: str, words: str) -> None:
    _, findings = check("population", code=[code], persons=["1"])
    (one,) = [f for f in findings if f.severity == "error"]
    assert (one.rule, one.found, sentence(one)) == (rule, code, words)


def test_a_township_part_above_599_is_told() -> None:
    context = ReadContext(today=TODAY)
    _, findings = check("population", context=context, code=["529901700200"], persons=["1"])
    assert told(findings) == [(1, "code.township")]


def test_twenty_bad_codes_are_refused_and_nearly_all_guessed() -> None:
    rng = np.random.default_rng(20240501)
    known = sorted(rng.choice(10**6, 400, replace=False))
    codes = [f"529901{number:06d}" for number in known if number % 1000 and number // 1000 < 600]
    context = ReadContext(known_codes=frozenset(codes), today=TODAY)
    right = list(rng.choice(codes, 20, replace=False))
    bad = []
    for number, code in enumerate(right):
        at = int(rng.integers(8, 12))
        if number % 3 == 0 and code[10] != code[11]:
            bad.append(code[:10] + code[11] + code[10])
        else:
            bad.append(code[:at] + str((int(code[at]) + 3) % 10) + code[at + 1 :])
    _, findings = check("population", context=context, code=bad, persons=["1"] * 20)
    refused = [f for f in findings if f.rule.startswith("code.") and f.severity == "error"]
    assert [f.row for f in refused] == list(range(1, 21))
    guessed = sum(f.values.get("nearest") == code for f, code in zip(refused, right, strict=True))
    assert guessed >= 18


def test_a_lost_digit_is_guessed_too() -> None:
    nearest = rules.Nearest(frozenset(VILLAGES))
    assert nearest("52990110220") in VILLAGES
    assert nearest("completely else") == ""


def test_regions_are_found_by_name() -> None:
    table, findings = check(
        "households",
        code=["城关镇", "河囗镇", "某某", "城关镇"],
        type=["单人户", "夫妻户", "单人户", "其他"],
        households=["1", "2", "3", "4"],
        match="name",
        level="township",
    )
    assert table["code"].tolist() == ["529901100", "529901100"]
    assert told(findings) == [(2, "name.nearest"), (3, "name.unknown")]
    assert findings[0].values["nearest"] == "河口镇"


def test_two_regions_of_one_name_are_not_guessed() -> None:
    context = ReadContext(region_names={"529901100": "新村", "529901101": "新村"}, today=TODAY)
    _, findings = check(
        "population", context=context, code=["新村"], persons=["1"], match="name", level="township"
    )
    assert told(findings) == [(1, "name.ambiguous")]


def test_an_orphan_region_is_refused() -> None:
    table, findings = check(
        "regions",
        code=["529901100201", "529901555001", "529901101202"],
        name=["甲", "乙", "丙"],
        parent=["529901100", "529901555", None],
        level="village",
    )
    assert table["name"].tolist() == ["甲", "丙"]
    (one,) = [f for f in findings if f.severity == "error"]
    assert (one.row, one.rule) == (2, "code.orphan")
    assert sentence(one) == "a parent that is known; 529901555 is not"


def test_parents_may_stand_in_another_file() -> None:
    _, findings = check(
        "regions", context=ReadContext(today=TODAY), code=["529901555001"], name=["乙"],
        parent=["529901555"], level="village",
    )  # fmt: skip
    assert findings == []


def test_free_codes_are_any_text() -> None:
    context = ReadContext(known_codes=frozenset(["Ordino", "Encamp"]), today=TODAY)
    table, findings = check(
        "population", context=context, scheme="free", code=["Ordino", "Encanp"], persons=["1", "2"]
    )
    assert table["code"].tolist() == ["Ordino"]
    assert (findings[0].rule, findings[0].values["nearest"]) == ("code.nearest", "Encamp")


def test_an_unknown_choice_names_the_nearest() -> None:
    _, findings = check(
        "facilities",
        name=["甲"],
        kind=["卫生寺"],
        lon=["106.5"],
        lat=["27.5"],
    )
    (one,) = findings
    assert (one.rule, one.values["nearest"]) in (
        ("choice.nearest", "health_centre"),
        ("choice.nearest", "clinic"),
    )


def test_the_manifest_may_name_values() -> None:
    table, findings = check(
        "facilities", name=["甲"], kind=["卫生机构"], lon=["106.5"], lat=["27.5"],
        values={"kind": {"卫生机构": "clinic"}},
    )  # fmt: skip
    assert table["kind"].tolist() == ["clinic"]
    assert findings == []


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("0-4岁", "00-04"),
        ("5～9", "05-09"),
        ("10至14周岁", "10-14"),
        ("85+", "85+"),
        ("85岁以上", "85+"),
        ("≥85", "85+"),
        ("合计", "all"),
        ("0-14", ""),
        ("85", ""),
        ("老年", ""),
    ],
)
def test_age_bands(text: str, band: str) -> None:
    assert rules.age_band(text) == band


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("11010519491231002X", ""),
        ("11010519491231002x", ""),
        ("110105194912310021", "identity.check"),
        ("110105194902300023", "identity.date"),
        ("11010549123100", "identity.length"),
        ("11010519491231OO2X", "identity.length"),
    ],
)
def test_identity_numbers(number: str, rule: str) -> None:
    table, findings = check("persons", identity=[number])
    assert [f.rule for f in findings] == ([rule] if rule else [])
    assert len(table) == (0 if rule else 1)
    for one in findings:
        assert number not in one.found + one.text
        assert one.found[:2] == number[:2]


def test_no_identity_number_is_left_in_a_finding() -> None:
    number = "11010519491231002X"
    _, findings = check(
        "persons",
        identity=[number, number, number],
        name=["张三", "张三", f"李四 {number} 13812345678"],
        birth=["1949-12-31", "1949-12-31", "1950-02-30"],
    )
    assert [f.rule for f in findings if f.row] == [
        "duplicate.same",
        "date.impossible",
        "duplicate.conflict",
    ]
    shown = " ".join(f"{f.found} {f.text} {f.values}" for f in findings)
    assert number not in shown
    assert "13812345678" not in shown
    assert "110105********002X" in shown


def test_birth_and_sex_are_compared_with_the_number() -> None:
    _, findings = check(
        "persons",
        identity=["11010519491231002X", "529901198001010011"],
        birth=["1949-12-30", "1980-01-01"],
        sex=["男", "男"],
    )
    assert (1, "identity.birth") in told(findings)
    assert (1, "identity.sex") in told(findings)  # 002: even, a woman


@given(st.text(alphabet="0123456789X", min_size=17, max_size=19) | st.text(max_size=20))
def test_the_fast_identity_check_agrees_with_the_plain_one(number: str) -> None:
    fast = rules.identities_right(np.array([number], dtype=object))[0]
    assert fast == (rules.identity_fault(number) == "")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)), st.integers(0, 999))
def test_a_made_identity_number_passes_both(day: dt.date, sequence: int) -> None:
    stem = f"529901{day:%Y%m%d}{sequence:03d}"
    right = [d for d in "0123456789X" if not rules.identity_fault(stem + d)]
    assert len(right) == 1
    assert rules.identities_right(np.array([stem + right[0]], dtype=object)).all()


def test_organisation_codes() -> None:
    table, findings = check(
        "organisations",
        code=["91350100M000100Y43", "91350100M000100Y44", "9135010OM000100Y43", ""],
        name=["甲", "乙", "丙", "丁"],
    )
    assert table["name"].tolist() == ["甲", "乙"]  # some early codes fail the check: marked only
    assert told(findings) == [
        (2, "organisation.check"),
        (3, "organisation.form"),
        (4, "value.missing"),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-05", (2024, 3, 5)),
        ("2024/3/5", (2024, 3, 5)),
        ("2024年3月5日", (2024, 3, 5)),
        ("20240305", (2024, 3, 5)),
        ("2024.03.05", (2024, 3, 5)),
        ("2024-03-05 00:00:00", (2024, 3, 5)),
        ("２０２４-０３-０５", (2024, 3, 5)),
        ("45356", (2024, 3, 5)),
        (45356, (2024, 3, 5)),
        (45356.0, (2024, 3, 5)),
        (20240305, (2024, 3, 5)),
        ("2024年3月", (2024, 3, 1)),
        ("2020", (2020, 1, 1)),
        (dt.date(2024, 3, 5), (2024, 3, 5)),
        (pd.Timestamp(2024, 3, 5), (2024, 3, 5)),
    ],
)
def test_reads_every_spelling_of_a_day(text: object, day: tuple[int, int, int]) -> None:
    table, findings = check("population", code=["529901100200"], persons=["1"], date=[text])
    assert table["date"].tolist() == [pd.Timestamp(*day)]
    assert {f.severity for f in findings} <= {"note"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2024-02-30", "date.impossible"),
        ("2023-02-29", "date.impossible"),
        ("20241301", "date.impossible"),
        ("2026-02-01", "date.future"),
        ("05/03/2024", "date.form"),
        ("昨天", "date.form"),
        ("1066-10-14", "date.early"),
    ],
)
def test_a_bad_day_costs_its_row(text: str, rule: str) -> None:
    table, findings = check("population", code=["529901100200"], persons=["1"], date=[text])
    assert told(findings) == [(1, rule)]
    assert len(table) == 0
    assert findings[0].found == text


def test_nobody_is_older_than_people_get() -> None:
    _, findings = check(
        "persons", identity=["11010519491231002X"], birth=["1880-01-01"], name=["张三"]
    )
    assert (1, "age.range") in told(findings)
    assert "an age from 0 to 130 years" in [sentence(f) for f in findings]


def test_times() -> None:
    texts = [
        "2025-03-05 14:30",
        "2025-03-05T14:30:05",
        "2025年3月5日 14:30",
        "2025/3/5 9:05:07",
        "2025-03-05T14:30:05+08:00",
        "45721.5",
        "2025-03-05 25:00",
        "早上",
    ]
    table, findings = check(
        "events", id=[str(n) for n in range(8)], category=["噪声"] * 8, reported=texts
    )
    assert table["reported"].dt.strftime("%m-%d %H:%M:%S").tolist() == [
        "03-05 14:30:00",
        "03-05 14:30:05",
        "03-05 14:30:00",
        "03-05 09:05:07",
        "03-05 14:30:05",
        "03-05 12:00:00",
    ]
    assert told([f for f in findings if f.row]) == [(7, "time.form"), (8, "time.form")]


def test_an_end_before_its_beginning_is_marked() -> None:
    table, findings = check(
        "events",
        id=["1"],
        category=["噪声"],
        reported=["2025-03-05 14:30"],
        closed=["2025-03-05 14:29"],
    )
    assert told(findings) == [(1, "time.order")]
    assert len(table) == 1


def test_places_outside_the_county() -> None:
    table, findings = check(
        "facilities",
        name=["甲", "乙", "丙", "丁"],
        kind=["诊所"] * 4,
        lon=["106.5", "27.5", "206.5", "106.5"],
        lat=["27.5", "106.5", "27.5", "东经"],
    )
    assert table["name"].tolist() == ["甲"]
    assert [(r, rule) for r, rule in told(findings)] == [
        (2, "degrees.range"),
        (3, "degrees.range"),
        (4, "number.invalid"),
    ]
    _, findings = check("facilities", name=["甲"], kind=["诊所"], lon=["108.5"], lat=["27.5"])
    assert sentence(findings[0]) == "a place in the county, 106.0 to 107.0 E, 27.0 to 28.0 N"
    assert findings[0].found == "108.500000, 27.500000"


def test_half_a_place_is_none() -> None:
    table, findings = check(
        "events",
        id=["1", "2"],
        category=["噪声"] * 2,
        reported=["2025-03-05"] * 2,
        lon=["106.5", "27.5"],
        lat=[None, "106.5"],
    )
    assert told([f for f in findings if f.row]) == [(1, "place.half"), (2, "degrees.range")]
    assert table[["lon", "lat"]].isna().all(axis=None)


def test_a_wrong_extra_is_emptied_and_the_row_kept() -> None:
    table, findings = check(
        "facilities",
        id=["1", "2"],
        name=["甲", None],
        kind=["诊所", "诊所"],
        lon=["106.5", "106.6"],
        lat=["27.5", "27.6"],
        capacity=["约5", "7"],
    )
    assert [(f.row, f.rule, f.severity) for f in findings] == [
        (1, "number.invalid", "warning"),
        (2, "value.missing", "warning"),
    ]
    assert np.isnan(table["capacity"].iat[0])
    assert table["capacity"].iat[1] == 7


def test_duplicates() -> None:
    table, findings = check(
        "population",
        code=["529901100200", "529901100200", "529901100200", "529901100201"],
        sex=["男", "m", "男", "男"],
        persons=["5", "5", "6", "5"],
    )
    assert [(f.row, f.rule, f.severity) for f in findings] == [
        (2, "duplicate.same", "warning"),
        (3, "duplicate.conflict", "error"),
    ]
    assert sentence(findings[1]) == "one row a key; row 1 says otherwise"
    assert table["row"].tolist() == [1, 4]


def test_facilities_without_number_are_known_by_name_and_place() -> None:
    _, findings = check(
        "facilities",
        name=["甲", "甲", "甲"],
        kind=["诊所"] * 3,
        lon=["106.5", "106.5", "106.6"],
        lat=["27.5"] * 3,
    )
    assert told(findings) == [(2, "duplicate.same")]


def test_totals_beside_their_parts_are_left_out() -> None:
    # By hand: 5 + 6 = 11 agrees in the first village and not in the second (12).
    table, findings = check(
        "population",
        code=["529901100200"] * 3 + ["529901100201"] * 3 + ["529901100202"],
        sex=["男", "女", "合计"] * 2 + ["合计"],
        persons=["5", "6", "11", "5", "6", "12", "9"],
    )
    assert table["row"].tolist() == [1, 2, 4, 5, 7]
    assert told(findings) == [(None, "total.extra"), (6, "total.differs")]
    assert sentence(findings[1]) == "a total equal to the sum of its parts, 11"


def test_stale_data() -> None:
    (one,) = check(
        "population", code=["529901100200"], persons=["1"], refresh_days=30, date=["2025-12-31"]
    )[1]
    assert sentence(one) == "a delivery every 30 days; the newest data are 31 days old"


def test_the_manifest_fills_constants() -> None:
    table, _ = check(
        "population",
        code=["529901100200"],
        persons=["1"],
        constant={"kind": "usual"},
    )
    assert table["kind"].tolist() == ["usual"]


def test_sparse_columns_are_told_once() -> None:
    _, findings = check(
        "persons",
        identity=["11010519491231002X", "529901198001010011"],
        name=["张三", None],
    )
    sparse = [f for f in findings if f.rule == "value.sparse"]
    assert [sentence(f) for f in sparse] == ["a value in every row; 1 of 2 have none"]


def test_a_missing_column_is_refused() -> None:
    message = r"^a/set\.csv: missing column persons\. Found: code\.$"
    with pytest.raises(DataFileError, match=message):
        check("population", code=["529901100200"])


def test_an_empty_table_is_empty() -> None:
    table, findings = check("population", code=[], persons=[])
    assert len(table) == 0
    assert findings == []


def test_shapes_pass_through() -> None:
    table = gpd.GeoDataFrame(
        {"code": ["529901100", "52990"], "name": ["甲", "乙"], "row": [1, 2]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=4326,
    )
    entry = Dataset(id="set", title="x", kind="regions", file="r.geojson", level="township")
    county = County(code="529901", name="x", crs="EPSG:4546")
    good, findings = check_table(
        table, entry=entry, manifest=Manifest(county=county, dataset=(entry,)), context=CONTEXT
    )
    assert isinstance(good, gpd.GeoDataFrame)
    assert good.crs == 4326
    assert good.geometry.iat[0].equals(shapely.box(0, 0, 1, 1))
    assert told(findings) == [(2, "code.form")]


def test_hostile_cells_are_only_bad_ones() -> None:
    cells = [
        "a\x00",
        "9" * 5000,
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "１e9999",
        "_1",
    ]
    table, findings = check(
        "population",
        code=["529901100200", *cells],
        sex=["m", *cells],
        date=["2024-01-01", *cells],
        persons=["1", *cells],
    )
    assert len(table) == 1
    assert {f.row for f in findings if f.severity == "error"} == set(range(2, 8))
    assert max(len(f.found) for f in findings) <= 200
    assert max(len(f.text) for f in findings) <= 2000


def promise(kind: str) -> pa.DataFrameSchema:
    """Return what the data dictionary promises of good rows, as rules of another library."""
    columns = {}
    for column in COLUMNS[kind]:
        checks = []
        if column.choices:
            checks.append(pa.Check.isin(column.choices))
        if column.type in ("count", "amount") and column.name not in rules.NEGATIVE_ALLOWED:
            checks.append(pa.Check.ge(0))
        if column.name in ("lon", "lat"):
            checks.append(pa.Check.in_range(27.0, 107.0))
        may_be_empty = not column.required or (column.name == "name" and kind == "facilities")
        columns[column.name] = pa.Column(None, checks, nullable=may_be_empty, required=False)
    return pa.DataFrameSchema(columns)


MESS = (
    *(
        "",
        None,
        "-3",
        "7",
        "１2",
        "2.5",
        "男",
        "女",
        "0-4岁",
        "85+",
        "常住",
        "医院",
        "村卫生室",
        "约",
    ),
    *("106.5", "27.5", "529901100200", "529901100201", "5299", "2024-02-30", "2024-03-05"),
)


def messy(kind: str, names: tuple[str, ...]) -> st.SearchStrategy[pd.DataFrame]:
    row = st.tuples(*[st.sampled_from(MESS)] * len(names))
    return st.lists(row, max_size=30).map(lambda rows: pd.DataFrame(rows, columns=list(names)))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("population", ("code", "date", "sex", "age_band", "kind", "persons")),
        ("facilities", ("id", "name", "kind", "lon", "lat", "capacity", "open_from")),
        ("persons", ("identity", "name", "sex", "birth", "code")),
    ],
)
@given(data=st.data())
def test_good_rows_keep_the_promise_of_the_dictionary(
    kind: str, names: tuple[str, ...], data: st.DataObject
) -> None:
    table = data.draw(messy(kind, names))
    good, findings = check(kind, **{name: table[name].astype(object) for name in names})
    promise(kind).validate(good, lazy=True)
    lost = {f.row for f in findings if f.severity == "error"}
    same = {f.row for f in findings if f.rule == "duplicate.same"}
    kept = set(good["row"])
    assert not kept & (lost | same)
    extra = sum(int(f.values["n"]) for f in findings if f.rule == "total.extra")
    assert len(kept | lost | same) == len(table) - extra + len(
        {f.row for f in findings if f.rule == "total.differs"} & (lost | same)
    )


def clean(n: int) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [VILLAGES, ("男", "女"), AGE_BANDS[:-1], ("常住", "户籍", "流动"), range(2000, 2040)],
        names=["code", "sex", "age_band", "kind", "date"],
    )[:n]
    table = index.to_frame(index=False)
    table["date"] = table["date"].mod(26).add(2000).astype(str) + "-11-01"
    table = table.drop_duplicates(["code", "sex", "age_band", "kind", "date"])
    rng = np.random.default_rng(20240501)
    return table.assign(persons=rng.integers(0, 400, len(table)).astype(str)).astype("str")


def test_one_bad_row_in_a_hundred_is_found_without_false_alarm() -> None:
    """P16: 99 % found, false alarms 0.5 % at most."""
    table = clean(60_000).astype(object).reset_index(drop=True)
    rng = np.random.default_rng(7)
    bad = rng.choice(len(table), len(table) // 100, replace=False)
    ways: list[tuple[str, Any]] = [
        ("persons", "-1"), ("persons", ""), ("persons", "3.7"), ("persons", "若干"),
        ("code", "529901999"), ("code", "5299011002"), ("sex", "未知"), ("age_band", "3-8岁"),
        ("kind", "常驻"), ("date", "2024-02-30"), ("date", "2031-01-01"),
    ]  # fmt: skip
    for number, row in enumerate(bad):
        column, value = ways[number % len(ways)]
        table.loc[row, column] = value
    good, findings = check("population", **{name: table[name] for name in table})
    found = {f.row - 1 for f in findings if f.row and f.severity == "error"}
    planted = set(bad.tolist())
    assert len(planted & found) >= 0.99 * len(planted)
    assert len(found - planted) <= 0.005 * len(table)
    assert found == planted
    assert len(good) == len(table) - len(planted)


def test_a_million_rows_in_a_second() -> None:
    rows = pd.concat([clean(1_000_000)] * 3, ignore_index=True).iloc[:1_000_000]
    rows["row"] = np.arange(1, len(rows) + 1)
    unique = rows.drop_duplicates(["code", "sex", "age_band", "kind", "date"])
    began = time.perf_counter()
    good, findings = check("population", **{name: unique[name] for name in unique})
    took = time.perf_counter() - began
    assert findings == []
    assert len(good) == len(unique)
    assert took < 3 * len(unique) / 1_000_000 + 1  # about 0.5 s alone; others may be at work
