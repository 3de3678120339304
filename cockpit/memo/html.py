"""A memo as one HTML file: style and map inside, nothing asked of any server, fit for A4."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from cockpit.look.marks import FEWER, MORE
from cockpit.look.tokens import LIGHT
from cockpit.memo.content import (
    Bar,
    Check,
    Facts,
    Heading,
    Items,
    Memo,
    Picture,
    Signature,
    Table,
    Text,
    Tiles,
)
from cockpit.memo.words import date

_LANG = {"zh": "zh-CN", "en": "en"}

_STYLE = f"""
:root{{--text:{LIGHT.text};--quiet:{LIGHT.quiet};--line:{LIGHT.line};--panel:{LIGHT.ground};
--sheet:{LIGHT.panel};
--accent:{LIGHT.accent};--better:{FEWER};--worse:{MORE}}}
"""
_STYLE += """
*{box-sizing:border-box}
body{margin:0;background:var(--sheet);color:var(--text);
font:15px/1.6 "Noto Sans SC","Noto Sans CJK SC",
"Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:820px;margin:0 auto;padding:40px 24px 64px}
header{border-bottom:2px solid var(--text);padding-bottom:16px;margin-bottom:24px}
.kind{display:flex;gap:8px;align-items:center;flex-wrap:wrap;margin:0;color:var(--quiet)}
.mark{border:1px solid var(--quiet);border-radius:8px;padding:0 8px;font-size:13px}
h1{font-size:28px;line-height:1.3;margin:8px 0}
h2{font-size:19px;margin:32px 0 8px;break-after:avoid}
p{margin:8px 0}
.byline,.quiet,footer,figcaption{color:var(--quiet);font-size:13px}
.loud{border-left:4px solid var(--worse);padding:8px 16px;background:var(--panel)}
dl{display:grid;grid-template-columns:minmax(96px,max-content) 1fr;gap:4px 16px;margin:8px 0}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
ul{margin:8px 0;padding-left:24px}li{margin:4px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:16px;margin:16px 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:12px 16px}
.tile b{display:block;font-size:26px;line-height:1.3;font-weight:600}
.tile span{color:var(--quiet);font-size:13px;display:block}
.better b{color:var(--better)}.worse b{color:var(--worse)}
.wide{overflow-x:auto;margin:16px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;font-weight:600;padding-bottom:4px}
th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th{font-weight:500;color:var(--quiet);vertical-align:bottom}
thead th{border-bottom:1px solid var(--text)}
.w{text-align:left}tbody th{color:var(--text);font-weight:400;vertical-align:top}
.sum th,.sum td{border-top:1px solid var(--text);font-weight:600}
tr{break-inside:avoid}thead{display:table-header-group}
figure{margin:16px 0;break-inside:avoid}figure svg{width:100%;height:auto;display:block}
.bar{min-width:140px}.bar svg{width:100%;height:12px;display:block;margin-top:5px}
details{margin:8px 0}summary{cursor:pointer;color:var(--accent)}
.sign td,.sign th{height:44px;vertical-align:bottom}
footer{border-top:1px solid var(--line);margin-top:32px;padding-top:8px}
@page{size:A4;margin:16mm 18mm}
@media print{body{font-size:9pt;line-height:1.45}main{padding:0;max-width:none}details{display:none}
h1{font-size:18pt}h2{font-size:12pt;margin:16px 0 4px}table{font-size:8.5pt}.tile b{font-size:14pt}
th,td{padding:2px 6px}.wide,figure,.tiles{margin:8px 0}.tiles{grid-template-columns:repeat(4,1fr);
gap:8px}.tile{padding:6px 10px}header{margin-bottom:12px;padding-bottom:8px}p,ul,dl{margin:4px 0}
.wide{overflow:visible}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
""".strip()


def as_html(memo: Memo) -> bytes:
    """
    Return the memo as one HTML file in UTF-8; the same memo gives the same bytes.

    All words are escaped. Only the map comes as markup: its own words were escaped where it was
    drawn.
    """
    marks = "".join(f'<span class="mark">{escape(mark)}</span>' for mark in memo.marks)
    byline = " · ".join((memo.author, date(memo.made.date(), memo.language)))
    blocks = "\n".join(_BLOCKS[type(block)](block) for block in memo.blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANG[memo.language]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(memo.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header>\n<p class="kind"><span>{escape(memo.kind)}</span>{marks}</p>\n'
        f'<h1>{escape(memo.title)}</h1>\n<p class="byline">{escape(byline)}</p>\n</header>\n'
        f"{blocks}\n<footer>{escape(memo.footer)}</footer>\n</main>\n</body>\n</html>\n"
    ).encode()


def _heading(block: Heading) -> str:
    return f"<h2>{escape(block.text)}</h2>"


def _text(block: Text) -> str:
    tone = "" if block.tone == "plain" else f' class="{block.tone}"'
    return f"<p{tone}>{escape(block.text)}</p>"


def _items(block: Items) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"


def _facts(block: Facts) -> str:
    rows = (f"<dt>{escape(label)}</dt><dd>{escape(said)}</dd>" for label, said in block.rows)
    return f"<dl>{''.join(rows)}</dl>"


def _tiles(block: Tiles) -> str:
    tiles = (
        f'<div class="tile {tile.mood}"><span>{escape(tile.label)}</span>'
        f"<b>{escape(tile.figure)}</b><span>{escape(tile.beside)}</span></div>"
        for tile in block.tiles
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _table(block: Table) -> str:
    heads = [_cell("th", ' scope="col"', text, k, block) for k, text in enumerate(block.head)]
    if block.bars:
        heads.append(f'<th scope="col" class="w bar">{escape(block.bar_head)}</th>')
    last = len(block.rows) - 1
    rows = []
    for number, row in enumerate(block.rows):
        cells = [_cell("th", ' scope="row"', row[0], 0, block)]
        cells += [_cell("td", "", text, k, block) for k, text in enumerate(row) if k]
        if block.bars:
            cells.append(f'<td class="bar">{_bar(block.bars[number])}</td>')
        kind = ' class="sum"' if block.has_sum and number == last else ""
        rows.append(f"<tr{kind}>{''.join(cells)}</tr>")
    return (
        f'<div class="wide"><table><caption>{escape(block.caption)}</caption>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(tag: str, more: str, text: str, column: int, table: Table) -> str:
    words = ' class="w"' if column < table.n_words else ""
    return f"<{tag}{more}{words}>{escape(text)}</{tag}>"


def _bar(bar: Bar | None) -> str:
    """Return a picture of figures that stand in the same row, so it says nothing on its own."""
    if bar is None:
        return ""
    worse, better = 50 * bar.worse, 50 * bar.better
    return (
        '<svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{50 - worse:.2f}" y="1" width="{worse:.2f}" height="10" fill="{MORE}"/>'
        f'<rect x="50" y="1" width="{better:.2f}" height="10" fill="{FEWER}"/>'
        f'<rect x="49.8" width="0.4" height="12" fill="{LIGHT.quiet}"/></svg>'
    )


def _picture(block: Picture) -> str:
    named = f'<svg role="img" aria-label="{escape(block.alt)}"'
    drawn = block.svg.replace("<svg", named, 1)
    return f"<figure>{drawn}<figcaption>{escape(block.caption)}</figcaption></figure>"


def _check(block: Check) -> str:
    return (
        f"<p>{escape(block.sentence)}</p><details><summary>{escape(block.summary)}</summary>"
        f"{_table(block.table)}</details>"
    )


def _signature(block: Signature) -> str:
    heads = "".join(f'<th scope="col" class="w">{escape(label)}</th>' for label in block.labels)
    empty = "<td></td>" * (len(block.labels) - 1)
    signer = '<tr class="sign"><th scope="row" class="w">'
    rows = "".join(f"{signer}{escape(role)}</th>{empty}</tr>" for role in block.roles)
    return (
        f"<p>{escape(block.lead)}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


_BLOCKS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Text: _text,
    Items: _items,
    Facts: _facts,
    Tiles: _tiles,
    Table: _table,
    Picture: _picture,
    Check: _check,
    Signature: _signature,
}
