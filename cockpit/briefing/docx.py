"""
A briefing as an office document: real headings, tables and a picture that can be read aloud.

Chinese letters have their own face in such a file (``w:eastAsia``), or an office program takes
whatever it likes. The map is a picture in points; its words stand in its description.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cockpit.briefing.content import Alarm, Card, Page, Section
from cockpit.briefing.drawing import LEVELS, size_of
from cockpit.look.tokens import ALERT, ALERT_ON, LIGHT
from cockpit.picture.files import as_png

if TYPE_CHECKING:
    from docx.document import Document as Doc
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

_LANG = {"zh": "zh-CN", "en": "en-GB"}
_LATIN, _CHINESE = "Arial", "Microsoft YaHei"
_MARGIN_CM, _WIDTH_CM = 1.4, 18.2
_LEFT_CM, _CARDS = 9.6, 4
_MOODS = {"better": LIGHT.good, "worse": LIGHT.bad, "same": LIGHT.quiet}
_EARLIEST = 1980  # years before are unknown to zip files


def as_docx(page: Page) -> bytes:
    """
    Return a page as DOCX, A4; the same page gives the same bytes.

    The file's dates, those of its parts included, are the issue's.
    """
    from docx import Document

    document = Document()
    _prepare(document, page)
    _head(document, page)
    _cards(document, page)
    _heading(document, page.changed)
    for sentence in page.sentences:
        document.add_paragraph(sentence, style="List Number")
    table = _plain_table(document, 1, (_LEFT_CM, _WIDTH_CM - _LEFT_CM))
    left, right = table.rows[0].cells
    _left(left, page)
    _right(right, page)
    _origin(document, page)
    for paragraph in document.paragraphs:
        _tight(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return _dated(buffer.getvalue(), page.made)


def _dated(made: bytes, when: dt.datetime) -> bytes:
    """Return a zip file with one date for all its parts: the writer's is the clock's."""
    moment = (max(when.year, _EARLIEST), when.month, when.day, when.hour, when.minute, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, moment)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return out.getvalue()


# ---------------------------------------------------------------- the sheet


def _prepare(document: Doc, page: Page) -> None:
    from docx.shared import Cm, Pt

    core = document.core_properties
    core.title = f"{page.title} {page.issue}"
    core.author = core.last_modified_by = page.author
    core.subject, core.comments = page.kind, page.footer
    core.keywords = ", ".join(page.marks)
    core.language = _LANG[page.language]
    core.created = core.modified = page.made
    core.revision = 1
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(_MARGIN_CM)
    section.top_margin, section.bottom_margin = Cm(1.9), Cm(1.6)
    section.header_distance = section.footer_distance = Cm(0.8)
    for name, size in (("Normal", 8.5), ("Title", 18), ("Heading 1", 10.5), ("List Number", 8.5),
                       ("List Bullet", 8.5), ("Header", 7.5), ("Footer", 7)):  # fmt: skip
        style: Any = document.styles[name]
        style.font.size = Pt(size)
        style.paragraph_format.space_before = Pt(7 if name == "Heading 1" else 0)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.line_spacing = 1.0
        _face(style, page)
        style.font.color.rgb = _rgb(LIGHT.quiet if name in ("Header", "Footer") else LIGHT.text)
    section.header.paragraphs[0].text = " · ".join((page.title, page.date, *page.marks))
    section.footer.paragraphs[0].text = page.footer


def _face(style: Any, page: Page) -> None:
    """Set the faces of both scripts, and the language that a spelling check takes."""
    from docx.oxml.ns import qn

    style.font.name = _LATIN
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)  # a theme's face would come before ours
    fonts.set(qn("w:eastAsia"), _CHINESE)
    language = properties.makeelement(qn("w:lang"))
    language.set(qn("w:val"), _LANG[page.language])
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


def _rgb(colour: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(colour[1:])


def _tight(paragraph: Paragraph) -> None:
    paragraph.paragraph_format.widow_control = True


def _head(document: Doc, page: Page) -> None:
    document.add_paragraph(page.title, style="Title")
    line = document.add_paragraph()
    line.add_run(f"{page.issue}  {page.date}  ")
    _quiet(line.add_run(f"{page.as_of}  {'  '.join(page.marks)}"))


def _heading(place: Doc | _Cell, section: Section) -> None:
    place.add_paragraph(section.heading, style="Heading 1")
    if section.empty:
        place.add_paragraph(section.empty)


def _more(place: Doc | _Cell, section: Section) -> None:
    if section.more:
        _quiet(place.add_paragraph().add_run(section.more))


def _quiet(run: Any) -> None:
    from docx.shared import Pt

    run.font.color.rgb = _rgb(LIGHT.quiet)
    run.font.size = Pt(7.5)


def _plain_table(place: Doc | _Cell, rows: int, widths: Sequence[float]) -> Table:
    """Return a table without borders whose columns have widths in centimetres."""
    from docx.shared import Cm

    table: Table = place.add_table(rows, len(widths))
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
    return table


def _cards(document: Doc, page: Page) -> None:
    if not page.cards:
        return
    rows = -(-len(page.cards) // _CARDS)
    table = _plain_table(document, rows, (_WIDTH_CM / _CARDS,) * _CARDS)
    table.style = "Table Grid"
    for k, card in enumerate(page.cards):
        _card(table.cell(k // _CARDS, k % _CARDS), card)


def _card(cell: _Cell, card: Card) -> None:
    from docx.shared import Pt

    first = cell.paragraphs[0]
    _quiet(first.add_run(card.label))
    figure = cell.add_paragraph()
    value = figure.add_run(card.figure)
    value.font.size, value.bold = Pt(15), True
    if card.unit:
        _quiet(figure.add_run(f" {card.unit}"))
    if card.light != "none":
        told = cell.add_paragraph().add_run(f"● {card.light_word}")
        told.font.color.rgb, told.font.size = _rgb(getattr(LIGHT, card.light)), Pt(7.5)
    if card.target:
        _quiet(cell.add_paragraph().add_run(card.target))
    for change in card.changes:
        told = cell.add_paragraph().add_run(change.text)
        told.font.color.rgb, told.font.size = _rgb(_MOODS[change.mood]), Pt(7.5)


# ---------------------------------------------------------------- villages, alerts, map


def _left(cell: _Cell, page: Page) -> None:
    _first_heading(cell, page.attention)
    if page.places:
        _places(cell, page)
    _more(cell, page.attention)
    _heading(cell, page.warnings)
    for alarm in page.alarms:
        _alarm(cell.add_paragraph(), alarm, _semicolon(page))
    _more(cell, page.warnings)


def _first_heading(cell: _Cell, section: Section) -> None:
    """Write a heading into the empty paragraph that every cell begins with."""
    cell.paragraphs[0].text = section.heading
    cell.paragraphs[0].style = "Heading 1"
    if section.empty:
        cell.add_paragraph(section.empty)


def _places(cell: _Cell, page: Page) -> None:
    table = _plain_table(cell, 1 + len(page.places), (0.8, 3.0, _LEFT_CM - 4.2))
    table.style = "Table Grid"
    _repeats(table)
    rows: Iterable[tuple[str, str, str]] = (
        page.place_head,
        *((p.number, f"{p.name}\n{p.township}", "\n".join(p.reasons)) for p in page.places),
    )
    for row, words in zip(table.rows, rows, strict=True):
        for place, text in zip(row.cells, words, strict=True):
            place.paragraphs[0].add_run(text)


def _repeats(table: Table) -> None:
    """Say that the first row is the head: it is read before each figure, and repeated."""
    from docx.oxml.ns import qn

    properties = table.rows[0]._tr.get_or_add_trPr()
    head = properties.makeelement(qn("w:tblHeader"))
    head.set(qn("w:val"), "true")
    properties.append(head)


def _semicolon(page: Page) -> str:
    return "；" if page.language == "zh" else "; "


def _alarm(paragraph: Paragraph, alarm: Alarm, between: str) -> None:
    from docx.oxml.ns import qn

    colour = LEVELS[alarm.level - 1]
    paragraph.add_run(f"{alarm.number} ")
    level = paragraph.add_run(f" {alarm.level_word} ")
    level.font.color.rgb = _rgb(ALERT_ON[colour])
    properties = level._r.get_or_add_rPr()
    shade = properties.makeelement(qn("w:shd"))
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", ALERT[colour][1:])):
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)
    title = paragraph.add_run(f" {alarm.title} ")
    title.bold = True
    paragraph.add_run(f"{alarm.place} ")
    _quiet(paragraph.add_run(f"{alarm.since}{between}{alarm.doing}"))


def _right(cell: _Cell, page: Page) -> None:
    from docx.shared import Cm

    width, height = size_of(page.picture.svg)
    drawn = as_png(page.picture.svg, width, height, title=page.picture.caption)
    shape: Any = cell.paragraphs[0].add_run().add_picture(io.BytesIO(drawn), width=Cm(8.0))
    described = shape._inline.docPr
    described.set("descr", page.picture.alt)
    described.set("title", page.picture.caption)
    _heading(cell, page.differs)
    for text in page.differences:
        cell.add_paragraph(text, style="List Bullet")
    _more(cell, page.differs)


def _origin(document: Doc, page: Page) -> None:
    _heading(document, page.origin)
    document.add_paragraph(page.check)
    more = (page.origin.more,) if page.origin.more else ()
    for lines, between in (((*page.sources, *more), _semicolon(page)), (page.method, " ")):
        _quiet(document.add_paragraph().add_run(between.join(lines)))
