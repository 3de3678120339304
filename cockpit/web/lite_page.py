"""The frame of the simple pages: one HTML file each with its style inside, light and small."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from cockpit.answers.lite_words import Words, call, reading_bar
from cockpit.answers.open_county import Figure
from cockpit.look.tokens import LARGE, LIGHT, css_variables

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_STYLE = """
*{box-sizing:border-box}
html{color-scheme:light;font-size:100%;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);font:1.06rem/1.6 var(--face);
font-variant-numeric:tabular-nums}
body>*{max-width:46rem;margin:0 auto;padding:0 16px}
a{color:var(--accent);font-weight:600;text-underline-offset:3px}
h1{font-size:1.6rem;line-height:1.3;margin:12px 0 4px}
h2{font-size:1.25rem;line-height:1.4;margin:0 0 8px}
h3{font-size:1.06rem;margin:16px 0 4px}
p{margin:0 0 8px}ul{margin:0;padding-left:1.2em}
.skip{position:absolute;left:-99rem}.skip:focus{position:static;display:block;padding:12px 16px}
header,nav{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:center}
header{padding-top:8px}header b{flex:1 1 auto}
header a,nav a,.ways a{display:inline-flex;align-items:center;min-height:44px}
nav{border-bottom:1px solid var(--line)}
nav a{text-decoration:none}[aria-current]{color:var(--text);text-decoration:underline}
section{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:16px;
margin:16px 0}
.op-quiet,caption,.unit{color:var(--quiet);font-weight:400}
.op-big{font-size:1.9rem;font-weight:650;line-height:1.3}.unit{font-size:1rem}
.op-bar{display:flex;flex-wrap:wrap;gap:0 12px;justify-content:space-between;padding:4px 0}
.op-bar .track{order:1;flex:1 0 100%}
.track{background:var(--map-ground);border-radius:4px;height:14px;overflow:hidden}
.track i{display:block;height:100%;background:var(--accent)}
table{border-collapse:collapse;width:100%}
caption{text-align:left;padding:0 0 6px}
th,td{border-bottom:1px solid var(--line);padding:6px 16px 6px 0;text-align:left;vertical-align:top}
th:last-child,td:last-child{padding-right:0}th{font-weight:600}
th a,td a{display:inline-block;min-height:24px}
thead th{color:var(--quiet);font-weight:500}
.n{text-align:right;white-space:nowrap}
.ways{display:flex;flex-wrap:wrap;gap:0 16px}.ways>span{align-self:center}
details{border-top:1px solid var(--line)}
summary{cursor:pointer;font-weight:600;padding:10px 0;min-height:44px}
@media(max-width:40rem){.w thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;
overflow:hidden}.w tr{display:block;border-bottom:1px solid var(--line);padding:8px 0}
.w th,.w td{display:block;border:0;padding:0;text-align:left}.w td:empty{display:none}}
.sr{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
svg{display:block;width:100%;max-width:34rem;margin:0 auto;height:auto}
svg a:focus-visible path,svg a:focus-visible circle{
stroke:var(--mark);stroke-width:6}svg text{pointer-events:none}
.op-legend{display:flex;flex-wrap:wrap;gap:4px 16px;padding:8px 0}
.op-legend span{display:inline-flex;gap:6px;align-items:center}
.op-legend i{width:22px;height:15px;border:1px solid var(--line);border-radius:3px}
.yes{color:var(--good);font-weight:600}.no{color:var(--bad);font-weight:600}
.light{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}
input{font:inherit;min-height:48px;padding:8px 12px;border:1px solid var(--edge);border-radius:8px;
width:100%;color:var(--text);background:var(--panel)}
label{font-weight:600}
button,.op-call{font:inherit;font-weight:600;min-height:48px;padding:8px 16px;border-radius:8px;
border:1px solid var(--accent);background:var(--panel);color:var(--accent);cursor:pointer}
.op-call{display:inline-flex;align-items:center;background:var(--accent);color:var(--on-accent);
text-decoration:none}
form button{margin-top:8px}
.op-help{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;padding:8px 0}
.op-help button,[data-speaking] .op-help [value=start]{display:none}
[data-speaks] .op-help [value=start],[data-speaking] .op-help [value=stop]{display:inline-block}
.op-reading{outline:3px solid var(--accent);outline-offset:3px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
footer{padding-top:8px;padding-bottom:32px;color:var(--quiet);overflow-wrap:anywhere}
footer a{display:inline-flex;align-items:center;min-height:44px}
"""
# One and a half times the type, targets of 44 px and more, black on white.
_LARGE = (
    f"""
html{{font-size:150%}}body,.op-quiet,caption,.unit,thead th,footer{{color:{LARGE["ink"]}}}
section{{border:2px solid {LARGE["ink"]}}}a{{color:{LARGE["link"]}}}
.op-call{{color:{LIGHT.on_accent}}}
"""
    """
main a:not(.op-call,svg a){display:inline-flex;align-items:center;min-height:44px}
h1,.op-big{font-size:1.45rem}h2{font-size:1.15rem}
"""
)
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    f"%3Crect width='32' height='32' rx='7' fill='%23{LIGHT.accent[1:]}'/%3E%3C/svg%3E"
)
PARTS = {
    "/lite": "The county in figures",
    "/lite/map": "Map",
    "/lite/village": "My village",
    "/lite/data": "Open data sets",
}
"""Address and title (a msgid) of the parts that are open to everybody."""
OFFICE = "/lite/office"


@dataclass(frozen=True)
class Page:
    """What every simple page knows of who reads it: words, type size, name, and what was asked."""

    words: Words
    elder: bool = False
    path: str = "/lite"
    asked: Mapping[str, str] = field(default_factory=dict)
    county: str = ""  # its name; "" while none is loaded
    version: str = ""
    invented: bool = False
    who: str = ""  # name of who is signed in
    saving: bool = False  # the browser asked for as little as possible

    @property
    def most(self) -> int:
        """Rows of a list that stand open: five in large type."""
        return 5 if self.elder else 12

    def say(self, template: str, **values: object) -> str:
        """Return a sentence, safe between tags and in attributes."""
        return escape(self.words.say(template, **values))

    def link(self, path: str, **query: str) -> str:
        """Return an address with language, type size and what is chosen, safe in an attribute."""
        kept = {"lang": self.words.language, **({"elder": "1"} if self.elder else {}), **query}
        return escape(f"{path}?{urlencode({k: v for k, v in kept.items() if v})}")

    def again(self, **other: str) -> str:
        """Return this page's address with something changed; "" takes a value out."""
        return self.link(self.path, **{**self.asked, **other})


def whole(page: Page, title: str, inside: str) -> str:
    """Return the page as HTML; ``title`` is escaped already."""
    name = (
        page.say("{county} digital twin", county=page.county)
        if page.county
        else page.say("County twin")
    )
    style = re.sub(r"\n", "", f":root{{{css_variables(LIGHT)}}}{_STYLE}{_LARGE * page.elder}")
    # Reading aloud is worth its 3 kB, but not to who asked for as little as possible.
    script = (
        "" if page.saving and not page.elder else '<script src="/lite/speak.js" defer></script>'
    )
    return (
        f'<!doctype html><html lang="{"zh-CN" if page.words.zh else "en"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title} · {name}</title><link rel="icon" href="{_ICON}">'
        f"<style>{style}</style>{script}</head><body>"
        f'<a class="skip" href="#main">{page.say("To the content")}</a>'
        f"<header><b>{name}</b>{_switches(page)}</header>{_nav(page)}"
        f'<main class="lite" id="main"><h1>{title}</h1>{_help(page)}{inside}</main>'
        f"{_foot(page)}</body></html>"
    )


def _switches(page: Page) -> str:
    other = "en" if page.words.zh else "zh"
    language = (
        f'<a href="{page.again(lang=other)}" lang="{other}" hreflang="{other}">'
        f"{'中文' if other == 'zh' else 'English'}</a>"
    )
    size = page.say("Usual type") if page.elder else page.say("Large type")
    return f'<a href="{page.again(elder="" if page.elder else "1")}">{size}</a>{language}'


def _nav(page: Page) -> str:
    parts = dict(PARTS)
    if page.who:
        parts[OFFICE] = "For the office"
    links = "".join(
        f'<a href="{page.link(path)}"{" aria-current=page" if path == page.path else ""}>'
        f"{page.say(title)}</a>"
        for path, title in parts.items()
    )
    return f'<nav aria-label="{page.say("Pages")}">{links}</nav>'


def _help(page: Page) -> str:
    if page.saving and not page.elder:
        return ""
    return reading_bar(page.words, call(page.words) if page.elder else "")


def _foot(page: Page) -> str:
    told = [page.say("Sample county, invented")] if page.invented else []
    if page.version:
        told.append(page.say("data version {version}", version=page.version[:12]))
    ways = [f'<a href="{escape("/?lang=" + page.words.language)}">{page.say("Full pages")}</a>']
    if not page.who:
        ways.append(f'<a href="/sign-in?next=%2Flite%2Foffice&amp;lang={page.words.language}">'
                    f"{page.say('Sign in')}</a>")  # fmt: skip
    return f"<footer>{' · '.join([*told, *ways])}</footer>"


# ---------------------------------------------------------------- pieces


def panel(title: str, html: str) -> str:
    """Return a part of a page under its heading; both are HTML."""
    return f"<section><h2>{title}</h2>{html}</section>"


def said(page: Page, *sentences: str, quiet: bool = False) -> str:
    """Return a paragraph of sentences, which are escaped already."""
    mark = ' class="op-quiet"' if quiet else ""
    return f"<p{mark}>{page.words.joined(sentences)}</p>"


def quoted(page: Page, text: str) -> str:
    """Return somebody's own words: Chinese ones in an English page are marked as such."""
    if page.words.zh or not _CHINESE.search(text):
        return escape(text)
    return f'<span lang="zh">“{escape(text)}”</span>'


def bars(page: Page, rows: Iterable[tuple[str, Figure, Figure]]) -> str:
    """Return bars of figures with the whole each is a share of; titles are plain text."""
    lines = []
    for title, figure, total in rows:
        share, words = figure.share_of(total), page.words.share(figure, total)
        told = " · ".join(one for one in (page.words.figure(figure), words) if one)
        known = not math.isnan(share)  # what is not told has no bar, not one of 0
        track = f'<i style="width:{100 * share:.0f}%"></i>' if known else ""
        lines.append(
            f'<div class="op-bar"><span>{escape(title)}</span>'
            f'<span class="track" aria-hidden="true">{track}</span>'
            f"<span>{escape(told)}</span></div>"
        )
    return "".join(lines)


def table(
    page: Page,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    numbers: Sequence[int] = (),
    under_heading: bool = False,
) -> str:
    """
    Return a table; cells and words are HTML. What is too long to stand open can be unfolded.

    The first cell of a row is its heading. ``under_heading``: the caption says what the heading
    above says, so only listeners need it.
    """
    some, rest = rows[: page.most], rows[page.most :]
    made = _table(head, some, caption, numbers, unseen=under_heading)
    if rest:
        word = page.say("Show the other {n}", n=len(rest))
        others = _table(head, rest, page.say("The others"), numbers)
        made += f"<details><summary>{word}</summary>{others}</details>"
    return made


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str,
    numbers: Sequence[int],
    *,
    unseen: bool = False,
) -> str:
    mark = [' class="n"' if k in numbers else "" for k in range(len(head))]
    top = "".join(f'<th scope="col"{m}>{text}</th>' for m, text in zip(mark, head, strict=True))
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{m}>{text}</td>" for m, text in zip(mark[1:], row[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    wide = " class=w" if len(head) > 2 else ""  # on a telephone: row under row
    return (
        f"<table{wide}><caption{' class=sr' if unseen else ''}>{caption}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def pick(page: Page, label: str, titles: Mapping[str, str], chosen: str, name: str) -> str:
    """Return choices as links that keep the rest of the address; ``titles`` are plain text."""
    if len(titles) < 2:
        return ""
    ids = list(titles)
    shown = ids[: page.most]
    if chosen not in shown:
        shown = [chosen, *shown[:-1]]

    def links(some: Iterable[str]) -> str:
        return "".join(
            f'<a href="{page.again(**{name: one})}"{" aria-current=true" if one == chosen else ""}>'
            f"{escape(titles[one])}</a>"
            for one in some
        )

    rest = [one for one in ids if one not in shown]
    more = (
        f'<details><summary>{page.say("Others")}</summary><div class="ways">{links(rest)}</div>'
        "</details>"
        if rest
        else ""
    )
    return f'<div class="ways"><span class="op-quiet">{label}</span>{links(shown)}</div>{more}'
