"""
A drawn map as PNG or PDF, set by Typst with the Chinese face that comes with the installation.

The machine's own faces are not looked at: the picture is alike on every machine and Chinese never
turns into boxes.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Any

from cockpit.memo.pdf import FACE

_LAYOUT = b"""#let page-of = json(bytes(sys.inputs.page))
#set document(title: page-of.title)
#set text(font: page-of.face)
#set page(width: page-of.width * 0.75pt, height: page-of.height * 0.75pt, margin: 0pt)
#image(bytes(page-of.svg), format: "svg", width: 100%, height: 100%, alt: page-of.title)
"""
_PIXELS_A_UNIT = 1.5  # 1280 units of a slide are 1920 pixels
_UNITS_AN_INCH = 96


def as_pdf(svg: str, width: float, height: float, *, title: str, made: dt.datetime) -> bytes:
    """
    Return a drawn map as PDF of one page, ``width`` by ``height`` units of 1/96 inch.

    ``made`` is the file's date; the same picture and date give the same bytes.
    """
    return bytes(
        _typst(svg, width, height, title, format="pdf", timestamp=made.replace(microsecond=0))
    )


def as_png(svg: str, width: float, height: float, *, title: str) -> bytes:
    """Return a drawn map as PNG, one and a half pixels a unit."""
    return bytes(
        _typst(svg, width, height, title, format="png", ppi=_UNITS_AN_INCH * _PIXELS_A_UNIT)
    )


def _typst(svg: str, width: float, height: float, title: str, **more: Any) -> Any:
    import typst

    page = {"svg": svg, "width": width, "height": height, "title": title, "face": FACE}
    return typst.compile(
        _LAYOUT,
        font_paths=_faces(),
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(page, ensure_ascii=False)},
        **more,
    )


@cache
def _faces() -> Any:
    """Return the installed Chinese face, read once."""
    import pylopdf_fonts_zh_cn as faces
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(faces.sans_path().parent)])
