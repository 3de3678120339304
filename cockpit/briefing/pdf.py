"""
A briefing as PDF of one A4 page, set by Typst with the Chinese face that is always there.

What is too long for one page gets shorter: lists say how many more there are (``text.ROOMS``).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

from cockpit.briefing.content import Page
from cockpit.briefing.drawing import LEVELS
from cockpit.briefing.text import ROOMS, Room
from cockpit.look.tokens import ALERT, ALERT_ON, LIGHT
from cockpit.memo.pdf import FACE
from geodata.errors import InputError

_COLOURS = ("text", "quiet", "line", "good", "watch", "bad", "ground")


def fitted(written: Callable[[Room], Page]) -> tuple[Page, bytes]:
    """
    Return the roomiest page that fits one sheet, and its PDF, A4.

    Parameters
    ----------
    written
        Gives the page for a room (``text.write``).

    Raises
    ------
    InputError
        If even the tightest does not fit.
    """
    for room in ROOMS:
        page = written(room)
        if _pages(page, room.points) == 1:
            return page, as_pdf(page, room.points)
    raise InputError("The briefing does not fit one page: names and figures are too long.")


def as_pdf(page: Page, points: float = 9.0) -> bytes:
    """
    Return a page as PDF, tagged (PDF/UA); the same page gives the same bytes.

    ``points`` is the size of its type.
    The file's dates are the issue's. Words reach the layout as data, never as markup.
    """
    import typst

    made = typst.compile(
        _layout(),
        format="pdf",
        font_paths=_faces(),
        ignore_system_fonts=True,
        sys_inputs=_inputs(page, points),
        pdf_standards=["ua-1"],
        timestamp=page.made.replace(tzinfo=dt.UTC),
    )
    return bytes(made)


def _pages(page: Page, points: float) -> int:
    """Return how many sheets a page takes."""
    import typst

    found = json.loads(
        typst.query(
            _layout(), "<pages>", field="value", one=True, font_paths=_faces(),
            ignore_system_fonts=True, sys_inputs=_inputs(page, points),
        )
    )  # fmt: skip
    return int(found)


def _layout() -> bytes:
    return files("cockpit.briefing").joinpath("briefing.typ").read_bytes()


def _inputs(page: Page, points: float) -> dict[str, str]:
    when = page.made
    plain = {
        **{k: v for k, v in asdict(page).items() if k != "checked"},
        "made": [when.year, when.month, when.day, when.hour, when.minute, when.second],
        "face": FACE,
        "size": points,
        "colours": {name: getattr(LIGHT, name) for name in _COLOURS},
        "levels": [[ALERT[name], ALERT_ON[name]] for name in LEVELS],
    }
    return {"page": json.dumps(plain, ensure_ascii=False)}


@cache
def _faces() -> Any:
    """Return the installed Chinese face, read once."""
    import pylopdf_fonts_zh_cn as faces
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(faces.sans_path().parent)])
