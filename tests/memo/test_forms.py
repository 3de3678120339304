"""Both forms of a memo: the same words, escaped, with headings, tables and pictures to read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from html.parser import HTMLParser

import pypdf
import pytest

from cockpit.memo.content import (
    Bar,
    Block,
    Check,
    Facts,
    Heading,
    Items,
    Memo,
    Picture,
    Signature,
    Table,
    Text,
    Tile,
    Tiles,
)
from cockpit.memo.html import as_html
from cockpit.memo.pdf import as_pdf, as_plain

NASTY = '<b>&"*#x* $1$ [x] @y `z` \\'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text y="8">北</text></svg>'
BLOCKS: tuple[Block, ...] = (
    Heading("目标"),
    Text(NASTY),
    Text("手工编制", "loud"),
    Items(("一项", NASTY)),
    Facts((("县", "青岚县"),)),
    Tiles((Tile("覆盖率", "79.5%", "现状 73.6%", "better"),)),
    Table("分乡镇", ("乡镇", "人口"), (("南门街道", "38,687"), ("合计", "38,687")), 1,
          bars=(Bar(0.5, 1.0), None), bar_head="增加｜节省", has_sum=True),
    Picture(SVG, "青岚县地图：3 人变短", "来源"),
    Check("已复算 2 项，全部一致。", "数值清单", Table("复算", ("项", "值"), (("细目甲", "1"),))),
    Signature("提请决策", ("编制", "审核"), ("职责", "签字", "日期")),
)  # fmt: skip
MEMO = Memo(
    "zh", "决策备忘录", "新增五处村卫生室", ("密级：备用",), "规划科",
    dt.datetime(2026, 11, 22, 9, 5), "数据版本 25", "第 {page} 页，共 {pages} 页", BLOCKS,
)  # fmt: skip


class _Reader(HTMLParser):
    """Collects tags in order, attributes of each, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(memo: Memo) -> _Reader:
    reader = _Reader()
    reader.feed(as_html(memo).decode())
    return reader


def words(memo: Memo) -> str:
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(memo))).pages
    return "".join(page.extract_text() for page in pages)


def test_html_asks_no_server_for_anything() -> None:
    text = as_html(MEMO).decode()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    used = {tag for tag, _ in read(MEMO).tags}
    assert not used & {"script", "link", "img", "iframe", "object"}


def test_html_can_be_read_aloud() -> None:
    found = read(MEMO)
    headings = [tag for tag, _ in found.tags if tag in ("h1", "h2", "h3")]
    assert headings == ["h1", "h2"]
    heads = [attributes for tag, attributes in found.tags if tag == "th"]
    assert all(attributes.get("scope") in ("col", "row") for attributes in heads)
    pictures = [attributes for tag, attributes in found.tags if tag == "svg"]
    named = [a.get("aria-label") for a in pictures if a.get("role") == "img"]
    assert named == ["青岚县地图：3 人变短"]
    # What has no name is hidden: bars say nothing that the row does not.
    assert all(a.get("role") == "img" or a.get("aria-hidden") == "true" for a in pictures)
    assert ("html", {"lang": "zh-CN"}) in found.tags


def test_html_escapes_all_words() -> None:
    found = read(MEMO)
    assert found.text.count(NASTY) == 2
    assert "b" not in [tag for tag, a in found.tags if tag == "b" and not a][1:]


def test_html_has_the_list_to_open() -> None:
    found = read(MEMO)
    assert ("details", {}) in found.tags
    assert "细目甲" in found.text


def test_pdf_says_the_same_and_never_reads_words_as_markup() -> None:
    found = words(MEMO)
    for part in ("目标", "手工编制", "一项", "青岚县", "79.5%", "南门街道", "提请决策", "审核"):
        assert part in found
    assert found.count(NASTY.replace(" ", "")) + found.count(NASTY) >= 2
    assert "细目甲" not in found
    assert "已复算 2 项，全部一致。" in found
    assert "第 1 页，共 2 页" in found


def test_pdf_carries_its_face() -> None:
    """Chinese never turns into boxes: the face is in the file, and every letter has its glyph."""
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(MEMO))).pages
    fonts = [
        font.get_object()
        for page in pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    for font in fonts:
        below = font["/DescendantFonts"][0].get_object()
        assert "NotoSansSC" in below["/BaseFont"]
        described = below["/FontDescriptor"].get_object()
        assert {"/FontFile3", "/FontFile2"} & set(described)


def test_pdf_is_tagged_and_named() -> None:
    reader = pypdf.PdfReader(io.BytesIO(as_pdf(MEMO)))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    assert reader.metadata is not None
    assert reader.metadata.title == "新增五处村卫生室"
    assert reader.metadata.author == "规划科"
    assert reader.metadata.creation_date == dt.datetime(2026, 11, 22, 9, 5, tzinfo=dt.UTC)
    assert reader.metadata.modification_date == reader.metadata.creation_date
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


@pytest.mark.parametrize("form", [as_html, as_pdf])
def test_the_same_memo_gives_the_same_bytes(form: object) -> None:
    assert callable(form)
    assert form(MEMO) == form(dataclasses.replace(MEMO))
    assert form(MEMO) != form(dataclasses.replace(MEMO, title="别的"))


def test_moments_without_zone_are_utc() -> None:
    here = dt.timezone(dt.timedelta(hours=8))
    same = dt.datetime(2026, 11, 22, 17, 5, tzinfo=here)
    assert as_plain(MEMO)["moment"] == [2026, 11, 22, 9, 5, 0]
    assert as_plain(dataclasses.replace(MEMO, made=same))["moment"] == [2026, 11, 22, 9, 5, 0]
