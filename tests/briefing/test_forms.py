"""The three forms of a briefing: the same words, one sheet, bytes that stay, readable aloud."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser

import docx
import pypdf
import pytest

from cockpit.briefing.content import Page
from cockpit.briefing.docx import as_docx
from cockpit.briefing.drawing import Map, Spot, Words, draw, size_of
from cockpit.briefing.facts import Both
from cockpit.briefing.html import as_html
from cockpit.briefing.pdf import fitted
from cockpit.briefing.text import ROOMS, Room, marked, write
from tests.briefing.issues import MOMENT, NASTY, facts, land

LANGUAGES = ("zh", "en")
LONG = Both("很长很长的名字" * 12, "A very long name that goes on " * 6)


def writing(language: str, name: Both | None = None) -> Callable[[Room], Page]:
    told, ground = facts(name), land(name)
    return lambda room: write(told, language, ground, room)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request: pytest.FixtureRequest) -> tuple[Page, bytes]:
    return fitted(writing(request.param))


def from_pdf(sheet: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(sheet)).pages
    assert len(pages) == 1
    return squeezed(pages[0].extract_text())


def from_html(page: Page) -> str:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(as_html(page).decode().partition("</head>")[2])
    return squeezed("".join(found))


def from_docx(page: Page) -> str:
    document = docx.Document(io.BytesIO(as_docx(page)))
    return squeezed("".join(node.text or "" for node in document.element.body.iter()))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def said(page: Page) -> list[str]:
    """Return every sentence and figure that a reader must find."""
    return [
        page.title, page.issue, page.as_of, *page.marks, *page.sentences, page.check,
        *(t for c in page.cards for t in (c.label, c.figure, c.target, c.light_word)),
        *(change.text for c in page.cards for change in c.changes),
        *(t for p in page.places for t in (p.name, *p.reasons)),
        *(t for a in page.alarms for t in (a.title, a.level_word, a.since, a.doing)),
        *page.differences, *page.sources, *page.method,
        page.attention.heading, page.warnings.more, page.differs.more, page.origin.more,
    ]  # fmt: skip


def test_all_forms_say_the_same_figures(made: tuple[Page, bytes]) -> None:
    page, sheet = made
    for text in (from_html(page), from_docx(page), from_pdf(sheet)):
        missing = [one for one in said(page) if squeezed(one) not in text]
        assert not missing


def test_eight_cards_five_villages_and_what_is_left_out(made: tuple[Page, bytes]) -> None:
    page = made[0]
    assert [c.figure for c in page.cards] == [f"{1000 * k + 7:,}" for k in range(1, 9)]
    assert len(page.places) == 5
    left = 10 - len(page.alarms)
    assert page.warnings.more in (f"另有 {left} 条", f"and {left} more")
    assert len(page.sentences) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_endless_names_still_fit_one_sheet(language: str) -> None:
    page, sheet = fitted(writing(language, LONG))
    assert len(pypdf.PdfReader(io.BytesIO(sheet)).pages) == 1
    assert page.places[0].name.endswith("…")
    assert page.alarms
    assert len(page.alarms) < 10
    assert str(10 - len(page.alarms)) in page.warnings.more


def test_a_page_that_fits_no_sheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.briefing.pdf._pages", lambda *_: 2)
    with pytest.raises(Exception, match="does not fit one page") as refused:
        fitted(writing("en"))
    assert str(refused.value) == (
        "The briefing does not fit one page: names and figures are too long."
    )


def test_the_same_page_gives_the_same_bytes(made: tuple[Page, bytes]) -> None:
    page, sheet = made
    again = dataclasses.replace(page)
    assert as_html(again) == as_html(page)
    assert as_docx(again) == as_docx(page)
    assert fitted(writing(page.language))[1] == sheet


def test_pdf_is_tagged_named_and_carries_its_face(made: tuple[Page, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(made[1]))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith({"zh": "zh", "en": "en"}[made[0].language])
    assert reader.metadata is not None
    assert reader.metadata.title == f"{made[0].title} {made[0].issue}"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.replace(tzinfo=None) == MOMENT
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        below = font.get_object()["/DescendantFonts"][0].get_object()
        assert {"/FontFile3", "/FontFile2"} & set(below["/FontDescriptor"].get_object())
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


def test_docx_has_headings_tables_a_described_map_and_both_faces(made: tuple[Page, bytes]) -> None:
    page = made[0]
    body = as_docx(page)
    document = docx.Document(io.BytesIO(body))
    assert document.paragraphs[0].style is not None
    assert document.paragraphs[0].style.name == "Title"
    cells = [c for t in document.tables for row in t.rows for c in row.cells]
    paragraphs = [*document.paragraphs, *(p for c in cells for p in c.paragraphs)]
    headings = {p.text for p in paragraphs if p.style and p.style.name == "Heading 1"}
    assert headings == {
        page.changed.heading, page.attention.heading, page.warnings.heading, page.differs.heading,
        page.origin.heading,
    }  # fmt: skip
    core, title = document.core_properties, f"{page.title} {page.issue}"
    assert (core.title, core.created) == (title, MOMENT.replace(tzinfo=dt.UTC))
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        text = parts.read("word/document.xml").decode()
        styles = parts.read("word/styles.xml").decode()
        picture = next(n for n in parts.namelist() if n.endswith(".png"))
        assert parts.read(picture).startswith(b"\x89PNG")
        assert {i.date_time[:5] for i in parts.infolist()} == {(2025, 10, 31, 23, 58)}
        header = parts.read("word/header1.xml").decode()
    assert f'descr="{page.picture.alt}"' in text
    assert 'w:eastAsia="Microsoft YaHei"' in styles
    assert "w:tblHeader" in text
    assert all(word in header for word in (page.title, page.date, *page.marks))


def test_words_are_never_markup() -> None:
    page, sheet = fitted(writing("en", Both(NASTY, NASTY)))
    assert squeezed(NASTY) in from_pdf(sheet)
    assert squeezed(NASTY) in from_html(page)
    assert squeezed(NASTY) in from_docx(page)
    assert '<b>&"' not in as_html(page).decode()


def test_html_asks_no_server_and_lists_every_figure(made: tuple[Page, bytes]) -> None:
    page = made[0]
    text = as_html(page).decode()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"<(script|link|img|iframe)", text)
    details = text.partition("<details")[2]
    assert all(f"<td>f{k}</td>" in details for k in range(1, 9))
    assert all(f'id="figure-f{k}"' in text for k in range(1, 9))
    assert "<h1>" in text
    assert 'role="img"' in text


def test_the_mark_of_an_export_stands_in_the_foot(made: tuple[Page, bytes]) -> None:
    page = marked(made[0], "Exported by X. Trace code 0001-A.")
    assert page.footer.endswith("Trace code 0001-A.")
    assert "Trace code 0001-A." in as_html(page).decode()


def test_a_county_without_anything_still_makes_a_page() -> None:
    bare = facts(
        figures=(), villages=(), alerts=(), sources=(), gaps=(), checked=(), differences=(),
        before=None, invented=False,
    )  # fmt: skip
    for language in LANGUAGES:
        ground = dataclasses.replace(land(), townships=land().townships[:0], names=())
        page, sheet = fitted(lambda room: write(bare, language, ground, room))  # type: ignore[arg-type]  # noqa: B023
        assert page.attention.empty
        assert page.warnings.empty in ("本期不含预警。", "Alerts are not told in this issue.")
        assert squeezed(page.attention.empty) in from_pdf(sheet)
        assert as_docx(page).startswith(b"PK")
        assert as_html(page).startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("last", "chinese", "english"),
    [
        (dt.date(2025, 10, 31), "2025年10月25日至31日", "25 to 31 Oct 2025"),
        (dt.date(2025, 11, 3), "2025年10月28日至11月3日", "28 Oct to 3 Nov 2025"),
        (dt.date(2026, 1, 3), "2025年12月28日至2026年1月3日", "28 Dec 2025 to 3 Jan 2026"),
        (None, "2025年10月25日至31日", "25 to 31 Oct 2025"),
    ],
)
def test_the_head_of_a_weekly_issue_gives_its_seven_days(
    last: dt.date | None, chinese: str, english: str
) -> None:
    told = facts(kind="weekly", last_day=last)
    assert write(told, "zh", land()).date == chinese
    assert write(told, "en", land()).date == english


def test_departments_and_the_column_of_numbers_are_read_in_both_languages() -> None:
    own = facts().sources[0]
    told = facts(sources=(own, dataclasses.replace(own, department="县史志办")))
    page = write(told, "en", land())
    assert page.sources == (
        "数据0en (City management bureau, 31 Oct 2025)",
        "数据0en (Department [县史志办], 31 Oct 2025)",
    )
    assert page.place_head[0] == "No."
    chinese = write(told, "zh", land())
    assert chinese.sources[1] == "数据0中（县史志办，2025年10月31日）"
    assert chinese.place_head[0] == "序号"
    for made in (as_html(chinese).decode(), from_docx(chinese)):
        assert "序号" in made
        assert "№" not in made


def test_the_map_has_title_legend_scale_north_and_foot() -> None:
    words = Words("题", "关注的村", ("蓝", "黄", "橙", "红"), "{n} 公里", "北", "来源甲")
    ground = land()
    spots = (Spot(1000, 1000, "1"), Spot(1000, 1000, "2"), Spot(5000, 5000, "A", 4))
    svg = draw(Map(ground.townships, ("东镇", "西镇"), spots, words))
    for part in ("题", "关注的村", "红", "北", "来源甲", "东镇", "西镇", "2 公里", "1", "2", "A"):
        assert f">{part}</text>" in svg
    assert "蓝" not in svg  # a kind that is not drawn is not explained
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert circles[0] != circles[1]  # at one place, set apart
    assert size_of(svg)[0] == 400


def test_rooms_get_tighter() -> None:
    for name in ("places", "reasons", "alarms", "differences", "sources", "letters", "points"):
        sizes = [getattr(room, name) for room in ROOMS]
        assert sizes == sorted(sizes, reverse=True)
