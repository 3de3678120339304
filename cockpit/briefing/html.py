"""A briefing as one HTML file: style and map inside, nothing asked of any server, fit for A4."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from cockpit.briefing.content import Alarm, Card, Page, Section
from cockpit.briefing.drawing import LEVELS
from cockpit.look.tokens import LIGHT, css_variables

_LANG = {"zh": "zh-CN", "en": "en"}
_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:14px/1.5 var(--face);
font-variant-numeric:tabular-nums}
main{max-width:960px;margin:24px auto;padding:32px;background:var(--panel)}
header{border-bottom:2px solid var(--text);padding-bottom:8px;margin-bottom:16px}
.over,.by{display:flex;gap:8px 16px;flex-wrap:wrap;margin:0;color:var(--quiet);font-size:13px}
.by span:first-child{color:var(--text)}
.mark{border:1px solid var(--quiet);border-radius:8px;padding:0 8px}
h1{font-size:28px;line-height:1.3;margin:4px 0}
h2{font-size:17px;line-height:1.4;margin:20px 0 6px;break-after:avoid}
p{margin:4px 0}ol,ul{margin:4px 0;padding-left:20px}li{margin:2px 0}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:8px;margin:0;padding:0;list-style:none}
.card{border:1px solid var(--line);border-radius:8px;padding:8px 12px;margin:0}
.card span{display:block;color:var(--quiet);font-size:13px;line-height:1.4}
.card b{font-size:26px;line-height:1.3;font-weight:600}.card .unit{display:inline}
.card .light{width:max-content;border-left:8px solid var(--quiet);padding-left:6px}
.good{border-color:var(--good)!important}.watch{border-color:var(--watch)!important}
.bad{border-color:var(--bad)!important}
.card .better{color:var(--good)}.card .worse{color:var(--bad)}
.two{display:grid;grid-template-columns:minmax(0,1.25fr) minmax(0,1fr);gap:0 32px}
table{border-collapse:collapse;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:4px 8px 4px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--quiet);font-weight:400;font-size:13px;border-color:var(--text)}
tbody th{font-weight:600}th small,td small{display:block;color:var(--quiet);font-weight:400;
font-size:13px}
.level{display:inline-block;border-radius:4px;padding:0 6px}
.alerts{list-style:none;padding:0}.quiet,footer,figcaption{color:var(--quiet);font-size:13px}
.scroll{overflow-x:auto}summary{cursor:pointer;color:var(--accent)}
figure{margin:20px 0 0}figure svg{width:100%;height:auto;display:block}
footer{border-top:1px solid var(--line);margin-top:16px;padding-top:8px}
@media (max-width:720px){main{margin:0;padding:16px}.two{grid-template-columns:1fr}
.cards{grid-template-columns:repeat(2,1fr)}h1{font-size:23px}}
@media print{details{display:none}
@page{size:A4;margin:10mm}body{background:none;font-size:9px}main{margin:0;
padding:0;max-width:none}h1{font-size:19px}h2{font-size:12px;margin:9px 0 3px}
.card b{font-size:17px}
.card span,.quiet,footer,th small,td small,thead th,.over,.by{font-size:8px}.card{padding:4px 6px}}
"""


def as_html(page: Page) -> bytes:
    """Return the page as HTML, UTF-8; the same page gives the same bytes."""
    marks = "".join(f'<span class="mark">{escape(mark)}</span>' for mark in page.marks)
    by = "".join(f"<span>{escape(t)}</span>" for t in (page.issue, page.date, page.as_of))
    drawn = page.picture.svg.replace(
        "<svg", f'<svg role="img" aria-label="{escape(page.picture.alt)}"', 1
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANG[page.language]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)} {escape(page.issue)}</title>\n"
        f"<style>:root{{{css_variables(LIGHT)}}}{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="over">{marks}</p><h1>{escape(page.title)}</h1>'
        f'<p class="by">{by}</p></header>\n'
        f'<ul class="cards">{"".join(map(_card, page.cards))}</ul>\n'
        f"{_list(page.changed, page.sentences, 'ol')}\n"
        f'<div class="two"><div>{_places(page)}{_alarms(page)}</div>'
        f"<div><figure>{drawn}</figure>{_list(page.differs, page.differences)}</div></div>\n"
        f"{_origin(page)}\n<footer>{escape(page.footer)}</footer>\n</main>\n</body>\n</html>\n"
    ).encode()


def _card(card: Card) -> str:
    unit = f' <span class="unit">{escape(card.unit)}</span>' if card.unit else ""
    light = ""
    if card.light != "none":
        light = f'<span class="light {card.light}">{escape(card.light_word)}</span>'
    target = f"<span>{escape(card.target)}</span>" if card.target else ""
    changes = "".join(f'<span class="{c.mood}">{escape(c.text)}</span>' for c in card.changes)
    return (
        f'<li class="card" id="figure-{escape(card.id)}"><span>{escape(card.label)}</span>'
        f"<b>{escape(card.figure)}</b>{unit}{light}{target}{changes}</li>"
    )


def _list(section: Section, items: Iterable[str], tag: str = "ul") -> str:
    inner = "".join(f"<li>{escape(item)}</li>" for item in items)
    told = f"<{tag}>{inner}</{tag}>" if inner else ""
    return f"<section>{_head(section)}{told}{_more(section)}</section>"


def _head(section: Section) -> str:
    empty = f"<p>{escape(section.empty)}</p>" if section.empty else ""
    return f"<h2>{escape(section.heading)}</h2>{empty}"


def _more(section: Section) -> str:
    return f'<p class="quiet">{escape(section.more)}</p>' if section.more else ""


def _places(page: Page) -> str:
    rows = "".join(
        f'<tr><td>{p.number}</td><th scope="row">{escape(p.name)}<small>{escape(p.township)}'
        f"</small></th><td>{'<br>'.join(map(escape, p.reasons))}</td></tr>"
        for p in page.places
    )
    heads = "".join(f'<th scope="col">{escape(h)}</th>' for h in page.place_head)
    table = (
        f"<table><caption>{escape(page.attention.heading)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else ""
    )
    return f"<section>{_head(page.attention)}{table}{_more(page.attention)}</section>"


def _alarms(page: Page) -> str:
    rows = "".join(_alarm(alarm, _semicolon(page)) for alarm in page.alarms)
    told = f'<ul class="alerts">{rows}</ul>' if rows else ""
    return f"<section>{_head(page.warnings)}{told}{_more(page.warnings)}</section>"


def _semicolon(page: Page) -> str:
    return "；" if page.language == "zh" else "; "


def _alarm(alarm: Alarm, between: str) -> str:
    colour = LEVELS[alarm.level - 1]
    style = f"background:var(--alert-{colour});color:var(--on-alert-{colour})"
    return (
        f'<li>{alarm.number} <span class="level" style="{style}">{escape(alarm.level_word)}</span> '
        f'<b>{escape(alarm.title)}</b> {escape(alarm.place)} <span class="quiet">'
        f"{escape(alarm.since)}{between}{escape(alarm.doing)}</span></li>"
    )


def _origin(page: Page) -> str:
    more = (page.origin.more,) if page.origin.more else ()
    told = _semicolon(page).join((*page.sources, *more))
    method = " ".join(page.method)
    return (
        f"<section>{_head(page.origin)}<p>{escape(page.check)}</p>"
        f'<p class="quiet">{escape(told)}</p><p class="quiet">{escape(method)}</p>'
        f"{_checked(page)}</section>"
    )


def _checked(page: Page) -> str:
    """Return the list of recomputed figures, to be opened; paper does without it."""
    heads = "".join(f'<th scope="col">{escape(h)}</th>' for h in page.checked.head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in page.checked.rows
    )
    return (
        f'<details class="quiet"><summary>{escape(page.check_title)}</summary><div class="scroll">'
        f"<table><caption>{escape(page.checked.caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )
