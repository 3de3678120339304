"""
A memo as PDF: set by Typst from the same blocks, with a Chinese face that is always there.

The face comes with the installation and is embedded, so that Chinese looks alike on every machine
and never turns into boxes; the machine's own faces are not looked at. The file is tagged (PDF/UA),
so that a screen reader reads it in order.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

from cockpit.memo.content import Block, Check, Memo
from cockpit.memo.words import date

FACE = "Noto Sans SC"


def as_pdf(memo: Memo) -> bytes:
    """
    Return the memo as PDF, A4; the same memo gives the same bytes.

    The file's dates are the memo's. Words reach the layout as data, never as markup: no sentence
    can change the page.
    """
    import typst

    return typst.compile(
        files("cockpit.memo").joinpath("memo.typ").read_bytes(),
        format="pdf",
        font_paths=_faces(),
        ignore_system_fonts=True,
        sys_inputs={"memo": json.dumps(as_plain(memo), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=_utc(memo.made),
    )


@cache
def _faces() -> Any:
    """Return the installed Chinese faces, read once."""
    import pylopdf_fonts_zh_cn as faces
    import typst

    folder = str(faces.sans_path().parent)
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


def as_plain(memo: Memo) -> dict[str, Any]:
    """Return the memo as the layout reads it: plain values, each block with its kind."""
    when = _utc(memo.made)
    return {
        **{name: getattr(memo, name) for name in _NAMES},
        "date": date(memo.made.date(), memo.language),
        "moment": [when.year, when.month, when.day, when.hour, when.minute, when.second],
        "face": FACE,
        "blocks": [{"kind": type(block).__name__, **_on_paper(block)} for block in memo.blocks],
    }


_NAMES = ("language", "kind", "title", "marks", "author", "footer", "page_words")


def _on_paper(block: Block) -> dict[str, Any]:
    """Return a block's values; of a check the sentence alone: nobody can open a list on paper."""
    return {"sentence": block.sentence} if isinstance(block, Check) else asdict(block)


def _utc(moment: dt.datetime) -> dt.datetime:
    """Return a moment with its zone; the store keeps UTC without saying so."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
